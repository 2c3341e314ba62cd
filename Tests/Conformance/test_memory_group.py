"""A server in a small control group: what it says of its memory, and what becomes of too much at once."""

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ponder_process import EXECUTABLE, FIXTURES, READY_LINE, environment
from references import GREETING
from wire import request

MODEL = FIXTURES / "models" / "dense-k" / "gguf" / "dense-k-Q4_K_M.gguf"
CHAT = "/v1/chat/completions"


class Group:
    """A control group with a limit of memory, of either version; made under the root, where this process may do that."""

    def __init__(self, limit):
        unified = Path("/sys/fs/cgroup")
        controlled = unified / "cgroup.subtree_control"
        if controlled.exists() and "memory" in controlled.read_text().split():
            folder, self.limit_file, self.events = unified, "memory.max", "memory.events"
        else:
            folder, self.limit_file, self.events = unified / "memory", "memory.limit_in_bytes", "memory.oom_control"
        self.folder = folder / f"ponder-test-{os.getpid()}-{time.monotonic_ns()}"
        self.folder.mkdir()
        (self.folder / self.limit_file).write_text(str(limit))

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def kills(self):
        match = re.search(r"^oom_kill (\d+)", (self.folder / self.events).read_text(), re.MULTILINE)
        return int(match[1]) if match else 0

    def start(self, *arguments):
        return subprocess.Popen(
            [EXECUTABLE, "serve", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(), preexec_fn=self.enter)

    def run(self, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def remove(self):
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.05)


@pytest.fixture
def group():
    made = []

    def make(limit):
        try:
            made.append(Group(limit))
        except OSError as error:
            pytest.skip(f"no control group can be made here: {error}")
        return made[-1]

    yield make
    for each in made:
        each.remove()


def test_a_model_beyond_the_groups_limit_is_refused_with_the_figures(group):
    status, _, errors = group(32 << 20).run(MODEL, "--dry-run")
    assert status == 1
    [line] = [line for line in errors.splitlines() if line.startswith("Error:")]
    need, free = re.search(r"needs ([\d.]+) MiB.* and ([\d.]+) MiB is free", line).groups()
    assert float(free) <= 32 < float(need)


def test_the_key_value_cache_is_made_for_the_groups_limit(group):
    status, output, errors = group(256 << 20).run(MODEL, "--dry-run", "--context", "32768")
    assert status == 0, errors
    figures = {name: float(number.replace(",", "")) for name, number in re.findall(r"^(\S.*?) +([\d,.]+) MiB", output, re.M)}
    assert figures["total at most"] <= figures["available"] <= 256


def test_too_much_at_once_is_answered_and_harms_nobody(group):
    small = group(192 << 20)
    process = small.start("--port", "0")
    try:
        line = process.stdout.readline().rstrip("\n")
        port = int(READY_LINE.match(line)[2])
        greeting = {"messages": GREETING, "temperature": 0, "max_tokens": 20}
        expected = request(port, "POST", CHAT, greeting).json()["choices"]

        def flood(number):
            megabytes = 1 + number % 4
            body = {"messages": [{"role": "user", "content": "a" * (megabytes << 20)}]}
            # The refusal may come before the body is sent, and the connection end with it.
            try:
                return request(port, "POST", CHAT, body).status
            except OSError:
                return 0

        with ThreadPoolExecutor(24) as pool:
            floods = pool.map(flood, range(48))
            served = [request(port, "POST", CHAT, greeting).json()["choices"] for _ in range(5)]
            statuses = set(floods)
        assert statuses <= {0, 400, 413, 503}
        assert served == [expected] * 5
        assert process.poll() is None and small.kills() == 0
        assert request(port, "POST", CHAT, greeting).json()["choices"] == expected
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
