"""A server in a small control group: what it says of its memory, and what becomes of too much at once."""

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from ponder_process import EXECUTABLE, FIXTURES, READY_LINE, environment
from references import GREETING
from wire import Connection, request

MODEL = FIXTURES / "models" / "dense-k" / "gguf" / "dense-k-Q4_K_M.gguf"
CHAT = "/v1/chat/completions"
SHORT_CHAT = {"messages": GREETING, "temperature": 0, "max_tokens": 20}
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: ponder.test\r\nContent-Length: %d\r\n\r\n"


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


@contextmanager
def serving(group):
    """The port of a server that has little memory; it must end in peace."""
    process = group.start("--port", "0")
    try:
        yield int(READY_LINE.match(process.stdout.readline().rstrip("\n"))[2])
        assert process.poll() is None and group.kills() == 0
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def long_chat(byte_count):
    """A chat whose body has so many bytes."""
    empty = len(json.dumps({"messages": [{"role": "user", "content": ""}]}))
    return {"messages": [{"role": "user", "content": "a" * (byte_count - empty)}]}


def flood(port, byte_count):
    # The refusal may come before the body is sent, and the connection end with it.
    try:
        return request(port, "POST", CHAT, long_chat(byte_count)).status
    except OSError:
        return 0


def test_too_much_at_once_is_answered_and_harms_nobody(group):
    with serving(group(192 << 20)) as port:
        expected = request(port, "POST", CHAT, SHORT_CHAT).json()["choices"]
        sizes = [(1 + number % 4) << 20 for number in range(48)] + [30 << 20]
        with ThreadPoolExecutor(24) as pool:
            floods = pool.map(lambda size: flood(port, size), sizes)
            served = [request(port, "POST", CHAT, SHORT_CHAT).json()["choices"] for _ in range(5)]
            statuses = set(floods)
        assert statuses <= {0, 400, 413, 503}
        assert served == [expected] * 5
        assert request(port, "POST", CHAT, SHORT_CHAT).json()["choices"] == expected


def eventually(what):
    """The first result that is not None."""
    deadline = time.monotonic() + 60
    while (result := what()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


def limit_of_a_body(port):
    """What a body may have at most, as the refusal of its head tells."""
    with Connection(port) as connection:
        connection.socket.sendall(HEAD % (30 << 20))
        status, fields = connection.read_head()
        message = json.loads(connection.read_body(fields))["error"]["message"]
    assert status == 413
    return int(re.search(r"limit of (\d+) bytes", message)[1])


def test_an_unfinished_body_holds_room_until_it_is_gone(group):
    with serving(group(192 << 20)) as port:
        limit = limit_of_a_body(port)
        assert 1 << 20 <= limit <= (192 << 20) // 4 // 28
        middling = long_chat(160 << 10)

        def held():
            connection = Connection(port)
            connection.socket.sendall(HEAD % limit + b" " * (limit - 1))
            time.sleep(0.2)
            # A request that comes before the last of those bytes takes their room, and they are refused.
            reply = request(port, "POST", CHAT, middling)
            if reply.status == 503:
                return connection, reply
            connection.close()
            return None

        connection, refused = eventually(held)
        with connection:
            assert refused.json()["error"]["code"] == "overloaded"
            assert refused.headers["retry-after"] == "1"
            assert request(port, "POST", CHAT, SHORT_CHAT).status == 200
        eventually(lambda: request(port, "POST", CHAT, middling).status == 400 or None)
        reply = request(port, "POST", CHAT, long_chat(limit))
        assert (reply.status, reply.json()["error"]["code"]) == (400, "context_length_exceeded")
