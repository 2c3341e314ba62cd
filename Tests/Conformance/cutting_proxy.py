"""A network between a browser and a server that breaks off: after so many bytes of a reply, as often as it is told."""

import socket
import threading


class CuttingProxy:
    """Passes connections on to a port. Each of `cuts` breaks one stream off after its number of bytes; then `refusals` connections
    are closed at once."""

    def __init__(self, port, cuts=(), refusals=0):
        self.target = port
        self.cuts = list(cuts)
        self.refusals = refusals
        self.cut_count = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                is_refused = self.cut_count > 0 and self.refusals > 0
                self.refusals -= is_refused
            if is_refused:
                client.close()
                continue
            _Connection(self, client).start()

    def next_cut(self):
        with self.lock:
            return self.cuts.pop(0) if self.cuts else None

    def note_cut(self):
        with self.lock:
            self.cut_count += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class _Connection:
    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", proxy.target))
        # Bytes of the reply that still pass; None while all do.
        self.budget = None

    def start(self):
        for work in (self._upstream, self._downstream):
            threading.Thread(target=work, daemon=True).start()

    def _upstream(self):
        while data := self._receive(self.client):
            if data.startswith((b"POST /v1/chat/completions", b"GET /v1/stream")):
                self.budget = self.proxy.next_cut()
            self.server.sendall(data)
        self._close()

    def _downstream(self):
        while data := self._receive(self.server):
            if self.budget is not None:
                data = data[:self.budget]
                self.budget -= len(data)
            try:
                self.client.sendall(data)
            except OSError:
                break
            if self.budget == 0:
                self.proxy.note_cut()
                break
        self._close()

    @staticmethod
    def _receive(connection):
        try:
            return connection.recv(65_536)
        except OSError:
            return b""

    def _close(self):
        for connection in (self.client, self.server):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
