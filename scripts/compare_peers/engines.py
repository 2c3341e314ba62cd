"""How each engine is asked for a measurement, and how it is started as a server."""

import re

from .processes import EngineError, only_json, run

BATCH_PROMPT = 128
BATCH_CONTEXT = 16384


class Ponder:
    name = peer = "Ponder"
    ready_path = "/ready"

    def __init__(self, executable, threads, activation_type, instruction_set=None):
        self.executable, self.threads = executable, threads
        self.flags = ["--activation-type", activation_type]
        self.bench_flags = self.flags + (["--instruction-set", instruction_set] if instruction_set else [])

    def bench(self, model, test):
        """Tokens per second, and the share of what the machine could do meanwhile, unless that changed too much."""
        counts = ["--prompt", test.count, "--generate", 0]
        if test.kind == "tg":
            counts = ["--prompt", 0, "--generate", test.count]
        depth = test.depth + (BATCH_PROMPT if test.batch > 1 else 0)
        output = run([self.executable, "bench", model, *counts, "--depth", depth, "--batch", test.batch,
                      "--repetitions", 2, "--threads", self.threads, "--format", "json", *self.bench_flags])
        record = only_json(output, "ponder bench")
        limited = "operations" if test.kind == "pp" else "read_bytes"
        share = record[f"{limited}_per_second"] / record[f"{limited}_per_second_limit"]
        return record["tokens_per_second"], share if record["is_steady"] else None

    def serve_command(self, model, port, slots, slot_context):
        cache = self.cache_bytes_per_token(model) * slots * slot_context
        return [self.executable, "serve", model, "--port", port, "--threads", self.threads, "--context", slot_context,
                "--kv-cache-memory", f"{-(-cache // 2**20)}MiB", "--log-level", "error", *self.flags]

    def cache_bytes_per_token(self, model):
        plan = run([self.executable, "serve", model, "--kv-cache-memory", "1GiB", "--dry-run"])
        match = re.search(r"^KV cache +([\d,.]+) MiB +([\d,]+) tokens", plan, re.MULTILINE)
        if not match:
            raise EngineError("ponder serve --dry-run tells no size of the KV cache")
        size, tokens = (float(text.replace(",", "")) for text in match.groups())
        return round(size * 2**20 / tokens)


class LlamaCpp:
    """llama.cpp; a variant is a choice about repacking weights."""

    peer = "llama.cpp"
    ready_path = "/health"
    # Name, arguments of llama-bench, arguments of the other programs.
    choices = [("llama.cpp", [], []), ("llama.cpp, no repack", ["--repack", 0], ["--no-repack"])]

    def __init__(self, name, folder, threads, bench_flags, flags):
        self.name, self.folder, self.threads = name, folder, threads
        self.bench_flags, self.flags = bench_flags, flags

    @classmethod
    def variants(cls, folder, threads):
        return [cls(name, folder, threads, bench_flags, flags) for name, bench_flags, flags in cls.choices]

    def bench(self, model, test):
        rate = self.batched_rate(model, test) if test.batch > 1 else self.rate(model, test)
        return rate, None

    def rate(self, model, test):
        output = run([self.folder / "llama-bench", "-m", model, "-t", self.threads, "-fa", 1, "-r", 2, "-o", "json",
                      *self.counts(test), *self.bench_flags])
        return only_json(output, "llama-bench")["avg_ts"]

    def counts(self, test):
        depth = ["-d", test.depth] if test.depth else []
        return (["-p", test.count, "-n", 0] if test.kind == "pp" else ["-p", 0, "-n", test.count]) + depth

    def batched_rate(self, model, test):
        output = run([self.folder / "llama-batched-bench", "-m", model, "-t", self.threads, "-fa", "on", "-c",
                      BATCH_CONTEXT, "-npp", BATCH_PROMPT, "-ntg", test.count, "-npl", test.batch, *self.flags],
                     with_errors=True)
        # Standard output for llama.cpp, standard error for ik_llama.cpp:
        # | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
        rows = re.findall(r"^\|((?: *[\d.]+ \|){10})", output, re.MULTILINE)
        if len(rows) != 1:
            raise EngineError("llama-batched-bench printed no single row")
        return float(rows[0].split("|")[7])

    def serve_command(self, model, port, slots, slot_context):
        return [self.folder / "llama-server", "-m", model, "--host", "127.0.0.1", "--port", port, "-t", self.threads,
                "-fa", "on", "-np", slots, "-c", slots * slot_context, *self.flags]


class IkLlamaCpp(LlamaCpp):
    """ik_llama.cpp, whose programs differ in a few arguments."""

    peer = "ik_llama.cpp"
    choices = [("ik_llama.cpp", [], []), ("ik_llama.cpp, repacked", ["-rtr", 1], ["-rtr"])]

    def counts(self, test):
        if test.kind == "tg" and test.depth:
            return ["-p", 0, "-n", 0, "-gp", f"{test.depth},{test.count}"]
        if test.depth:
            raise EngineError("llama-bench of ik_llama.cpp reads no prompts at a depth")
        return super().counts(test)
