"""Behind nginx and Caddy, set up as config/ has it: events come as they are made, and sessions stay with their server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from deployment import CONFIG
from ponder_process import Ponder, eventually
from wire import Connection, request

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
CADDY = Path(sys.executable).with_name("caddy")
CHAT = "/v1/chat/completions"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def nginx(folder, port, servers):
    """The configuration without TLS, before the servers."""
    if not NGINX:
        pytest.skip("there is no nginx")
    text = (CONFIG / "nginx" / "ponder.conf").read_text()
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = "\n".join(line for line in text.splitlines() if "ssl_certificate" not in line)
    text = text.replace("server 127.0.0.1:8000;", "".join(f"server 127.0.0.1:{server.port};" for server in servers))
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    head = f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}} http {{ access_log off; {temporary}"
    (folder / "nginx.conf").write_text(f"{head}\n{text}\n}}\n")
    return [NGINX, "-e", folder / "errors", "-c", folder / "nginx.conf"]


def caddy(folder, port, servers):
    if not CADDY.exists():
        pytest.skip("requirements-deployment.txt is not installed")
    text = (CONFIG / "caddy" / "Caddyfile").read_text()
    places = " ".join(f"127.0.0.1:{server.port}" for server in servers)
    text = text.replace("llm.example.com", f"http://:{port}").replace("127.0.0.1:8000", places)
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{text}")
    return [CADDY, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]


@pytest.fixture(params=[nginx, caddy])
def proxy(request, tmp_path, endless_model):
    """Two servers, and the port of what stands before them."""
    with Ponder(endless_model) as first, Ponder(endless_model) as second:
        port = free_port()
        command = request.param(tmp_path, port, [first, second])
        environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert eventually(lambda: answers(port)), "the proxy does not answer"
            yield port, [first, second]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def answers(port):
    try:
        return request(port, "GET", "/health").status == 200
    except OSError:
        return False


def chat(port, session, **fields):
    body = {"messages": [{"role": "user", "content": "Say hello."}], "ignore_eos": True, "max_tokens": 4} | fields
    headers = {"x-session-affinity": session} if session else {}
    reply = request(port, "POST", CHAT, body, headers)
    assert reply.status == 200
    return reply


def counts(servers):
    """Replies that each server has ended."""
    texts = [request(server.port, "GET", "/metrics").body.decode() for server in servers]
    return [sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                if line.startswith("ponder_requests_finished_total{")) for text in texts]


def test_events_come_while_the_reply_is_being_made(proxy):
    port, servers = proxy
    body = {"messages": [{"role": "user", "content": "Hi"}], "ignore_eos": True, "max_tokens": 100_000, "stream": True}
    with Connection(port) as connection:
        connection.send("POST", CHAT, body)
        assert connection.read_head()[0] == 200
        events = connection.events()
        # The reply is far from its end when its first tokens are here.
        assert len([next(event for event in events if event.data) for _ in range(5)]) == 5
        assert counts(servers) == [0, 0]
    # The proxy passes on that the client has left.
    assert eventually(lambda: sum(counts(servers)) == 1)


def test_the_requests_of_a_session_meet(proxy):
    port, servers = proxy
    for number in range(100):
        before = counts(servers)
        for _ in range(3):
            chat(port, f"session-{number}")
        growth = sorted(after - begin for after, begin in zip(counts(servers), before))
        assert growth == [0, 3]
        if number >= 5 and all(counts(servers)):
            return
    raise AssertionError("all sessions went to one server")


def test_a_refusal_by_ponder_is_passed_on(proxy):
    port, _ = proxy
    reply = request(port, "POST", CHAT, {"messages": "none"})
    assert reply.status == 400 and reply.json()["error"]["param"] == "messages"
    # To this machine nginx shows them, Caddy to nobody.
    assert request(port, "GET", "/metrics").status in (200, 403)
