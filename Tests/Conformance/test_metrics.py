"""`GET /metrics` as Prometheus reads it: with the parsers of its own client."""

import re

import pytest
from ponder_process import FIXTURES, REPOSITORY, Ponder, eventually
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from references import GREETING
from wire import Connection, request

MODEL = FIXTURES / "models" / "dense-tied" / "hf"
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def server():
    with Ponder(MODEL) as server:
        yield server


def samples(server, **headers):
    reply = request(server.port, "GET", "/metrics", headers=headers)
    assert reply.status == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(reply.body.decode())
        for sample in family.samples
    }


def value(found, name, **labels):
    return found.get((name, tuple(sorted(labels.items()))), 0)


def chat(server, **fields):
    body = {"model": server.name, "messages": GREETING, "temperature": 0, "max_tokens": 12, "ignore_eos": True}
    return request(server.port, "POST", CHAT, body | fields)


def test_a_reply_is_counted_with_its_tokens_times_route_and_end(server):
    before = samples(server)
    usage = chat(server).json()["usage"]
    # The request itself is counted behind its last byte.
    requests = "ponder_http_requests_total", {"route": CHAT, "status": "200"}
    eventually(lambda: value(samples(server), requests[0], **requests[1]) > value(before, requests[0], **requests[1]))
    after = samples(server)
    label = {"model_name": server.name}

    def growth(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert growth("ponder_prompt_tokens_total", **label) == usage["prompt_tokens"]
    assert growth("ponder_generation_tokens_total", **label) == usage["completion_tokens"] == 12
    assert growth("ponder_requests_finished_total", finished_reason="length", **label) == 1
    assert growth("ponder_time_to_first_token_seconds_count", **label) == 1
    assert growth("ponder_inter_token_latency_seconds_count", **label) == 11
    assert growth("ponder_request_seconds_count", **label) == 1
    assert growth("ponder_steps_total", **label) >= 1
    assert growth("ponder_http_requests_total", route=CHAT, status="200") == 1
    assert value(after, "ponder_requests_running", **label) == 0
    assert value(after, "process_resident_memory_bytes") > 1 << 20


def test_refusals_and_disconnects_are_counted(server):
    before = samples(server)
    assert chat(server, temperature=9).status == 400
    assert request(server.port, "GET", "/nowhere").status == 404
    with Connection(server.port) as connection:
        body = {"model": server.name, "messages": GREETING, "max_tokens": 400, "ignore_eos": True, "stream": True}
        connection.send("POST", CHAT, body)
        connection.read_head()
        next(event for event in connection.events() if event.data)
    label = {"model_name": server.name}

    def growth(name, **labels):
        return value(samples(server), name, **labels) - value(before, name, **labels)

    assert eventually(lambda: growth("ponder_disconnect_cancels_total", **label) == 1)
    assert growth("ponder_rejected_total", reason="invalid_request_error") == 1
    assert growth("ponder_rejected_total", reason="unknown_url") == 1
    assert growth("ponder_http_requests_total", route="none", status="404") == 1


def test_every_kind_of_refusal_is_counted(tmp_path):
    file = tmp_path / "keys"
    file.write_text("all\nlimited infer requests=1\n")
    with Ponder(MODEL, "--api-key-file", file, "--max-body-size", "128KiB") as server:
        check_that_refusals_are_counted(server)


def check_that_refusals_are_counted(server):
    def status(key, body, **headers):
        return request(server.port, "POST", CHAT, body, {"Authorization": f"Bearer {key}"} | headers).status

    def rejected():
        text = request(server.port, "GET", "/metrics", headers={"Authorization": "Bearer all"}).body.decode()
        return dict(re.findall(r'^ponder_rejected_total\{reason="(\w+)"\} (\d+)', text, re.MULTILINE))

    body = {"model": server.name, "messages": GREETING, "max_tokens": 1}
    assert status("none", body) == 401
    assert request(server.port, "GET", "/slots", headers={"Authorization": "Bearer limited"}).status == 403
    assert status("limited", body) == 200 and status("limited", body) == 429
    assert status("all", b"{" + b" " * (200 << 10)) == 413
    assert status("all", body, **{"Content-Encoding": "br"}) == 415
    with Connection(server.port) as connection:
        connection.socket.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        assert connection.read_head()[0] == 400
    reasons = (
        "invalid_api_key", "insufficient_permissions", "rate_limit_exceeded", "request_too_large",
        "unsupported_media_type", "bad_request",
    )
    assert eventually(lambda: rejected() == {reason: "1" for reason in reasons}), rejected()


def test_openmetrics_is_there_where_it_is_asked_for(server):
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    reply = request(server.port, "GET", "/metrics", headers={"accept": accept})
    assert reply.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in parse_openmetrics(reply.body.decode())}
    assert {"ponder_generation_tokens", "ponder_inter_token_latency_seconds", "process_open_fds"} <= names
    plain = request(server.port, "GET", "/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_every_metric_has_its_row_in_the_document(server):
    document = (REPOSITORY / "docs" / "metrics.md").read_text()
    rows = set(re.findall(r"^\| `([a-z_:0-9]+)` \|", document, re.MULTILINE))
    text = request(server.port, "GET", "/metrics").body.decode()
    assert set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)) <= rows


@pytest.mark.parametrize(
    "peer, alias, own",
    [
        ("vllm", "vllm:generation_tokens_total", "ponder_generation_tokens_total"),
        ("llamacpp", "llamacpp:tokens_predicted_total", "ponder_generation_tokens_total"),
        ("sglang", "sglang:e2e_request_latency_seconds_count", "ponder_request_seconds_count"),
    ],
)
def test_names_of_peers_mean_what_ours_do(peer, alias, own):
    with Ponder(MODEL, "--metrics-compat", peer) as server:
        assert chat(server).status == 200
        found = samples(server)
        label = {"model_name": server.name}
        assert value(found, alias, **label) == value(found, own, **label) > 0
        headers = {"accept": "application/openmetrics-text"}
        assert list(parse_openmetrics(request(server.port, "GET", "/metrics", headers=headers).body.decode()))
