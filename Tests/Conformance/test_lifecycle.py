"""Start, drain and stop, as an operator and an orchestrator see them."""

import os
import re
import signal
import socket
import time

import pytest
from ponder_process import FIXTURES, REPOSITORY, Ponder, eventually, run
from references import GREETING
from wire import Connection, request

MODEL = FIXTURES / "models" / "dense-tied" / "hf"
CHAT = "/v1/chat/completions"
LONG = {"messages": GREETING, "temperature": 0, "max_tokens": 400, "ignore_eos": True, "stream": True}


def begin_stream(server, **fields):
    """A streamed reply that has begun: its connection and its events."""
    connection = Connection(server.port)
    connection.send("POST", CHAT, {"model": server.name} | LONG | fields)
    status, _ = connection.read_head()
    assert status == 200
    events = connection.events()
    next(event for event in events if event.data)
    return connection, events


@pytest.mark.parametrize(
    ("path", "fields", "end"),
    [
        (CHAT, {"messages": GREETING, "max_tokens": 3000}, r'data: \{"error":\{"message":.*\}\n\ndata: \[DONE\]\n\n'),
        ("/v1/completions", {"prompt": "Hi", "max_tokens": 3000}, r'data: \{"error":\{"message":.*\}\n\ndata: \[DONE\]\n\n'),
        ("/completion", {"prompt": "Hi", "n_predict": 3000}, r'data: \{"error":\{"message":.*\}\n\n'),
        ("/v1/responses", {"input": "Hi", "max_output_tokens": 3000}, r'event: response.failed\ndata: .*\n\n'),
        ("/v1/messages", {"messages": GREETING, "max_tokens": 3000}, r'event: error\ndata: \{"type":"error",.*\n\n'),
        ("/api/chat", {"messages": GREETING, "options": {"num_predict": 3000}}, r'\{"error":".*"\}\n'),
        ("/api/generate", {"prompt": "Hi", "options": {"num_predict": 3000}}, r'\{"error":".*"\}\n'),
    ],
)
def test_a_reply_that_is_cut_ends_with_an_error_in_its_dialect(slow_endless_model, path, fields, end):
    with Ponder(slow_endless_model, "--drain-seconds", 0) as server:
        connection = Connection(server.port)
        connection.send("POST", path, {"model": server.name, "stream": True, **fields})
        assert connection.read_head()[0] == 200
        chunks = connection.chunks()
        text = next(chunks)
        server.signal(signal.SIGTERM)
        text += b"".join(chunks)
        assert re.search(rf"(^|\n){end}$", text.decode())
        assert server.wait() == 0


def test_a_reply_whose_reader_cannot_come_back_holds_nothing_up(slow_endless_model):
    with Ponder(slow_endless_model, "--drain-seconds", 300) as server:
        with Connection(server.port) as connection:
            body = {"model": server.name, "messages": GREETING, "stream": True}
            connection.send("POST", CHAT, body, {"x-conversation-id": "left"})
            assert connection.read_head()[0] == 200
            assert next(connection.chunks())
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_the_ready_line_is_all_that_stands_on_standard_output():
    with Ponder(MODEL) as server:
        assert server.name == "hf"
        assert request(server.port, "GET", "/ready").status == 200
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert server.process.stdout.read() == ""


def test_without_a_model_the_built_in_one_is_served():
    with Ponder() as server:
        reply = request(server.port, "POST", CHAT, {"messages": GREETING, "max_tokens": 4})
        assert reply.status == 200
        assert reply.json()["model"] == server.name


def test_an_alias_names_the_model():
    with Ponder(MODEL, "--alias", "tiny/one") as server:
        assert server.name == "tiny/one"
        assert request(server.port, "GET", "/v1/models/tiny/one").json()["id"] == "tiny/one"


@pytest.mark.parametrize("flags", [
    ["--served-model-name", "tiny/one", "gpt-4o", "second"],
    ["--alias", "tiny/one", "--alias", "gpt-4o", "--alias", "second"],
    ["--alias", "tiny/one,gpt-4o,second"],
])
def test_of_several_names_the_first_is_reported_and_all_answer(flags):
    with Ponder(MODEL, *flags) as server:
        assert server.name == "tiny/one"
        (model,) = request(server.port, "GET", "/v1/models").json()["data"]
        assert (model["id"], model["aliases"]) == ("tiny/one", ["gpt-4o", "second"])
        for name in ("tiny/one", "gpt-4o", "second"):
            reply = request(server.port, "POST", CHAT, {"model": name, "messages": GREETING, "max_tokens": 4})
            assert (reply.status, reply.json()["model"]) == (200, "tiny/one")
        assert request(server.port, "POST", CHAT, {"model": "third", "messages": GREETING}).status == 404


@pytest.fixture
def loading_server(tmp_path):
    """A server that cannot finish loading before someone writes its chat template, and the way to write it."""
    template = tmp_path / "template.jinja"
    os.mkfifo(template)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Ponder(MODEL, "--chat-template-file", template, port=port, wait=False) as server:
        assert eventually(lambda: answers(port))
        yield server, port, template


