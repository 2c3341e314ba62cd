"""An engine as a server: how soon it is ready, what memory it takes, and what many clients at once see of it."""

import http.client
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .processes import EngineError, only_json, plain_environment, run

SLOT_CONTEXT = 512
READY_SECONDS = 600
STOP_SECONDS = 20
# Random words of a prompt: some 248 tokens of Qwen3's vocabulary.
PROMPT_WORDS = 84
REPLY_TOKENS = 64
REPLIES_PER_CLIENT = 2
SAMPLING = {"ignore_eos": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0}

# Name, unit, whether less is better.
QUANTITIES = [
    ("tokens", "tokens/s", False),
    ("first token", "s", True),
    ("between tokens", "ms", True),
    ("start to ready", "s", True),
    ("resident", "MiB", True),
]


def measure(model, engine, clients, load_generator):
    """All quantities of one server, which is started for this and stopped."""
    read_whole(model)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = list(map(str, engine.serve_command(model, port, clients, SLOT_CONTEXT)))
    # A server may write logs of its own where it stands.
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain_environment(), cwd=folder)
        try:
            await_ready(server, port, engine.ready_path, start)
            ready = time.monotonic() - start
            load(load_generator, port, clients=1, replies=1, seed=2)
            resident = resident_bytes(server.pid)
            found = load(load_generator, port, clients, REPLIES_PER_CLIENT, seed=1)
        except EngineError as error:
            log.seek(max(0, log.tell() - 300))
            end = log.read().decode(errors="replace").strip()
            raise EngineError(f"{error}; the server's last words: {end}") from error
        finally:
            stop(server)
    return {
        "tokens": found["tokens_per_second"],
        "first token": found["first_token_seconds_p50"],
        "between tokens": 1000 * found["between_tokens_seconds_mean"],
        "start to ready": ready,
        "resident": resident / 2**20,
    }


def read_whole(path):
    """Brings a file into the page cache, so that no start waits for a disk."""
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 22)
        while file.readinto(buffer):
            pass


def await_ready(server, port, path, start):
    while time.monotonic() - start < READY_SECONDS:
        if server.poll() is not None:
            raise EngineError(f"the server ended with {server.returncode} before it was ready")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.01)
    raise EngineError(f"the server was not ready within {READY_SECONDS} s")


def load(load_generator, port, clients, replies, seed):
    """What `ponder bench serve` saw: raw completions, so that no engine has to parse random text as a chat."""
    output = run([load_generator, "bench", "serve", "--url", f"http://127.0.0.1:{port}", "--completions", "--clients",
                  clients, "--chats", replies, "--prompt-words", PROMPT_WORDS, "--max-tokens", REPLY_TOKENS, "--seed",
                  seed, "--members", json.dumps(SAMPLING), "--format", "json"])
    found = only_json(output, "ponder bench serve")
    wanted = clients * replies * REPLY_TOKENS
    if found["failed"] or found["tokens"] != wanted:
        raise EngineError(f"{found['failed']} replies failed, {found['tokens']} of {wanted} tokens came")
    return found


def resident_bytes(process):
    status = Path(f"/proc/{process}/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(kilobytes) * 1024


def stop(server):
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
