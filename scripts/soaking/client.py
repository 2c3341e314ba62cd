"""Clients that speak HTTP by hand, at a pace of their own."""

import json
import re
import socket
import time


class Client:
    """A connection to the server."""

    counter = 0

    def __init__(self, port, timeout=120, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        # Loopback has many addresses: each has ports of its own.
        Client.counter += 1
        self.socket.bind((f"127.0.0.{2 + Client.counter % 8}", 0))
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, path, body=None):
        self.socket.sendall(request(method, path, body))

    def read(self, pace=None):
        """The whole reply: status and body. A pace is bytes at a time and seconds between."""
        head = self._until(b"\r\n\r\n", pace).lower()
        status = int(head.split(b" ", 2)[1])
        if b"transfer-encoding: chunked" not in head:
            length = re.search(rb"content-length: (\d+)", head)
            return status, self._take(int(length[1]) if length else 0, pace)
        parts = []
        while size := int(self._until(b"\r\n", pace), 16):
            parts.append(self._take(size, pace))
            self._take(2, pace)
        self._until(b"\r\n", pace)
        return status, b"".join(parts)

    def _more(self, pace):
        if pace:
            time.sleep(pace[1])
        data = self.socket.recv(pace[0] if pace else 65_536)
        if not data:
            raise ConnectionError("the server closed")
        self.buffer += data

    def _until(self, end, pace):
        while end not in self.buffer:
            self._more(pace)
        taken, self.buffer = self.buffer.split(end, 1)
        return taken

    def _take(self, count, pace):
        while len(self.buffer) < count:
            self._more(pace)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


def request(method, path, body=None):
    payload = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
    return head.encode() + b"\r\n" + payload
