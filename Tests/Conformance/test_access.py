"""Who may use a server: keys, their scopes and limits, and web pages of other origins."""

import hashlib
import json
import re
import signal
import threading

import openai
import pytest
from ponder_process import Ponder, eventually, run
from wire import Connection, request

MODEL_NAME = "dense-tied/hf"
CHAT = "/v1/chat/completions"
HELLO = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    digest = hashlib.sha256(b"hashed").hexdigest()
    file = tmp_path_factory.mktemp("access") / "keys"
    file.write_text(f"sha256:{digest} infer alice\nwatcher metrics\nlimited infer requests=30 bob\n")
    return file


@pytest.fixture(scope="module")
def guarded(serve, keys):
    return serve(MODEL_NAME, "--api-key", "everything", "--api-key-file", keys, "--allow-origin", "https://chat.example")


def test_every_route_asks_for_a_key(guarded):
    paths = request(guarded.port, "GET", "/openapi.json", headers=bearer("everything")).json()["paths"]
    asked = 0
    for path, operations in paths.items():
        for method in operations.keys() & {"get", "post", "put", "delete", "patch"}:
            target = re.sub(r"\{[^}]+\}", "x", path)
            reply = request(guarded.port, method.upper(), target, body={} if method == "post" else None)
            is_open = method == "get" and path in {"/health", "/v1/health", "/", "/index.html"}
            expected = 200 if is_open else 401
            assert reply.status == expected, f"{method} {path}"
            asked += 1
    assert asked > 40


@pytest.mark.parametrize("target", ["//", "/nothing", "/page.css", "/health/", "//health", "/v1/../health", "/healthz", "/docs"])
def test_what_is_no_route_asks_for_one_too(guarded, target):
    assert request(guarded.port, "GET", target).status == 401
    assert request(guarded.port, "OPTIONS", target).status == 401


def test_scopes(guarded):
    def status(key, path):
        return request(guarded.port, "GET", path, headers=bearer(key)).status

    assert status("hashed", "/v1/models") == 200
    assert status("hashed", "/slots") == 403
    assert status("watcher", "/slots") == 200
    assert status("watcher", "/v1/models") == 403
    assert status("everything", "/slots") == status("everything", "/v1/models") == 200
    digest = hashlib.sha256(b"hashed").hexdigest()
    assert status(digest, "/v1/models") == status(f"sha256:{digest}", "/v1/models") == 401


def test_the_official_client_waits_as_it_is_told(guarded):
    def client(retries):
        return openai.OpenAI(base_url=f"{guarded.url}/v1", api_key="limited", max_retries=retries, timeout=60)

    body = {"model": guarded.name} | HELLO
    reply = client(0).chat.completions.with_raw_response.create(**body)
    assert reply.headers["x-ratelimit-limit-requests"] == "30"
    assert reply.headers["x-ratelimit-remaining-requests"] == "29"
    while request(guarded.port, "POST", "/tokenize", {"content": "Hi"}, bearer("limited")).status == 200:
        pass
    with pytest.raises(openai.RateLimitError) as refusal:
        client(0).chat.completions.create(**body)
    assert refusal.value.code == "rate_limit_exceeded"
    assert refusal.value.type == "rate_limit_error"
    headers = refusal.value.response.headers
    assert 0 < int(headers["retry-after-ms"]) <= 2_000
    assert 0 < int(headers["retry-after"]) <= 2
    # It sleeps for as long as the refusal says, and is then let in.
    assert client(2).chat.completions.create(**body).choices


def test_pages_of_allowed_origins_ask_before_they_have_a_key(guarded):
    def preflight(origin):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return request(guarded.port, "OPTIONS", CHAT, headers=headers)

    allowed = preflight("https://chat.example")
    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == "https://chat.example"
    other = preflight("https://other.example")
    assert other.status == 401
    assert "access-control-allow-origin" not in other.headers


