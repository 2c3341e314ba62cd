"""llama-server's native endpoints, replayed with its documented requests."""

import json

import pytest
from ponder_process import FIXTURES, Ponder, run
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


def test_several_prompts_are_continued_each(server):
    ids = json.loads(ask(server, "POST", "/tokenize", {"content": REQUEST["prompt"]})[2])["tokens"]
    prompts = [REQUEST["prompt"], ids, {"prompt_string": REQUEST["prompt"]}, ids[:2] + [" once"]]
    _, _, body = ask(server, "POST", "/completion", REQUEST | {"prompt": prompts})
    replies = json.loads(body)
    assert [reply["index"] for reply in replies] == [0, 1, 2, 3]
    assert [reply["prompt"] for reply in replies] == prompts
    assert replies[0]["content"] == replies[1]["content"] == replies[2]["content"]
    assert all(reply["generation_settings"]["temperature"] == 0 for reply in replies)
    assert all(reply["generation_settings"]["n_predict"] == 24 for reply in replies)
    _, _, body = ask(server, "POST", "/completion", REQUEST | {"prompt": prompts, "stream": True})
    events = [json.loads(line.removeprefix("data: ")) for line in body.decode().split("\n") if line.startswith("data: ")]
    for reply in replies:
        own = [event for event in events if event["index"] == reply["index"]]
        assert "".join(event["content"] for event in own) == reply["content"]
        assert [event["stop"] for event in own] == [False] * (len(own) - 1) + [True]


STREAM = {"messages": [{"role": "user", "content": "Hello"}], "stream": True, "max_tokens": 24, "temperature": 0}


def test_the_stream_of_a_conversation_is_read_on_from_any_byte(server):
    with Connection(server.port) as connection:
        connection.send("POST", "/v1/chat/completions", STREAM, {"X-Conversation-Id": "talk/1"})
        _, headers = connection.read_head()
        whole = connection.read_body(headers)
    assert whole.endswith(b"data: [DONE]\n\n")
    for start in (0, 7, len(whole) // 2, len(whole)):
        status, headers, rest = ask(server, "GET", f"/v1/stream?conv_id=talk%2F1&from={start}")
        assert status == 200 and headers["content-type"].startswith("text/event-stream")
        assert rest == whole[start:]
    _, _, body = ask(server, "POST", "/v1/streams/lookup", {"conversation_ids": ["talk/1", "other"]})
    (found,) = json.loads(body)
    assert (found["conversation_id"], found["is_done"], found["total_bytes"]) == ("talk/1", True, len(whole))
    assert ask(server, "GET", "/v1/stream?conv_id=other")[0] == 404
    assert ask(server, "GET", f"/v1/stream?conv_id=talk%2F1&from={len(whole) + 1}")[0] == 400
    assert ask(server, "DELETE", "/v1/stream?conv_id=talk%2F1")[0] == 204
    assert ask(server, "GET", "/v1/stream?conv_id=talk%2F1")[0] == 404


def test_properties_and_slots(server):
    _, _, body = ask(server, "GET", "/props")
    properties = json.loads(body)
    assert properties["default_generation_settings"]["n_ctx"] > 0
    assert properties["model_alias"] == server.name
    _, _, body = ask(server, "GET", "/slots")
    assert any(not slot["is_processing"] for slot in json.loads(body))


DENSE = FIXTURES / "models" / "dense-k" / "gguf" / "dense-k-Q4_K_M.gguf"
LONG = {"prompt": "Once upon a time there was a cook who counted. " * 12, "n_predict": 12, "temperature": 0}


def slot(server, action, **body):
    status, _, reply = ask(server, "POST", f"/slots/0?action={action}", body)
    return status, json.loads(reply)


@pytest.mark.parametrize("model", [None, DENSE])
def test_what_was_read_before_a_restart_is_restored_behind_it(model, tmp_path):
    arguments = [argument for argument in [model, "--slot-save-path", tmp_path] if argument]
    with Ponder(*arguments) as server:
        cold = json.loads(ask(server, "POST", "/completion", LONG)[2])
        status, saved = slot(server, "save", filename="cook.bin")
        assert status == 200 and saved["n_saved"] > 0
        assert (tmp_path / "cook.bin").stat().st_size == saved["n_written"]
        assert slot(server, "erase") == (200, {"id_slot": 0, "n_erased": saved["n_saved"]})
        assert json.loads(ask(server, "POST", "/completion", LONG)[2])["content"] == cold["content"]
    with Ponder(*arguments) as server:
        status, restored = slot(server, "restore", filename="cook.bin")
        assert status == 200
        assert (restored["n_restored"], restored["n_read"]) == (saved["n_saved"], saved["n_written"])
        warm = json.loads(ask(server, "POST", "/completion", LONG)[2])
        assert warm["content"] == cold["content"]
        assert warm["timings"]["prompt_n"] < cold["timings"]["prompt_n"] / 4


def test_a_snapshot_that_is_not_this_models_is_refused_and_the_server_goes_on(tmp_path):
    with Ponder("--slot-save-path", tmp_path) as server:
        expected = json.loads(ask(server, "POST", "/completion", LONG)[2])["content"]
        assert slot(server, "save", filename="a.bin")[0] == 200
        whole = (tmp_path / "a.bin").read_bytes()
        (tmp_path / "cut.bin").write_bytes(whole[: len(whole) // 2])
        (tmp_path / "changed.bin").write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        (tmp_path / "foreign.bin").write_bytes(b"GGUF")
        for name in ("cut.bin", "changed.bin", "foreign.bin", "../a.bin", str(tmp_path / "a.bin")):
            status, reply = slot(server, "restore", filename=name)
            assert status == 400 and reply["error"]["param"] == "filename", reply
        assert slot(server, "restore", filename="missing.bin")[0] == 404
        assert json.loads(ask(server, "POST", "/completion", LONG)[2])["content"] == expected
    with Ponder(DENSE, "--slot-save-path", tmp_path) as other:
        status, reply = slot(other, "restore", filename="a.bin")
        assert status == 400 and "another model" in reply["error"]["message"]
    result = run("serve", "--port", "0", "--slot-save-path", tmp_path / "missing")
    assert result.returncode == 1 and "existing folder" in result.stderr
