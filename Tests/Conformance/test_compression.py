"""gzip: streams that can be read event by event, and bodies that must not become huge."""

import gzip
import json
import zlib

import openai
import pytest
from wire import Connection, request

CHAT = "/v1/chat/completions"
BODY = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 40, "seed": 5, "ignore_eos": True}


@pytest.fixture(scope="module")
def compressing(serve):
    return serve("dense-tied/hf", "--compress-streams")


@pytest.mark.parametrize("path", [CHAT, "/api/chat"])
def test_each_chunk_of_a_stream_can_be_read_at_once(compressing, path):
    body = {"model": compressing.name, "stream": True} | BODY | {"options": {"num_predict": 40, "seed": 5}}
    with Connection(compressing.port) as connection:
        connection.send("POST", path, body, {"Accept-Encoding": "gzip"})
        status, headers = connection.read_head()
        assert (status, headers["content-encoding"]) == (200, "gzip")
        assert "accept-encoding" in headers["vary"]
        decoder = zlib.decompressobj(wbits=31)
        pieces = [decoder.decompress(chunk).decode() for chunk in connection.chunks()]
    assert decoder.eof
    assert len(pieces) > 3
    # Whatever left the server is whole events: nothing is held back for the next one.
    assert all(piece == "" or piece.endswith("\n") for piece in pieces)
    assert sum(map(len, pieces)) > 0


def test_the_official_client_reads_the_same_either_way(compressing, server):
    def read(url, name, **options):
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0, timeout=60, **options)
        reply = client.chat.completions.with_raw_response.create(
            model=name, messages=BODY["messages"], max_tokens=40, seed=5, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in reply.parse() if chunk.choices)
        return reply.headers.get("content-encoding"), text

    compressed = read(compressing.url, compressing.name)
    plain = read(server.url, server.name)
    assert (compressed[0], plain[0]) == ("gzip", None)
    assert compressed[1] == plain[1]
    assert read(compressing.url, compressing.name, default_headers={"Accept-Encoding": "identity"}) == plain


def test_a_body_that_expands_too_far_is_refused_early(server):
    bomb = gzip.compress(b" " * (1 << 27), compresslevel=9)
    assert len(bomb) < 200_000
    reply = request(server.port, "POST", CHAT, bomb, {"Content-Encoding": "gzip"})
    assert reply.status == 413
    assert reply.json()["error"]["code"] == "request_too_large"
    body = json.dumps({"model": server.name} | BODY).encode()
    for encoded in (gzip.compress(body), gzip.compress(body[:20]) + gzip.compress(body[20:])):
        assert request(server.port, "POST", CHAT, encoded, {"Content-Encoding": "gzip"}).status == 200
    for broken in (gzip.compress(body)[:-5], body, b""):
        assert request(server.port, "POST", CHAT, broken, {"Content-Encoding": "gzip"}).status == 400
