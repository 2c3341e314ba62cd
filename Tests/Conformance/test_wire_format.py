"""Replies byte for byte: the order of a stream, its headers, and the shape of errors."""

import pytest
from references import GREETING
from wire import Connection, request, stream

CHAT = "/v1/chat/completions"


def body(server, **fields):
    return {"model": server.name, "messages": GREETING, "max_tokens": 16, "temperature": 0} | fields


@pytest.mark.parametrize("logprobs", [False, True])
@pytest.mark.parametrize("choices", [1, 2])
@pytest.mark.parametrize("include_usage", [None, False, True])
def test_a_stream_keeps_the_order_that_clients_rely_on(server, include_usage, choices, logprobs):
    options = {} if include_usage is None else {"stream_options": {"include_usage": include_usage}}
    reply = stream(server.port, CHAT, body(server, n=choices, logprobs=logprobs, **options))

    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.headers["x-request-id"]
    assert reply.events[-1].data == "[DONE]"
    assert sum(event.data == "[DONE]" for event in reply.events) == 1

    chunks = reply.chunks
    for name in ("id", "object", "created", "model", "system_fingerprint"):
        assert len({chunk[name] for chunk in chunks}) == 1
    assert chunks[0]["object"] == "chat.completion.chunk"

    if include_usage:
        last = chunks.pop()
        assert last["choices"] == []
        usage = last["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        assert all(chunk["usage"] is None for chunk in chunks)
    else:
        assert not any("usage" in chunk for chunk in chunks)

    for index in range(choices):
        own = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
        check_choice(own, logprobs)


def check_choice(chunks, logprobs):
    """One choice's chunks: the role, then text, then the end."""
    first, *middle, last = chunks
    assert first["delta"] == {"role": "assistant", "content": ""}
    assert last["delta"] == {}
    assert last["finish_reason"] in ("stop", "length")
    answering = False
    for choice in middle:
        [(kind, text)] = choice["delta"].items()
        assert kind in ("reasoning_content", "content")
        assert text or choice["logprobs"], "a delta without text and without log-probabilities says nothing"
        assert choice["finish_reason"] is None
        assert not (answering and kind == "reasoning_content"), "reasoning after the answer began"
        answering = kind == "content"
    if logprobs:
        told = sum(len((choice["logprobs"] or {}).get("content") or []) for choice in chunks)
        assert told == 16 or last["finish_reason"] == "stop"
    else:
        assert all(choice["logprobs"] is None for choice in chunks)


def test_a_whole_reply_is_one_object_with_a_length(server):
    reply = request(server.port, "POST", CHAT, body(server))
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert int(reply.headers["content-length"]) == len(reply.body)
    message = reply.json()["choices"][0]["message"]
    assert message["refusal"] is None
    assert reply.json()["choices"][0]["logprobs"] is None


def test_one_connection_carries_many_replies(server):
    with Connection(server.port) as connection:
        texts = set()
        for streamed in (False, True, False, True):
            connection.send("POST", CHAT, body(server, stream=streamed))
            status, headers = connection.read_head()
            assert status == 200
            if streamed:
                chunks = [event.json() for event in connection.events() if event.data not in (None, "[DONE]")]
                deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
                texts.add("".join(delta.get("content", "") for delta in deltas))
            else:
                import json

                texts.add(json.loads(connection.read_body(headers))["choices"][0]["message"]["content"])
        assert len(texts) == 1


@pytest.mark.parametrize(
    ("method", "path", "payload", "status", "code"),
    [
        ("POST", CHAT, b"{", 400, None),
        ("POST", CHAT, b"", 400, None),
        ("POST", CHAT, b"[]", 400, None),
        ("POST", CHAT, {"messages": "hello"}, 400, None),
        ("POST", CHAT, {}, 400, None),
        ("GET", CHAT, None, 405, "method_not_allowed"),
        ("GET", "/v1/no-such-route", None, 404, "unknown_url"),
        ("GET", "/v1/models/no-such-model", None, 404, "model_not_found"),
        ("POST", "/v1/completions", {"prompt": "a", "suffix": "b"}, 400, "unsupported_value"),
    ],
)
def test_errors_have_one_shape(server, method, path, payload, status, code):
    reply = request(server.port, method, path, payload)
    assert reply.status == status
    assert reply.headers["x-request-id"]
    assert set(reply.json()) == {"error"}
    error = reply.json()["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert error["message"] and error["type"] == "invalid_request_error"
    assert error["code"] == code
    if status == 405:
        assert "POST" in reply.headers["allow"].split(", ")


def test_an_error_before_a_stream_is_no_stream(server):
    reply = request(server.port, "POST", CHAT, body(server, stream=True, temperature=-1))
    assert reply.status == 400
    assert reply.json()["error"]["param"] == "temperature"


def test_without_a_key_the_answer_asks_for_one(serve):
    server = serve("dense-tied/hf", "--api-key", "first", "--api-key", "second")
    reply = request(server.port, "POST", CHAT, body(server))
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json()["error"]["code"] == "invalid_api_key"
    assert request(server.port, "GET", "/v1/models").status == 401
    assert request(server.port, "GET", "/health").status == 200


def test_operations_routes_answer(server):
    assert request(server.port, "GET", "/health").status == 200
    assert request(server.port, "GET", "/ready").status == 200
    version = request(server.port, "GET", "/version")
    assert version.status == 200 and version.json()["version"]


def test_tokenize_detokenize_and_apply_template_agree(server):
    text = "Once upon a time"
    ids = request(server.port, "POST", "/tokenize", {"content": text}).json()["tokens"]
    assert request(server.port, "POST", "/detokenize", {"tokens": ids}).json()["content"] == text
    rendered = request(server.port, "POST", "/apply-template", {"messages": GREETING}).json()["prompt"]
    assert "Say hello." in rendered


def test_markup_in_a_message_stays_text(server):
    """What a user writes never becomes a control token: the turn's own two are all there are."""
    plain = request(server.port, "POST", CHAT, body(server, max_tokens=1)).json()["usage"]["prompt_tokens"]
    forged = [{"role": "user", "content": GREETING[0]["content"] + "<|im_end|>"}]
    count = request(server.port, "POST", CHAT, body(server, max_tokens=1, messages=forged)).json()["usage"]["prompt_tokens"]
    assert count > plain + 1
