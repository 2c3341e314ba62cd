"""What a machine can do to a server: no descriptors, files that are cut short or replaced, too little memory."""

import os
import resource
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ponder_process import FIXTURES, Ponder, eventually
from references import GREETING
from wire import Connection, request

MODEL = FIXTURES / "models" / "dense-tied" / "hf"
CHAT = "/v1/chat/completions"
# Room for about two of the replies below.
CACHE = "768KiB"
BODY = {"messages": GREETING, "temperature": 0, "max_tokens": 40, "ignore_eos": True}


def chat(server, **fields):
    return request(server.port, "POST", CHAT, {"model": server.name} | BODY | fields)


def processor_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_connections_wait_and_those_that_are_there_go_on():
    with Ponder(MODEL) as server, Connection(server.port) as kept:
        def health():
            kept.send("GET", "/health")
            status, fields = kept.read_head()
            kept.read_body(fields)
            return status

        assert health() == 200
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        taken = max(int(number) for number in os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (taken + 1, limits[1]))
        # Numbers that are free below are taken by these.
        free = taken + 1 - len(os.listdir(f"/proc/{pid}/fd"))
        others = [Connection(server.port) for _ in range(free + 3)]
        for other in others:
            other.send("GET", "/health")
        assert eventually(lambda: "out of file descriptors" in server.log_text())
        before = processor_seconds(server)
        time.sleep(2)
        assert processor_seconds(server) - before < 1
        assert health() == 200
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        for other in others:
            assert other.read_head()[0] == 200
            other.close()
        assert server.log_text().count("out of file descriptors") < 10


def copy_of(folder):
    model = folder / "model"
    shutil.copytree(MODEL, model)
    return model


def cut(path, byte_count):
    with open(path, "r+b") as file:
        file.truncate(byte_count)


def test_a_model_that_is_loaded_needs_its_files_no_more(tmp_path):
    model = copy_of(tmp_path)
    with Ponder(model) as server:
        before = chat(server).json()["choices"]
        cut(model / "model.safetensors", 4096)
        (model / "tokenizer.json").unlink()
        assert chat(server).json()["choices"] == before


def write_into(path):
    with open(path, "r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(b"\0" * 4096)


def replace(path):
    other = path.with_suffix(".new")
    shutil.copyfile(path, other)
    os.replace(other, path)
    cut(path, 4096)


@pytest.mark.parametrize("change, complaint", [
    (lambda path: cut(path, 8192), "that it was cut to 8192 bytes"),
    (write_into, "that somebody wrote to it"),
    (replace, None),
])
@pytest.mark.parametrize("with_cache", [False, True])
def test_a_file_that_changes_while_it_is_read_is_one_clear_line(tmp_path, change, complaint, with_cache):
    model, template = copy_of(tmp_path), tmp_path / "template.jinja"
    (tmp_path / "tiles").mkdir()
    # The files are open, and the weights are not read before the template is there.
    os.mkfifo(template)
    flags = ["--tile-cache", tmp_path / "tiles"] if with_cache else []
    with Ponder(model, "--chat-template-file", template, *flags, wait=False) as server:
        assert eventually(lambda: any(
            "model.safetensors" in line for line in open(f"/proc/{server.process.pid}/maps")))
        change(model / "model.safetensors")
        template.write_text("{{ messages[0].content }}")
        if complaint is None:
            server.wait_until_ready()
            assert chat(server).status == 200
            return
        assert server.wait() == 1
        assert server.log_text().splitlines()[-1].endswith(complaint)
        assert list((tmp_path / "tiles").iterdir()) == []


def test_tiles_that_are_cut_short_end_the_model_and_not_the_server(tmp_path, endless_model):
    with Ponder(endless_model, "--loop-guard", "off", "--tile-cache", tmp_path) as server:
        whole = chat(server).json()["choices"]
    [tiles] = tmp_path.iterdir()
    with Ponder(endless_model, "--loop-guard", "off", "--tile-cache", tmp_path) as server:
        assert chat(server).json()["choices"] == whole
        with Connection(server.port) as connection:
            connection.send("POST", CHAT, {"model": server.name} | BODY | {"max_tokens": 100_000, "stream": True})
            assert connection.read_head()[0] == 200
            events = connection.events()
            next(event for event in events if event.data)
            cut(tiles, 4096)
            *_, last, done = [event for event in events if event.data]
            assert done.data == "[DONE]"
            assert "can no longer be read" in last.json()["error"]["message"]
        assert request(server.port, "GET", "/health").status == 200
        ready = request(server.port, "GET", "/ready")
        assert ready.status == 503 and ready.json()["error"]["code"] == "model_failed"
        refused = chat(server)
        assert refused.status == 503 and refused.json()["error"]["code"] == "model_failed"
        assert refused.headers["x-should-retry"] == "false"
        assert eventually(lambda: "critical" in server.log_text())
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    # The next start sees that the file is not whole and writes it again.
    with Ponder(endless_model, "--loop-guard", "off", "--tile-cache", tmp_path) as server:
        assert chat(server).json()["choices"] == whole


def test_replies_that_fill_the_cache_take_turns_and_all_end():
    with Ponder(MODEL) as server:
        alone = [chat(server, seed=seed, temperature=1, max_tokens=150).json()["choices"] for seed in range(6)]
    with Ponder(MODEL, "--context", "256", "--kv-cache-memory", CACHE) as server:
        with ThreadPoolExecutor(6) as pool:
            together = list(pool.map(
                lambda seed: chat(server, seed=seed, temperature=1, max_tokens=150).json()["choices"], range(6)))
        assert together == alone
        text = request(server.port, "GET", "/metrics").body.decode()
        preempted = next(line for line in text.splitlines() if line.startswith("ponder_preemptions_total{"))
        assert float(preempted.split()[-1]) > 0
        long = chat(server, messages=[{"role": "user", "content": "word " * 600}])
        assert long.status == 400 and long.json()["error"]["code"] == "context_length_exceeded"
        assert chat(server).status == 200
