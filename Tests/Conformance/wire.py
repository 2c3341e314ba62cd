"""HTTP by hand: what a reply is byte for byte, which a client library would hide."""

import json
import socket
from dataclasses import dataclass, field


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Event:
    """One server-sent event, or a comment, in the order of the stream."""

    comment: str | None = None
    data: str | None = None

    def json(self):
        return json.loads(self.data)


class Connection:
    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, method, path, body=None, headers=None):
        payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: ponder.test"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)

    def read_head(self):
        """Status and header fields, names in lower case."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = [line.split(":", 1) for line in lines[1:] if line]
        return status, {name.lower(): value.strip() for name, value in fields}

    def read_body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(self.chunks())
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            self._receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return body

    def chunks(self):
        """The data of each HTTP chunk as it arrives."""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            while len(self.buffer) < size + 2:
                self._receive()
            data, self.buffer = self.buffer[:size], self.buffer[size:]
            assert self.buffer[:2] == b"\r\n"
            self.buffer = self.buffer[2:]
            if size == 0:
                return
            yield data

    def events(self):
        """The events and comments of a stream, until the reply's end."""
        text = b""
        for chunk in self.chunks():
            text += chunk
            *blocks, text = text.split(b"\n\n")
            for block in blocks:
                yield parse_event(block.decode("utf-8"))
        assert text == b"", f"the stream ends within an event: {text!r}"

    def _until(self, mark):
        while mark not in self.buffer:
            self._receive()
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data


def parse_event(block):
    lines = block.split("\n")
    if len(lines) == 1 and lines[0].startswith(":"):
        return Event(comment=lines[0][1:].strip())
    assert len(lines) == 1 and lines[0].startswith("data: "), f"an event of an unknown shape: {block!r}"
    return Event(data=lines[0].removeprefix("data: "))


def request(port, method, path, body=None, headers=None):
    """One request on a connection of its own."""
    with Connection(port) as connection:
        connection.send(method, path, body, headers)
        status, fields = connection.read_head()
        return Reply(status, fields, connection.read_body(fields))


@dataclass
class Stream:
    status: int
    headers: dict
    events: list = field(default_factory=list)

    @property
    def chunks(self):
        """The JSON objects of the stream, without `[DONE]` and comments."""
        return [event.json() for event in self.events if event.data not in (None, "[DONE]")]


def stream(port, path, body, headers=None):
    """A whole streamed reply."""
    with Connection(port) as connection:
        connection.send("POST", path, body | {"stream": True}, headers)
        status, fields = connection.read_head()
        assert status == 200, connection.read_body(fields)
        return Stream(status, fields, list(connection.events()))
