"""Replies that their clients act on while they come: called off by name, or read on after the connection broke."""

import json
import threading
import zlib

import openai
import pytest
from references import GREETING
from wire import Connection, request


@pytest.fixture(scope="module")
def endless(serve, endless_model):
    """A server whose replies do not end before somebody has acted on them."""
    return serve(endless_model)


def lines(connection):
    """The lines of a streamed reply as they come."""
    rest = b""
    for chunk in connection.chunks():
        *found, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in found)


def test_a_stream_is_called_off_by_its_id(endless):
    client = openai.OpenAI(base_url=f"{endless.url}/v1", api_key="EMPTY")
    stream = client.chat.completions.create(
        model=endless.name, messages=GREETING, stream=True, extra_body={"enable_thinking": False},
    )
    ends = []
    for chunk in stream:
        if chunk.choices[0].delta.content and not ends:
            reply = request(endless.port, "POST", "/abort_request", {"rid": chunk.id})
            assert reply.json() == {"aborted": 1}
            ends.append(None)
        if chunk.choices[0].finish_reason:
            ends.append(chunk.choices[0])
    assert ends[1].finish_reason == "length"
    assert ends[1].finish_details == {"limit": "client"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"messages": GREETING, "max_tokens": 150_000}),
        ("/api/generate", {"prompt": "Count.", "raw": True, "stream": False, "options": {"num_predict": 150_000}}),
        ("/completion", {"prompt": "Count.", "n_predict": 150_000}),
        ("/v1/completions", {"prompt": "Count.", "max_tokens": 150_000}),
    ],
)
def test_a_whole_reply_of_any_dialect_is_called_off_by_its_requests_id(endless, path, body):
    replies = []
    name = f"mine-{path.strip('/').replace('/', '-')}"

    def ask():
        replies.append(request(endless.port, "POST", path, {"model": endless.name} | body, {"X-Request-Id": name}))

    asking = threading.Thread(target=ask)
    asking.start()
    aborted = 0
    while asking.is_alive() and not aborted:
        aborted = request(endless.port, "POST", "/abort_requests", {"request_ids": [name]}).json()["aborted"]
    asking.join(timeout=60)
    assert replies[0].status == 200
    assert replies[0].headers["x-request-id"] == name


def test_a_broken_stream_is_read_on(server):
    body = {"model": server.name, "messages": GREETING, "stream": True, "seed": 1, "max_tokens": 200}
    body |= {"ignore_eos": True, "enable_thinking": False}
    with Connection(server.port) as connection:
        connection.send("POST", "/v1/chat/completions", body, {"X-Resumable": "1"})
        status, _ = connection.read_head()
        assert status == 200
        data, last = [], None
        for line in lines(connection):
            if line.startswith("id: "):
                last = line.removeprefix("id: ")
            if line.startswith("data: "):
                data.append(line)
            if len(data) == 5 and line == "":
                break
    name = last.split(":")[0]
    with Connection(server.port) as connection:
        connection.send("GET", f"/v1/stream/{name}", headers={"Last-Event-ID": last})
        assert connection.read_head()[0] == 200
        data += [line for line in lines(connection) if line.startswith("data: ")]
    assert data[-1] == "data: [DONE]"
    read = [json.loads(line.removeprefix("data: ")) for line in data[:-1]]
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in read)
    whole = request(server.port, "POST", "/v1/chat/completions", body | {"stream": False}).json()
    assert text == whole["choices"][0]["message"]["content"]


@pytest.mark.parametrize("compress", [zlib.compress, lambda data: zlib.compress(data)[2:-4]])
def test_a_deflated_body_is_read(server, compress):
    body = json.dumps({"model": server.name, "messages": GREETING, "max_tokens": 4}).encode()
    reply = request(server.port, "POST", "/v1/chat/completions", compress(body), {"Content-Encoding": "deflate"})
    assert reply.status == 200
