"""HTTP to the letter, as a plain socket sees it: each form is answered with its status or a close, never with silence."""

import os
import re
import socket

import pytest
from ponder_process import Ponder, eventually
from wire import Connection, request

HEAD = b"GET /health HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n"


def statuses(port, *pieces, finish=False, timeout=30):
    """The status of every answer to what is sent, until the server closes the connection; None at the end if it does not."""
    found, buffer = [], b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
        if finish:
            connection.shutdown(socket.SHUT_WR)
        try:
            while data := connection.recv(65536):
                buffer += data
        except TimeoutError:
            found.append(None)
        except ConnectionError:
            pass
    # A body may name the protocol too, but no status behind it.
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", buffer)] + found


@pytest.mark.parametrize("form, status", [
    # What two servers could read differently.
    (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n", 400),
    (POST + b"Content-Length: 0, 44\r\n\r\n", 400),
    (POST + b"Content-Length: +0\r\n\r\n", 400),
    (POST + b"Content-Length: 0x0\r\n\r\n", 400),
    (POST + b"Content-Length : 0\r\n\r\n", 400),
    (POST + b"Content-Length: 99999999999999999999\r\n\r\n", 413),
    (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
    (POST + b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (POST + b"X: a\0b\r\nContent-Length: 0\r\n\r\n", 400),
    (b"POST /v1/completions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    # Chunks.
    (CHUNKED + b"2\r\n{}X\r\n0\r\n\r\n", 400), (CHUNKED + b"2\n{}\n0\n\n", 400), (CHUNKED + b"-2\r\n{}\r\n", 400),
    (CHUNKED + b"0x2\r\n{}\r\n", 400), (CHUNKED + b"2 \r\n{}\r\n", 400), (CHUNKED + b"2;\x00\r\n{}\r\n", 400),
    (CHUNKED + b"fffffffffffffffffff\r\n", 400), (CHUNKED + b"7fffffff\r\n", 413),
    (CHUNKED + b"2\r\n{}\r\n0\r\nTrailer : x\r\n\r\n", 400),
    # Lines and fields.
    (b"GET /health HTTP/1.1\nHost: a\n\n", 400), (b"GET /health\r\n\r\n", 400), (b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /health HTTP/2.0\r\nHost: a\r\n\r\n", 505), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET /health HTTP/1.1\r\n\r\n", 400), (HEAD + b"Host: b\r\n\r\n", 400), (HEAD + b" folded\r\n\r\n", 400),
    (HEAD + b"no colon\r\n\r\n", 400), (HEAD + b": empty\r\n\r\n", 400), (HEAD + b"X(: a\r\n\r\n", 400),
    (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501), (b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    # Too much.
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414), (HEAD + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431),
    (HEAD + b"X: a\r\n" * 101 + b"\r\n", 431), (HEAD + (b"X: " + b"a" * 8000 + b"\r\n") * 9 + b"\r\n", 431),
    (CHUNKED + b"0\r\n" + b"X: a\r\n" * 101 + b"\r\n", 400),
    (POST + b"Content-Length: 40000000\r\n\r\n", 413),
    (POST + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", 417),
])
def test_what_is_wrong_is_refused_and_nothing_behind_it_is_answered(server, form, status):
    assert statuses(server.port, form + SMUGGLED) == [status]


@pytest.mark.parametrize("form, status", [
    (CHUNKED + b'2;name="a;b"\r\n{}\r\n0;last\r\nTrailer: x\r\n\r\n', 400),
    (POST + b"content-length:2 \r\n\r\n{}", 400), (POST + b"TRANSFER-ENCODING:\t Chunked \r\n\r\n2\r\n{}\r\n000\r\n\r\n", 400),
    (b"\r\nGET http://a/health HTTP/1.1\r\nHost: a\r\n\r\n", 200), (HEAD + b"Content-Length: 3\r\n\r\nabc", 200),
    (HEAD + b"X:\xff\xfe\r\n\r\n", 200), (b"GET /health HTTP/1.9\r\nHost: a\r\n\r\n", 200),
    (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
])
def test_what_is_right_is_answered_and_the_connection_goes_on(server, form, status):
    last = b"GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(server.port, form + last) == [status, 200]


def test_a_request_may_come_byte_by_byte(server):
    text = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(server.port, *[bytes([byte]) for byte in text]) == [200]


def test_requests_may_come_all_at_once_and_are_answered_in_their_order(server):
    one = HEAD + b"\r\n"
    other = b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"HEAD /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(server.port, (one + other) * 20 + last) == [200, 404] * 20 + [200]


def test_a_client_that_has_said_all_is_answered_or_closed(server):
    assert statuses(server.port, HEAD + b"\r\n", finish=True) in ([200], [])
    assert statuses(server.port, HEAD, finish=True) == []
    assert statuses(server.port, POST + b"Content-Length: 9\r\n\r\n{}", finish=True) == []


def test_who_expects_to_be_told_is_told(server):
    body = b'{"prompt": "Hi", "max_tokens": 1}'
    with Connection(server.port) as connection:
        connection.socket.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.read_head()[0] == 100
        connection.socket.sendall(body)
        assert connection.read_head()[0] == 200


def test_head_has_the_fields_of_get_and_no_body(server):
    with Connection(server.port) as connection:
        connection.send("HEAD", "/v1/models")
        status, fields = connection.read_head()
        assert (status, connection.buffer) == (200, b"") and int(fields["content-length"]) > 0
        connection.send("GET", "/v1/models")
        status, others = connection.read_head()
        assert others["content-length"] == fields["content-length"]


@pytest.fixture(scope="module")
def strict(serve):
    """A server with little patience and small limits."""
    return serve(
        "dense-tied/hf", "--head-seconds", 1, "--body-seconds", 1, "--idle-seconds", 1, "--send-seconds", 1,
        "--max-line-size", "1KiB", "--max-head-size", "2KiB", "--max-fields", 5, "--max-body-size", "4KiB")


@pytest.mark.parametrize("form, status", [
    (b"GET /" + b"a" * 1100 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414), (HEAD + b"X: " + b"a" * 1100 + b"\r\n\r\n", 431),
    (HEAD + b"X: a\r\n" * 5 + b"\r\n", 431), (HEAD + (b"X: " + b"a" * 900 + b"\r\n") * 3 + b"\r\n", 431),
    (POST + b"Content-Length: 4097\r\n\r\n", 413), (CHUNKED + b"1001\r\n", 413),
    # Slow ones: silent, in the middle of a head, and of a body.
    (HEAD, 408), (POST + b"Content-Length: 9\r\n\r\n{", 408), (CHUNKED + b"2\r\n{", 408),
])
def test_limits_and_patience_are_settings(strict, form, status):
    assert statuses(strict.port, form) == [status]


def test_connections_without_requests_are_closed(strict):
    assert statuses(strict.port, b"") == []
    assert statuses(strict.port, HEAD + b"\r\n") == [200]


def test_who_reads_nothing_is_given_up(strict):
    def descriptors():
        return len(os.listdir(f"/proc/{strict.process.pid}/fd"))

    before = descriptors()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    with client:
        client.settimeout(1)
        client.connect(("127.0.0.1", strict.port))
        # Answers enough for every buffer on the way.
        try:
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 400)
        except TimeoutError:
            pass
        assert eventually(lambda: descriptors() > before)
        assert eventually(lambda: descriptors() == before)
    assert request(strict.port, "GET", "/health").status == 200


def test_more_connections_than_permitted_wait():
    with Ponder("--max-connections", 2) as server:
        first, second, third = (Connection(server.port) for _ in range(3))
        for connection in (first, second):
            connection.send("GET", "/health")
            status, fields = connection.read_head()
            connection.read_body(fields)
            assert status == 200
        third.send("GET", "/health")
        third.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            third.read_head()
        first.close()
        third.socket.settimeout(30)
        assert third.read_head()[0] == 200
        second.close()
        third.close()
