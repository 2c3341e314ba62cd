"""Behind nginx, Caddy and Envoy, set up as config/ has it: events come as they are made, and sessions stay with their server,
where their prefix is."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from deployment import CONFIG, seconds
from ponder_process import Ponder, eventually
from wire import Connection, request

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
CADDY = Path(sys.executable).with_name("caddy")
ENVOY = Path(sys.executable).with_name("envoy")
# Those of docs/deployment.md; Caddy looks at the first.
HEADERS = [
    "X-Session-Affinity", "X-Session-Id", "X-Claude-Code-Session-Id", "Session-Id", "session_id", "X-Opencode-Session",
]
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


def envoy(folder, port, servers):
    """The gateway's proxy, set up as Envoy Gateway does by the policies of config/kubernetes."""
    if not ENVOY.exists():
        pytest.skip("requirements-deployment.txt is not installed")
    documents = yaml.safe_load_all((CONFIG / "kubernetes" / "components" / "gateway" / "policies.yaml").read_text())
    policies = {item["kind"]: item["spec"] for item in documents}
    backend, client = policies["BackendTrafficPolicy"], policies["ClientTrafficPolicy"]
    assert backend["loadBalancer"]["consistentHash"]["type"] == "Headers"
    hashed = [{"header": {"header_name": item["name"]}} for item in backend["loadBalancer"]["consistentHash"]["headers"]]
    route = {"cluster": "ponder", "hash_policy": hashed, "timeout": backend["timeout"]["http"]["requestTimeout"]}
    kind = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ponder",
        "common_http_protocol_options": {"headers_with_underscores_action": client["headers"]["withUnderscoresAction"].upper()},
        "stream_idle_timeout": f"{seconds(client['timeout']['http']['streamIdleTimeout'])}s",
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{kind}.http.router.v3.Router"}}],
        "route_config": {"virtual_hosts": [
            {"name": "ponder", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": route}]}]},
    }
    places = [{"endpoint": {"address": address(server.port)}} for server in servers]
    cluster = {
        "name": "ponder", "type": "STATIC", "lb_policy": "MAGLEV",
        "load_assignment": {"cluster_name": "ponder", "endpoints": [{"lb_endpoints": places}]},
    }
    listener = {"name": "ponder", "address": address(port),
                "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}]}
    resources = {"static_resources": {"listeners": [listener], "clusters": [cluster]}}
    (folder / "envoy.json").write_text(json.dumps(resources))
    return [ENVOY, "--config-path", folder / "envoy.json", "--concurrency", "1", "--disable-hot-restart"]


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@pytest.fixture(params=[nginx, caddy, envoy])
def proxy(request, tmp_path, endless_model):
    """The port of what stands before two servers, these, and the headers that tell sessions apart."""
    with Ponder(endless_model) as first, Ponder(endless_model) as second:
        port = free_port()
        command = request.param(tmp_path, port, [first, second])
        environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert eventually(lambda: answers(port)), "the proxy does not answer"
            yield port, [first, second], HEADERS[:1] if request.param is caddy else HEADERS
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def answers(port):
    try:
        return request(port, "GET", "/health").status == 200
    except OSError:
        return False


def chat(port, header, session, messages):
    body = {"messages": messages, "ignore_eos": True, "max_tokens": 4}
    reply = request(port, "POST", CHAT, body, {header: session})
    assert reply.status == 200
    return reply.json()


def counts(servers):
    """Replies that each server has ended."""
    texts = [request(server.port, "GET", "/metrics").body.decode() for server in servers]
    return [sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                if line.startswith("ponder_requests_finished_total{")) for text in texts]


def test_events_come_while_the_reply_is_being_made(proxy):
    port, servers, _ = proxy
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
    port, servers, headers = proxy
    for header in headers:
        served = set()
        for number in range(100):
            before = counts(servers)
            for _ in range(3):
                chat(port, header, f"session-{number}", [{"role": "user", "content": "Say hello."}])
            growth = [after - begin for after, begin in zip(counts(servers), before)]
            assert sorted(growth) == [0, 3], header
            served.add(growth.index(3))
            if number >= 5 and len(served) == 2:
                break
        assert len(served) == 2, f"all sessions by {header} went to one server"


def test_a_conversation_finds_its_prefix(proxy):
    port, _, [header, *_] = proxy
    conversations = []
    for number in range(8):
        messages = [{"role": "user", "content": f"Conversation {number}: " + "and then tell me more of it, " * 20}]
        reply = chat(port, header, f"session-{number}", messages)
        conversations.append([*messages, reply["choices"][0]["message"], {"role": "user", "content": "Go on."}])
    for number, messages in enumerate(conversations):
        usage = chat(port, header, f"session-{number}", messages)["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] > usage["prompt_tokens"] // 2


def test_a_refusal_by_ponder_is_passed_on(proxy):
    port, *_ = proxy
    reply = request(port, "POST", CHAT, {"messages": "none"})
    assert reply.status == 400 and reply.json()["error"]["param"] == "messages"
