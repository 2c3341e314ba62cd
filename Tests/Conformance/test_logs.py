"""Logs as a collector reads them, traces that pass through, and logs that nobody takes."""

import itertools
import json
import os
import signal
import socket
import subprocess

import pytest

from ponder_process import EXECUTABLE, FIXTURES, Ponder, environment, eventually
from references import GREETING
from wire import Connection, request, stream

MODEL = FIXTURES / "models" / "dense-tied" / "hf"
CHAT = "/v1/chat/completions"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def lines(server):
    return [json.loads(line) for line in server.log_text().splitlines()]


def line_of(server, request_id):
    return next((line for line in lines(server) if line.get("request_id") == request_id), None)


def test_each_request_is_a_line_of_json_that_tells_what_it_took_and_not_what_it_said():
    body = {"messages": GREETING, "temperature": 0, "max_tokens": 5, "ignore_eos": True}
    with Ponder(MODEL, "--log-format", "json") as server:
        body["model"] = server.name
        reply = request(server.port, "POST", CHAT, body, {"x-request-id": "whole", "traceparent": PARENT})
        assert reply.headers["traceparent"] == PARENT
        assert stream(server.port, CHAT, body, {"x-request-id": "streamed"}).status == 200
        assert request(server.port, "POST", CHAT, {"messages": 1}, {"x-request-id": "bad"}).status == 400
        assert eventually(lambda: all(line_of(server, name) for name in ("whole", "streamed", "bad")))
        whole = line_of(server, "whole")
        assert whole["trace_id"] == TRACE
        assert whole["route"] == CHAT and whole["status"] == 200
        assert whole["model"] == server.name and whole["finish_reason"] == "length"
        assert whole["prompt_tokens"] == reply.json()["usage"]["prompt_tokens"]
        assert whole["completion_tokens"] == 5
        assert whole["milliseconds"] >= whole["decode_milliseconds"] >= 0
        streamed = line_of(server, "streamed")
        assert streamed["completion_tokens"] == 5 and "trace_id" not in streamed
        assert line_of(server, "bad")["status"] == 400
        assert GREETING[0]["content"] not in server.log_text()


def test_a_traceparent_that_is_none_is_not_repeated():
    with Ponder(MODEL) as server:
        headers = request(server.port, "GET", "/health", headers={"traceparent": "hello"}).headers
        assert "traceparent" not in headers


def test_a_reply_whose_client_leaves_is_a_line_too():
    body = {"messages": GREETING, "max_tokens": 2000, "ignore_eos": True, "stream": True}
    with Ponder(MODEL, "--log-format", "json") as server:
        with Connection(server.port) as connection:
            connection.send("POST", CHAT, {"model": server.name} | body, {"x-request-id": "left"})
            assert connection.read_head()[0] == 200
            # The first event names the role; the one behind it is written once there is a token.
            list(itertools.islice(connection.events(), 3))
        assert eventually(lambda: line_of(server, "left"))
        left = line_of(server, "left")
        assert left["finish_reason"] == "cancelled" and left["model"] == server.name
        assert 0 < left["completion_tokens"] < 2000


def test_embeddings_are_lines_too():
    with Ponder(MODEL, "--embeddings", "--log-format", "json") as server:
        body = {"model": server.name, "input": "Hi"}
        reply = request(server.port, "POST", "/v1/embeddings", body, {"x-request-id": "read"})
        assert reply.status == 200
        assert eventually(lambda: line_of(server, "read"))
        assert line_of(server, "read")["prompt_tokens"] == reply.json()["usage"]["prompt_tokens"]


def lost_lines(server):
    text = request(server.port, "GET", "/metrics").body.decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("ponder_log_lines_lost_total "))


def disk_that_is_full():
    return os.open("/dev/full", os.O_WRONLY)


def pipe_whose_reader_is_gone():
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("target", [disk_that_is_full, pipe_whose_reader_is_gone])
def test_lines_that_standard_error_does_not_take_are_lost_and_counted(target):
    stderr = target()
    try:
        with Ponder(MODEL, stderr=stderr) as server:
            for _ in range(20):
                assert request(server.port, "GET", "/health").status == 200
            assert eventually(lambda: lost_lines(server) >= 20)
            body = {"model": server.name, "messages": GREETING, "max_tokens": 3, "ignore_eos": True}
            assert request(server.port, "POST", CHAT, body).status == 200
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
    finally:
        os.close(stderr)


def test_a_reader_of_logs_that_stops_reading_holds_nobody_up():
    reader, writer = os.pipe()
    try:
        with Ponder(MODEL, "--log-format", "json", stderr=writer) as server:
            # The pipe holds 64 KiB and the server a megabyte; a path is repeated in its line.
            path = "/" + "x" * 8000
            with Connection(server.port) as connection:
                for _ in range(200):
                    connection.send("GET", path)
                    status, fields = connection.read_head()
                    connection.read_body(fields)
                    assert status == 404
            assert eventually(lambda: lost_lines(server) > 0)
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
    finally:
        os.close(reader)
        os.close(writer)


def test_a_server_without_standard_streams_serves():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f'exec "$0" serve "$1" --port {port} <&- >&- 2>&-'
    process = subprocess.Popen(["sh", "-c", command, EXECUTABLE, MODEL], env=environment())
    try:
        assert eventually(lambda: is_ready(port))
        body = {"model": "hf", "messages": GREETING, "max_tokens": 3, "ignore_eos": True}
        for _ in range(5):
            assert request(port, "POST", CHAT, body).status == 200
        targets = {os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)}
        assert targets == {"/dev/null"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def is_ready(port):
    try:
        return request(port, "GET", "/ready").status == 200
    except OSError:
        return False
