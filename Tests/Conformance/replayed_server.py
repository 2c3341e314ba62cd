"""A server that answers what another one was recorded to answer, faults and all: for `ponder doctor`, which names the scenario of
each request in its User-Agent."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FRAMING = {"content-length", "transfer-encoding", "connection", "date", "server"}
NAME = re.compile(r"ponder-doctor \((.*)\)")


def applied(recording, edits):
    """The recording with the changes of a fault; both as Tests/Fixtures/doctor has them."""
    for edit in edits:
        transcript = recording["scenarios"][edit["scenario"]][edit["step"]]
        transcript.update({key: edit[key] for key in ("status", "body", "piece_times_ms") if key in edit})
        if "old" in edit:
            body, old = transcript["body"].encode(), edit["old"].encode()
            new = bytes(edit["new_bytes"]) if "new_bytes" in edit else edit["new"].encode()
            assert old in body, f"{edit['scenario']}: {edit['old']!r} is not there"
            if edit["which"] == "last":
                start = body.rindex(old)
                transcript["raw"] = body[:start] + new + body[start + len(old):]
            else:
                transcript["raw"] = body.replace(old, new, -1 if edit["which"] == "all" else 1)
            transcript["body"] = transcript["raw"].decode(errors="replace")
    return recording


class ReplayedServer:
    def __init__(self, recording):
        self.recording = recording
        self.lock = threading.Lock()
        self.seen = {}
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.read_body()
                transcript = replay.next(self)
                body = transcript.get("raw", transcript.get("body", "").encode())
                self.send_response(transcript["status"])
                for name, value in transcript["fields"]:
                    if name not in FRAMING:
                        self.send_header(name, value)
                    elif name == "connection" and value == "close":
                        self.send_header(name, value)
                        self.close_connection = True
                self.send_header("content-length", len(body))
                self.end_headers()
                if self.command == "HEAD":
                    return
                is_stream = len(transcript.get("piece_times_ms", [])) > 1 and len(body) > 1
                for piece in (body[:len(body) // 2], body[len(body) // 2:]) if is_stream else (body,):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    if is_stream:
                        time.sleep(0.02)

            do_GET = do_POST = do_HEAD = do_OPTIONS = answer

            def read_body(self):
                if self.headers.get("transfer-encoding") == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        self.rfile.read(size + 2)
                    self.rfile.readline()
                elif (length := int(self.headers.get("content-length", 0))) < 1 << 30:
                    self.rfile.read(length)
                else:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def next(self, request):
        """The answer to the next request of its scenario; the last one again where more come."""
        match = NAME.match(request.headers.get("user-agent", ""))
        # The list of models is asked for before the first check.
        name = match[1] if match and match[1] else "models.list"
        key = (name, request.command, request.path)
        with self.lock:
            step = self.seen[key] = self.seen.get(key, -1) + 1
        steps = [
            transcript for transcript in self.recording["scenarios"].get(name, [])
            if (transcript["method"], transcript["path"]) == key[1:]
        ]
        if not steps:
            return {"status": 404, "fields": [], "body": "{}"}
        return steps[min(step, len(steps) - 1)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
