"""llama-server's native endpoints, replayed with its documented requests."""

import json

from wire import Connection

REQUEST = {"prompt": "Building a website can be done in 10 simple steps:", "n_predict": 24, "temperature": 0}


def ask(server, method, path, body=None):
    with Connection(server.port) as connection:
        connection.send(method, path, body)
        status, headers = connection.read_head()
        return status, headers, connection.read_body(headers)


def test_a_streamed_completion_is_the_whole_one(server):
    status, _, body = ask(server, "POST", "/completion", REQUEST)
    whole = json.loads(body)
    assert status == 200 and whole["stop"] is True
    assert whole["stop_type"] in ("limit", "eos")
    assert 0 < whole["tokens_predicted"] <= 24
    assert whole["prompt"] == REQUEST["prompt"]
    assert {"prompt_n", "prompt_ms", "predicted_n", "predicted_per_second"} <= set(whole["timings"])
    _, headers, body = ask(server, "POST", "/completion", REQUEST | {"stream": True})
    assert headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in body.decode().split("\n") if line.startswith("data: ")]
    assert "".join(event["content"] for event in events) == whole["content"]
    assert [event["stop"] for event in events] == [False] * (len(events) - 1) + [True]
    assert events[-1]["tokens_predicted"] == whole["tokens_predicted"]


def test_a_prompt_may_be_tokens(server):
    _, _, body = ask(server, "POST", "/tokenize", {"content": REQUEST["prompt"]})
    _, _, from_tokens = ask(server, "POST", "/completion", REQUEST | {"prompt": json.loads(body)["tokens"]})
    _, _, from_text = ask(server, "POST", "/completion", REQUEST)
    assert json.loads(from_tokens)["content"] == json.loads(from_text)["content"]


def test_properties_and_slots(server):
    _, _, body = ask(server, "GET", "/props")
    properties = json.loads(body)
    assert properties["default_generation_settings"]["n_ctx"] > 0
    assert properties["model_alias"] == server.name
    _, _, body = ask(server, "GET", "/slots")
    assert any(not slot["is_processing"] for slot in json.loads(body))
