"""What `ponder serve` says of memory before it takes any, and what it takes then."""

import re
import subprocess

import pytest
from ponder_process import EXECUTABLE, FIXTURES, Ponder, run
from references import GREETING
from wire import request

MODELS = FIXTURES / "models"
MODEL = MODELS / "dense-k" / "gguf" / "dense-k-Q4_K_M.gguf"


def plan(*arguments):
    """The table of a dry run: bytes by label."""
    result = run("serve", "--dry-run", *arguments)
    assert result.returncode == 0, result.stderr
    rows = re.findall(r"^(\S.*?) +([\d,]+\.\d) MiB", result.stdout, re.MULTILINE)
    return {label: float(number.replace(",", "")) * 2**20 for label, number in rows}


def resident(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024


def chat(server):
    reply = request(server.port, "POST", "/v1/chat/completions", {"messages": GREETING, "max_tokens": 8, "temperature": 0})
    assert reply.status == 200
    return reply.json()["choices"][0]


@pytest.mark.parametrize(
    "arguments", [(), ("--kv-cache-type", "f32"), ("--kv-cache-type", "q8_0"), ("--max-batch-tokens", "4096")]
)
def test_a_dry_run_tells_the_memory_and_takes_none(arguments):
    table = plan(MODEL, "--kv-cache-memory", "16MiB", *arguments)
    assert table["weights"] + table["scratch"] + table["program"] <= table["total at start"]
    assert table["KV cache"] == pytest.approx(16 * 2**20, rel=0.1)
    with Ponder(MODEL, "--kv-cache-memory", "16MiB", *arguments) as server:
        chat(server)
        # What the executable's pages take depends on the system, and here they are nearly all there is.
        assert resident(server) == pytest.approx(table["total at start"], rel=0.25)


def test_a_model_that_does_not_fit_is_refused_in_one_line():
    for extra in ((), ("--dry-run",)):
        result = run("serve", MODEL, "--port", "0", "--memory-limit", "20MiB", *extra)
        assert result.returncode == 1
        lines = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
        assert len(lines) == 1, result.stderr
        assert "dense-k-Q4_K_M needs " in lines[0] and "20 MiB is its limit" in lines[0]
        assert "--tile-cache" in lines[0] and "--memory-limit" in lines[0]
        assert ("total at most" in result.stdout) == bool(extra)


def test_the_advice_of_a_refusal_is_enough():
    refusal = run("serve", MODEL, "--dry-run", "--memory-limit", "64MiB", "--kv-cache-memory", "64MiB")
    assert refusal.returncode == 1
    size = re.search(r"--kv-cache-memory (\S+?MiB)", refusal.stderr)[1]
    assert run("serve", MODEL, "--dry-run", "--memory-limit", "64MiB", "--kv-cache-memory", size).returncode == 0
    limit = re.search(r"--memory-limit (\S+?MiB)", refusal.stderr)[1]
    assert run("serve", MODEL, "--dry-run", "--memory-limit", limit, "--kv-cache-memory", "64MiB").returncode == 0


def test_limits_of_the_process_are_limits_of_the_plan():
    model = FIXTURES / "models" / "dense-tied" / "hf"
    def start(limit):
        command = f'ulimit {limit} && exec "$0" serve "$1" --port 0 --dry-run'
        return subprocess.run(["sh", "-c", command, EXECUTABLE, model], capture_output=True, text=True, timeout=60)

    for limit in ("-v 1200000", "-d 400000"):
        result = start(limit)
        assert result.returncode == 0, result.stderr
    for limit in ("-v 600000", "-d 100000"):
        result = start(limit)
        assert result.returncode == 1
        assert "is free" in result.stderr.splitlines()[-1]


def test_a_tile_cache_is_written_once_and_answers_the_same(tmp_path):
    with Ponder(MODEL) as server:
        expected = chat(server)
    for _ in range(2):
        with Ponder(MODEL, "--tile-cache", tmp_path) as server:
            assert chat(server) == expected
        [file] = tmp_path.iterdir()
        assert file.suffix == ".tiles"
        times = file.stat().st_mtime_ns if _ == 0 else times
        assert file.stat().st_mtime_ns == times


def test_a_tile_cache_that_is_no_folder_is_refused(tmp_path):
    result = run("serve", MODEL, "--port", "0", "--tile-cache", tmp_path / "missing")
    assert result.returncode == 1
    assert "--tile-cache is " in result.stderr and "existing folder" in result.stderr
