"""The container image as an operator meets it: what is in it, and how it starts, serves and stops under confinement.

`make image` builds it, `make test-image` runs this.
"""

import json
import re
import tempfile
from pathlib import Path

import pytest
from container import ENGINE, IMAGE, Container, configuration, engine, files
from endless_model import write_endless_model
from hub_stand_in import Hub, Repository
from ponder_process import FIXTURES
from wire import Connection, request

USER = 65532
SIZE_LIMIT = 110 << 20
CHAT = "/v1/chat/completions"
QUESTION = [{"role": "user", "content": "How many r's in strawberries?"}]


@pytest.fixture(scope="module", autouse=True)
def image():
    if not ENGINE:
        pytest.exit("neither docker nor podman works here", returncode=2)
    if engine("image", "inspect", IMAGE).returncode != 0:
        pytest.exit(f"there is no image {IMAGE}; `make image` builds it", returncode=2)


@pytest.fixture(scope="module")
def server():
    with Container() as server:
        yield server


@pytest.fixture
def folder():
    """A folder that the container's user may write to."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o777)
        yield Path(path)


def ask(port):
    """What the built-in model answers to the question."""
    reply = request(port, "POST", CHAT, {"messages": QUESTION, "temperature": 0})
    return reply.json()["choices"][0]["message"]["content"]


def test_the_configuration_is_an_operators():
    found = configuration()
    assert found["User"] == f"{USER}:{USER}"
    assert found["Entrypoint"] == ["/usr/local/bin/ponder"] and found["Cmd"] == ["serve"]
    assert found["StopSignal"] in ("SIGTERM", "15")
    assert list(found["Volumes"]) == ["/models"] and list(found["ExposedPorts"]) == ["8000/tcp"]
    assert found["Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/ponder", "health"]
    assert {"PONDER_HOST=0.0.0.0", "HF_HOME=/models"} <= set(found["Env"])
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in found["Labels"].items()}
    assert labels["title"] == "Ponder" and labels["licenses"] == "Apache-2.0"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", labels["version"]) and re.fullmatch(r"[0-9a-f]{40}", labels["revision"])
    assert re.match(r"\d{4}-\d\d-\d\dT", labels["created"])


def test_nothing_is_in_it_but_the_executable_and_what_it_loads():
    found = files()
    programs = {name for name, (_, begin) in found.items() if begin == b"\x7fELF"}
    libraries = {Path(name).name for name in programs} - {"ponder"}
    assert all(re.match(r"(lib[a-z_+]+|ld-linux-[a-z0-9-]+)\.so", name) for name in libraries), libraries
    assert len(libraries) < 12
    assert not [name for name, (_, begin) in found.items() if begin[:2] == b"#!"]
    assert not [name for name, (entry, _) in found.items() if entry.isfile() and entry.mode & 0o6002]
    assert sum(entry.size for entry, _ in found.values()) < SIZE_LIMIT

    # Every package has its entry, for scanners, and its licence.
    packages = {Path(name).name for name in found if re.match(r"var/lib/dpkg/status\.d/.", name)}
    assert {"libc6", "libssl3", "ca-certificates"} <= packages
    assert all(f"usr/share/doc/{package}/copyright" in found for package in packages)
    assert "usr/share/doc/ponder/LICENSE" in found and "usr/share/doc/ponder/swift-log/LICENSE.txt" in found


def test_volumes_begin_as_the_users_own():
    found = files()
    for name in ("models", "cache"):
        entry, _ = found[name]
        assert (entry.uid, entry.gid) == (USER, USER)


def test_it_serves_without_root_capabilities_or_files_to_write(server):
    status = Path(f"/proc/{server.state()['Pid']}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == fields["Gid"].split() == [str(USER)] * 4
    assert fields["NoNewPrivs"] == "1"
    assert all(int(fields[name], 16) == 0 for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert ask(server.port) == "There are 3 r's in strawberries."


def test_a_reply_is_streamed(server):
    with Connection(server.port) as connection:
        connection.send("POST", CHAT, {"messages": QUESTION, "temperature": 0, "stream": True})
        assert connection.read_head()[0] == 200
        data = [event.data for event in connection.events() if event.data]
    assert data[-1] == "[DONE]"
    assert "".join(json.loads(text)["choices"][0]["delta"].get("content") or "" for text in data[:-1]).startswith("There")


def test_the_health_check_says_that_it_is_alive(server):
    result = server.execute(*configuration()["Healthcheck"]["Test"][1:])
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"http://127.0.0.1:{server.port} is alive\n"


def test_readiness_can_be_asked_where_there_are_keys():
    with Container(PONDER_API_KEY="a-key") as server:
        assert request(server.port, "GET", "/ready").status == 401
        assert server.execute("ponder", "health", "--ready").returncode == 0


@pytest.fixture
def endless(folder):
    write_endless_model(folder)
    return f"--volume={folder}:/models/endless:ro"


def begin_stream(server, max_tokens):
    connection = Connection(server.port)
    connection.send("POST", CHAT, {"messages": QUESTION, "stream": True, "ignore_eos": True, "max_tokens": max_tokens})
    assert connection.read_head()[0] == 200
    events = connection.events()
    next(event for event in events if event.data)
    return connection, events


def test_a_stop_lets_a_running_stream_end(endless):
    with Container(endless, PONDER_MODEL="endless", PONDER_DRAIN_SECONDS=60) as server:
        connection, events = begin_stream(server, max_tokens=8_000)
        stopping = server.begin_stop("--time", 70)
        data = [event.data for event in events if event.data]
        assert data[-1] == "[DONE]"
        assert any('"finish_reason":"length"' in text for text in data[-3:-1])
        connection.close()
        assert stopping.wait(80) == 0
        assert server.state()["ExitCode"] == 0


def test_a_stop_with_the_engines_ten_seconds_ends_a_stream_with_an_error_event(endless):
    with Container(endless, PONDER_MODEL="endless") as server:
        connection, events = begin_stream(server, max_tokens=190_000)
        stopping = server.begin_stop()
        data = [event.data for event in events if event.data]
        assert data[-1] == "[DONE]" and "error" in json.loads(data[-2])
        connection.close()
        assert stopping.wait(30) == 0
        assert server.state()["ExitCode"] == 0


def test_a_model_that_is_fetched_lies_in_the_volume(folder):
    model = FIXTURES / "models" / "dense-tied" / "hf"
    hub = Hub()
    hub.repositories["tests/tiny"] = Repository({path.name: path.read_bytes() for path in model.iterdir()})
    volume = f"--volume={folder}:/models"
    try:
        arguments = ["serve", "tests/tiny", "--pull"]
        with Container(volume, arguments=arguments, HF_ENDPOINT=hub.url, NO_PROXY="*") as server:
            assert [item["id"] for item in request(server.port, "GET", "/v1/models").json()["data"]] == ["tests/tiny"]
            assert "tests/tiny" in server.execute("ponder", "list").stdout
        assert (folder / "hub" / "models--tests--tiny").is_dir()
    finally:
        hub.stop()
        # Their owner is the container's user.
        engine("run", "--rm", "--network=host", volume, IMAGE, "rm", "tests/tiny")