def test_pages_of_other_origins_may_not_even_call_a_server_without_keys(server):
    def post(origin, host):
        body = json.dumps({"model": server.name} | HELLO).encode()
        # What a page can send without asking: its browser calls it text.
        headers = f"Host: {host}\r\nOrigin: {origin}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
        with Connection(server.port) as connection:
            connection.socket.sendall(f"POST {CHAT} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body)
            status, fields = connection.read_head()
            assert "access-control-allow-origin" not in fields
            return status, json.loads(connection.read_body(fields))

    own = f"127.0.0.1:{server.port}"
    status, body = post("https://evil.example", own)
    assert (status, body["error"]["code"]) == (403, "origin_not_allowed")
    rebound = f"evil.example:{server.port}"
    assert post(f"http://{rebound}", rebound)[0] == 403
    assert post(f"http://{own}", own)[0] == 200


def test_a_key_with_many_replies_gives_way_to_one_with_none(serve, tmp_path):
    """More replies than run together: whoever came last would have to wait until the first of them ends."""
    file = tmp_path / "keys"
    file.write_text("many infer\none infer\n")
    server = serve(MODEL_NAME, "--api-key-file", file)
    many = openai.OpenAI(base_url=f"{server.url}/v1", api_key="many", timeout=120)
    one = openai.OpenAI(base_url=f"{server.url}/v1", api_key="one", timeout=120)
    begun, ended = threading.Event(), []

    def read():
        stream = many.completions.create(
            model=server.name, prompt="Eighty", n=80, max_tokens=1000, stream=True, extra_body={"ignore_eos": True}
        )
        for chunk in stream:
            begun.set()
            ended.extend(choice.index for choice in chunk.choices if choice.finish_reason)

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(60)
    reply = one.completions.create(model=server.name, prompt="Me", max_tokens=2, extra_body={"ignore_eos": True})
    # Sixty-four run together, so seventeen would have had to end before.
    assert len(ended) < 17
    assert reply.usage.completion_tokens == 2
    reader.join()
    assert sorted(ended) == list(range(80))


def test_keys_are_read_again_at_sighup(tmp_path):
    file = tmp_path / "keys"
    file.write_text("old\n")

    def status(key):
        return request(server.port, "GET", "/v1/models", headers=bearer(key)).status

    with Ponder("--api-key-file", file) as server:
        assert (status("old"), status("new")) == (200, 401)
        file.write_text("new\n")
        server.signal(signal.SIGHUP)
        assert eventually(lambda: status("new") == 200)
        assert status("old") == 401
        file.write_text("new colour=red\n")
        server.signal(signal.SIGHUP)
        assert eventually(lambda: "'colour=red'" in server.log_text())
        assert status("new") == 200


def test_an_address_that_guesses_has_to_wait(tmp_path):
    file = tmp_path / "keys"
    file.write_text("right\nother\n")

    def status(key, client):
        headers = bearer(key) | {"X-Forwarded-For": client}
        return request(server.port, "GET", "/v1/models", headers=headers).status

    with Ponder("--api-key-file", file, "--wrong-keys-per-minute", 3, "--trusted-proxy", "127.0.0.1") as server:
        assert status("right", "192.0.2.1") == 200
        answers = [status("wrong", "192.0.2.1") for _ in range(6)]
        assert answers[:3] == [401] * 3 and 429 in answers
        with Connection(server.port) as connection:
            connection.send("GET", "/v1/models", headers=bearer("wrong") | {"X-Forwarded-For": "192.0.2.1"})
            code, fields = connection.read_head()
            body = json.loads(connection.read_body(fields))
        # The twenty seconds between two guesses may pass on a machine that is busy.
        if code == 429:
            assert 1 <= int(fields["retry-after"]) <= 20
            assert body["error"]["code"] == "rate_limit_exceeded"
        assert status("right", "192.0.2.1") == 200
        assert status("other", "192.0.2.2") == 200
        assert request(server.port, "GET", "/health", headers={"X-Forwarded-For": "192.0.2.1"}).status == 200
        assert eventually(lambda: "peer=192.0.2.1" in server.log_text())


def test_who_is_not_trusted_cannot_speak_for_others(tmp_path):
    with Ponder("--api-key", "right", "--wrong-keys-per-minute", 2) as server:
        def status(key, number):
            headers = bearer(key) | {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
            return request(server.port, "GET", "/v1/models", headers=headers).status

        answers = [status("wrong", number) for number in range(8)]
        assert answers[:2] == [401] * 2 and 429 in answers
        assert "192.0.2." not in server.log_text()


def test_a_file_that_is_none_of_keys_is_one_clear_line(tmp_path):
    file = tmp_path / "keys"
    file.write_text("secret tokens=none\n")
    result = run("serve", "--api-key-file", file)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"Error: {file}, line 1: 'tokens=none' needs a whole number from 1 to 1000000000"
    ]
    assert "secret" not in result.stderr
