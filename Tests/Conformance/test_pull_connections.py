"""The connections of `ponder pull`: TLS, proxies, and several for one large file."""

import base64
import http.client
import random
import select
import signal
import socket
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hub_stand_in import Repository
from ponder_process import EXECUTABLE, environment, eventually, run
from pulling import NAME, blobs_of, cache, error, home, hub, pull, secure  # noqa: F401, F811

LARGE = "Qwen/Large-GGUF"


def test_a_hub_has_to_prove_who_it_is(secure, home):
    hub, certificate = secure
    home = home | {"HF_ENDPOINT": hub.url}
    assert "certificate" in error(pull(home, NAME, status=1))
    assert not hub.requests
    pull(home, NAME, "--tls-authority", certificate)
    assert run("rm", NAME, **home).returncode == 0
    pull(home | {"SSL_CERT_FILE": str(certificate)}, NAME)


class Proxy(BaseHTTPRequestHandler):
    """Passes plain requests on, and joins tunnels, for those who know the password."""

    def log_message(self, *_):
        pass

    def allowed(self):
        self.server.seen.append(f"{self.command} {self.path}")
        return self.headers.get("Proxy-Authorization") == "Basic " + base64.b64encode(b"user:pass word").decode()

    def do_CONNECT(self):
        if not self.allowed():
            return self.send_error(407)
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            ways = {self.connection: far, far: self.connection}
            while True:
                for near in select.select(list(ways), [], [])[0]:
                    data = near.recv(1 << 16)
                    if not data:
                        self.close_connection = True
                        return
                    ways[near].sendall(data)

    def do_GET(self):
        if not self.allowed():
            return self.send_error(407)
        place = urllib.parse.urlsplit(self.path)
        far = http.client.HTTPConnection(place.hostname, place.port)
        kept = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        far.request("GET", self.path.removeprefix(f"http://{place.netloc}"), headers=kept)
        answer = far.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def proxy():
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    proxy.daemon_threads = True
    proxy.seen = []
    threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
    yield proxy
    proxy.shutdown()
    proxy.server_close()


def test_a_proxy_is_asked_where_the_environment_names_one(hub, home, proxy):
    variables = {"HTTP_PROXY": f"http://user:pass%20word@127.0.0.1:{proxy.server_port}", "NO_PROXY": ""}
    pull(home | variables, NAME)
    assert len(proxy.seen) == len(hub.requests) and all(place.startswith("GET http://127") for place in proxy.seen)
    wrong = variables | {"HTTP_PROXY": f"http://user@127.0.0.1:{proxy.server_port}"}
    assert "407" in error(pull(home | wrong, f"{NAME}@v2", status=1))
    seen = len(proxy.seen)
    pull(home | wrong | {"NO_PROXY": "example.com, 127.0.0.1"}, NAME)
    assert len(proxy.seen) == seen


def test_a_proxy_joins_a_tunnel_to_a_hub_with_tls(secure, home, proxy):
    hub, certificate = secure
    variables = {"HTTPS_PROXY": f"http://user:pass%20word@127.0.0.1:{proxy.server_port}", "NO_PROXY": ""}
    pull(home | variables | {"HF_ENDPOINT": hub.url}, NAME, "--tls-authority", certificate)
    assert len(proxy.seen) == len(hub.requests)
    assert set(proxy.seen) == {f"CONNECT 127.0.0.1:{server.server_port}" for server in (hub.hub, hub.store)}


@pytest.fixture(scope="module")
def large():
    """40 MiB, which come in parts."""
    return random.Random(7).randbytes(40 << 20)


def ranges(hub, name="Large-Q8_0.gguf"):
    asked = [request for request in hub.asked(name) if request["server"] == "StoreHandler"]
    return [request["fields"].get("range") for request in asked]


def large_blob(home, hub):
    return cache(home) / f"models--{LARGE.replace('/', '--')}" / "blobs" / blobs_of(hub, LARGE)["Large-Q8_0.gguf"]


def test_a_large_file_comes_by_several_connections(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.faults["Large-Q8_0.gguf"] = [None, None, None, None, "cut", (503, {"Retry-After": "0"})]
    pull(home, LARGE)
    assert large_blob(home, hub).read_bytes() == large
    # Sixteen parts, and another try for those that broke off.
    assert len(set(ranges(hub))) >= 16 and all(ranges(hub))
    assert run("rm", LARGE, **home).returncode == 0
    hub.requests.clear()
    pull(home, LARGE, "--jobs", "1")
    assert ranges(hub) == [None]


def test_parts_make_use_of_connections_that_are_slow_each(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.pace = 16 << 20
    pull(home, LARGE, "--jobs", "1")
    assert hub.most_busy == 1
    run("rm", LARGE, **home)
    pull(home, LARGE, "--jobs", "4")
    assert hub.most_busy >= 2


@pytest.mark.parametrize("fault", ["whole", "corrupt"])
def test_parts_that_are_not_given_or_wrong_are_fetched_again(hub, home, large, fault):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    # At the storage: the hub's own redirects meet no fault.
    number = hub.repositories[LARGE].branches["main"]
    hub.faults[f"{LARGE}/{number}/Large-Q8_0.gguf"] = [None] * 2 + [fault]
    result = pull(home, LARGE)
    assert large_blob(home, hub).read_bytes() == large
    assert ("does not have its digest" in result.stderr) == (fault == "corrupt")


def test_a_killed_pull_goes_on_in_each_part(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.pace = 8 << 20
    process = subprocess.Popen(
        [EXECUTABLE, "pull", LARGE], env=environment(**home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = large_blob(home, hub).with_suffix(".incomplete")
    assert eventually(lambda: partial.exists() and partial.stat().st_blocks * 512 > 4 << 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.pace = None
    hub.requests.clear()
    result = pull(home, LARGE)
    assert "of them here" in result.stderr
    assert large_blob(home, hub).read_bytes() == large
    fetched = sum(int(last) - int(first) + 1 for first, last in (span.removeprefix("bytes=").split("-") for span in ranges(hub)))
    assert fetched < len(large) - (3 << 20)
    # What parts have begun, one connection can go on with.
    assert not partial.exists()
