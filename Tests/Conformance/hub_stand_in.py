"""A hub on the loopback interface: what Hugging Face and ModelScope answer, and what goes wrong with them.

Large files are redirected to a second server, as hubs do with theirs, so that a test can see what each was sent.
"""

import contextlib
import functools
import hashlib
import json
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGE = (".safetensors", ".gguf")


@functools.cache
def git_digest(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@functools.cache
def digest(name, data):
    return hashlib.sha256(data).hexdigest() if name.endswith(LARGE) else git_digest(data)


class Repository:
    def __init__(self, files, license="apache-2.0", token=None, gated=False):
        self.token, self.gated, self.license = token, gated, license
        self.commits = {}
        self.branches = {}
        self.commit(files)

    def commit(self, files, branch="main"):
        """Publishes files, and has a branch stand for them."""
        names = "".join(f"{name} {digest(name, data)}\n" for name, data in sorted(files.items()))
        number = hashlib.sha1(names.encode()).hexdigest()
        self.commits[number] = dict(files)
        self.branches[branch] = number
        return number

    def find(self, revision):
        number = self.branches.get(revision, revision)
        return number, self.commits.get(number)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that are killed are what tests are about."""


class Hub:
    """Both servers. `faults` holds, for the end of a path, what its next requests meet, one after the other."""

    def __init__(self, certificate=None):
        """With the path of a PEM file of certificate and key, both servers speak TLS."""
        self.certificate = certificate
        self.repositories = {}
        self.faults = {}
        # Sizes that the hub tells of files, right or wrong.
        self.sizes = {}
        # Bytes a second that each connection gets; None is as many as it takes.
        self.pace = None
        self.busy_count, self.most_busy = 0, 0
        self.requests = []
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self.hub, self.store = self.start(HubHandler), self.start(StoreHandler)

    def start(self, handler):
        server = Server(("127.0.0.1", 0), handler)
        server.context = self
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.hub.server_port}"

    @property
    def store_url(self):
        return f"{self.scheme}://127.0.0.1:{self.store.server_port}"

    @property
    def scheme(self):
        return "https" if self.certificate else "http"

    def fault(self, path):
        with self.lock:
            for end, queue in self.faults.items():
                if path.endswith(end) and queue:
                    return queue.pop(0)
        return None

    @contextlib.contextmanager
    def busy(self):
        """Counts the connections that files go out by at the same time, where there is a pace."""
        with self.lock:
            self.busy_count += 1
            self.most_busy = max(self.most_busy, self.busy_count)
        try:
            yield
        finally:
            with self.lock:
                self.busy_count -= 1

    def asked(self, end, method="GET"):
        """The requests for a path that ends so."""
        with self.lock:
            return [request for request in self.requests if request["path"].endswith(end) and request["method"] == method]

    def stop(self):
        self.gate.set()
        for server in (self.hub, self.store):
            server.shutdown()
            server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def context(self):
        return self.server.context

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        with self.context.lock:
            self.context.requests.append(
                {"method": self.command, "path": path, "query": self.path.partition("?")[2], "server": type(self).__name__,
                 "fields": {name.lower(): value for name, value in self.headers.items()}})
        fault = self.context.fault(path) if self.command == "GET" else None
        if isinstance(fault, tuple):
            status, fields = fault
            return self.answer(status, b"{}", fields)
        try:
            self.reply(path, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, status, body, fields=(), fault=None):
        start, end = 0, len(body)
        asked = self.headers.get("Range")
        if status == 200 and asked and fault != "whole":
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1, len(body)) if last else len(body)
            if start >= len(body):
                status, fields = 416, {"Content-Range": f"bytes */{len(body)}"}
                body = b""
            else:
                status, fields = 206, dict(fields) | {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}"}
        self.send_response(status)
        for name, value in dict(fields).items():
            self.send_header(name, value)
        rest = body[start:end]
        if fault == "corrupt":
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
        if fault == "longer":
            rest += b"x"
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault in ("cut", "stall"):
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            if fault == "stall":
                self.context.gate.wait(60)
            self.close_connection = True
            self.connection.close()
            return
        if self.context.pace is None or len(rest) < 1 << 20:
            self.wfile.write(rest)
            return
        # So many bytes a second and connection, as hubs have it.
        with self.context.busy():
            step = self.context.pace // 20
            for begin in range(0, len(rest), step):
                self.wfile.write(rest[begin:begin + step])
                time.sleep(0.05)

    def answer_json(self, value, status=200, fields=()):
        self.answer(status, json.dumps(value).encode(), dict(fields) | {"Content-Type": "application/json"})


class HubHandler(Handler):
    def reply(self, path, fault):
        parts = path.strip("/").split("/")
        if path.startswith("/api/v1/models/"):
            return self.model_scope(parts, fault)
        api = path.startswith("/api/models/")
        name = "/".join(parts[2:4] if api else parts[:2])
        repository = self.context.repositories.get(name)
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if repository is None or repository.token not in (None, bearer):
            gated = repository is not None and repository.gated
            status = 404 if repository is None and bearer else 403 if gated and bearer else 401
            code = "GatedRepo" if gated else "RepoNotFound"
            return self.answer_json({"error": "no"}, status, {"X-Error-Code": code})
        if api:
            return self.describe(name, repository, parts)
        number, files = repository.find(parts[3])
        file = "/".join(parts[4:])
        if files is None or file not in files:
            return self.answer_json({}, 404, {"X-Error-Code": "EntryNotFound" if files else "RevisionNotFound"})
        data = files[file]
        fields = {"X-Repo-Commit": number, "ETag": f'"{digest(file, data)}"'}
        if not file.endswith(LARGE):
            return self.answer(200, data, fields, fault)
        fields |= {"X-Linked-Etag": fields["ETag"], "X-Linked-Size": str(len(data))}
        place = f"{self.context.store_url}/{name}/{number}/{urllib.parse.quote(file)}?signature=abc%2F"
        self.answer(302, b"", fields | {"Location": place})

    def describe(self, name, repository, parts):
        kind, revision = (parts[4], parts[5]) if len(parts) > 5 else ("revision", "main")
        number, files = repository.find(revision)
        if files is None:
            return self.answer_json({}, 404, {"X-Error-Code": "RevisionNotFound"})
        entries = []
        for file, data in files.items():
            size = self.context.sizes.get(file, len(data))
            large = {"sha256": digest(file, data), "size": size, "pointerSize": 134} if file.endswith(LARGE) else None
            if kind == "tree":
                entry = {"type": "file", "path": file, "size": size, "oid": git_digest(data)}
                entry |= {"lfs": large | {"oid": large["sha256"]}} if large else {}
            else:
                entry = {"rfilename": file, "size": size, "blobId": git_digest(data)} | ({"lfs": large} if large else {})
            entries.append(entry)
        if kind == "tree":
            return self.answer_json(entries)
        self.answer_json(
            {"id": name, "modelId": name, "sha": number, "private": False, "gated": False, "tags": [f"license:{repository.license}"],
             "cardData": {"license": repository.license}, "siblings": entries, "downloads": 0, "likes": 0})

    def model_scope(self, parts, fault):
        repository = self.context.repositories.get("/".join(parts[3:5]))
        if repository is None:
            return self.answer_json({"Code": 10010205001, "Success": False, "Message": "no such model"}, 404)
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        revision = query.get("Revision", "master")
        files = repository.find("main" if revision == "master" else revision)[1]
        if parts[5:] == ["repo", "files"]:
            entries = [
                {"Name": file.split("/")[-1], "Path": file, "Type": "blob", "Size": len(data),
                 "Sha256": hashlib.sha256(data).hexdigest(), "Revision": "0" * 40} for file, data in files.items()]
            folders = [{"Name": "folder", "Path": "folder", "Type": "tree", "Size": 0}]
            return self.answer_json({"Code": 200, "Success": True, "Data": {"Files": folders + entries}})
        self.answer(200, files[query["FilePath"]], fault=fault)


class StoreHandler(Handler):
    def reply(self, path, fault):
        parts = path.strip("/").split("/")
        files = self.context.repositories["/".join(parts[:2])].commits[parts[2]]
        self.answer(200, files["/".join(parts[3:])], {"Content-Type": "application/octet-stream"}, fault)