def answers(port):
    try:
        return request(port, "GET", "/health").status == 200
    except ConnectionError:
        return False


def test_while_the_model_loads_the_server_is_live_and_not_ready(loading_server):
    server, port, template = loading_server
    ready = request(port, "GET", "/ready")
    assert ready.status == 503
    assert ready.json()["error"]["code"] == "model_loading"
    early = request(port, "POST", CHAT, {"messages": GREETING})
    assert early.status == 503
    assert int(early.headers["retry-after"]) >= 0
    template.write_text("{{ messages[0].content }}")
    server.wait_until_ready()
    assert server.port == port
    assert request(port, "GET", "/ready").status == 200
    assert request(port, "POST", CHAT, {"messages": GREETING, "max_tokens": 2}).status == 200


def test_a_signal_ends_a_server_that_still_loads(loading_server):
    server, _, _ = loading_server
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert server.process.stdout.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_stream_ends_whole_after_the_signal(number):
    with Ponder(MODEL) as server:
        connection, events = begin_stream(server)
        server.signal(number)
        rest = [event for event in events if event.data]
        assert rest[-1].data == "[DONE]"
        assert rest[-2].json()["choices"][0]["finish_reason"] == "length"
        connection.close()
        assert server.wait() == 0


def test_while_draining_the_server_is_live_and_not_ready(endless_model):
    with Ponder(endless_model, "--loop-guard", "off") as server:
        connection, events = begin_stream(server, max_tokens=3_000)
        with Connection(server.port) as kept:
            kept.send("GET", "/ready")
            kept_status, headers = kept.read_head()
            kept.read_body(headers)
            assert kept_status == 200
            server.signal(signal.SIGTERM)

            def refused():
                kept.send("GET", "/ready")
                status, headers = kept.read_head()
                kept.read_body(headers)
                return status == 503

            try:
                assert eventually(refused)
            except (ConnectionError, OSError):
                pass  # An idle connection may be closed instead; the listener below must be too.
        assert [event.data for event in events][-1] == "[DONE]"
        connection.close()
        assert server.wait() == 0


def test_a_reply_beyond_the_drain_time_ends_with_an_error_event(endless_model):
    with Ponder(endless_model, "--loop-guard", "off", "--drain-seconds", "0") as server:
        connection, events = begin_stream(server, max_tokens=90_000)
        server.signal(signal.SIGTERM)
        rest = [event for event in events if event.data]
        assert rest[-1].data == "[DONE]"
        assert "error" in rest[-2].json() or rest[-2].json()["choices"][0]["finish_reason"]
        connection.close()
        assert server.wait() == 0


def test_a_second_signal_ends_at_once(endless_model):
    with Ponder(endless_model, "--loop-guard", "off") as server:
        connection, _ = begin_stream(server, max_tokens=90_000)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.process.poll() is None
        server.signal(signal.SIGTERM)
        assert server.wait(10) != 0
        connection.close()


def processor_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def is_at_rest(server):
    """Whether the process uses almost no processor: nothing is being generated."""
    before = processor_seconds(server)
    time.sleep(0.5)
    return processor_seconds(server) - before < 0.1


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_frees_the_engine(endless_model, streamed):
    with Ponder(endless_model, "--loop-guard", "off") as server:
        if streamed:
            connection, _ = begin_stream(server, max_tokens=90_000)
        else:
            connection = Connection(server.port)
            connection.send("POST", CHAT, {"model": server.name} | LONG | {"max_tokens": 90_000, "stream": False})
            assert eventually(lambda: not is_at_rest(server))
        connection.close()
        assert eventually(lambda: is_at_rest(server)), "the engine goes on for a client that left"


def test_a_taken_port_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", MODEL, "--port", port)
    assert result.returncode == 1
    assert result.stdout == ""
    [line] = error_lines(result)
    assert str(port) in line and "in use" in line


def error_lines(result):
    return [line for line in result.stderr.splitlines() if line.startswith("Error:")]


def test_the_example_configuration_is_the_defaults():
    example = REPOSITORY / "config" / "ponder.yaml"
    with Ponder(MODEL, "--config", example, "--alias", "configured") as server:
        assert server.name == "configured"
    documented = (REPOSITORY / "docs" / "configuration.md").read_text()
    help_text = run("serve", "--help").stdout
    for line in example.read_text().splitlines():
        name = line.removeprefix("# ").split(":")[0]
        if " " in name or ":" not in line:
            continue
        assert f"`{name}`" in documented
        assert name == "model" or re.search(rf"--{name}[ ,\n]", help_text)


def test_any_name_of_a_model_is_answered_on_request():
    with Ponder(MODEL, "--any-model-name") as server:
        body = {"model": "gpt-4", "prompt": "Hello", "max_tokens": 1}
        reply = request(server.port, "POST", "/v1/completions", body)
        assert reply.status == 200
