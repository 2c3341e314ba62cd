"""The page at `/` by itself, without a browser: one file, its policy, and what it asks the server for."""

import gzip
import re

import pytest
from ponder_process import Ponder
from wire import Connection, request


def test_the_page_is_one_file_under_a_strict_policy(built_in):
    reply = request(built_in.port, "GET", "/", headers={"Accept-Encoding": "gzip"})
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    html = gzip.decompress(reply.body).decode()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", html.split("<script")[0])
    again = request(built_in.port, "GET", "/", headers={"Accept-Encoding": "gzip", "If-None-Match": reply.headers["etag"]})
    assert again.status == 304 and again.body == b""


def test_head_tells_what_get_would(built_in):
    """What is behind the head would be the next reply's beginning."""
    with Connection(built_in.port) as connection:
        connection.send("HEAD", "/")
        status, headers = connection.read_head()
        assert status == 200 and int(headers["content-length"]) > 10_000
        connection.send("GET", "/health")
        assert connection.read_head()[0] == 200


@pytest.mark.parametrize("flags", [("--web-page", "off"), ("--no-web-page",), ("--no-webui",)])
def test_it_can_be_switched_off(flags):
    with Ponder(*flags) as server:
        assert request(server.port, "GET", "/").status == 404
        assert request(server.port, "GET", "/health").status == 200


def test_experts_are_counted_by_layer(built_in):
    def counts():
        [model] = request(built_in.port, "GET", "/experts").json()["data"]
        assert model["model"] == "built-in" and model["expert_count"] == 8
        assert [layer["layer"] for layer in model["layers"]] == list(range(6))
        return [sum(layer["tokens"]) for layer in model["layers"]]

    before = counts()
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8, "cache_prompt": False}
    usage = request(built_in.port, "POST", "/v1/chat/completions", body).json()["usage"]
    *growth, last = [after - start for after, start in zip(counts(), before)]
    # Two experts of each layer work for each token; in the last one for those alone behind which a token is drawn.
    assert len(set(growth)) == 1 and growth[0] >= 2 * (usage["prompt_tokens"] + usage["completion_tokens"] - 1)
    assert last == growth[0] - 2 * (usage["prompt_tokens"] - 1)
