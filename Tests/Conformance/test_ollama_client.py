"""Ollama's official client for Python works unchanged."""

import json

import ollama
import pytest

OPTIONS = {"temperature": 0, "num_predict": 120}
GREETING = [{"role": "user", "content": "Hello!"}]


def get_time(tz: str) -> str:
    """The time of a place.

    Args:
        tz: the time zone
    """
    return "09:30"


@pytest.fixture(scope="module")
def builtin(serve):
    return serve(None)


@pytest.fixture(scope="module")
def native(builtin):
    return ollama.Client(host=builtin.url, timeout=120)


def test_a_streamed_chat_is_the_whole_one(builtin, native):
    whole = native.chat(model=builtin.name, messages=GREETING, options=OPTIONS)
    assert whole.done and whole.done_reason in ("stop", "length")
    assert whole.message.thinking
    assert whole.eval_count <= 120
    assert whole.total_duration >= whole.eval_duration > 0
    chunks = list(native.chat(model=builtin.name, messages=GREETING, options=OPTIONS, stream=True))
    assert "".join(chunk.message.content or "" for chunk in chunks) == whole.message.content
    assert "".join(chunk.message.thinking or "" for chunk in chunks) == whole.message.thinking
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].eval_count == whole.eval_count


def test_thinking_is_switched_and_has_levels(builtin, native):
    off = native.chat(model=builtin.name, messages=GREETING, options=OPTIONS, think=False)
    assert not off.message.thinking and off.message.content
    for level in (True, "low", "medium", "high"):
        assert native.chat(model=builtin.name, messages=GREETING, options=OPTIONS, think=level).message.content


def test_tools_come_with_arguments_as_objects(builtin, native):
    question = {"role": "user", "content": "What time is it in Oslo?"}
    reply = native.chat(model=builtin.name, messages=[question], tools=[get_time], options=OPTIONS)
    chunks = native.chat(model=builtin.name, messages=[question], tools=[get_time], options=OPTIONS, stream=True)
    streamed = [call for chunk in chunks for call in chunk.message.tool_calls or []]
    assert streamed == list(reply.message.tool_calls or [])
    called = {"role": "assistant", "content": "", "tool_calls": [
        {"function": {"name": "get_time", "arguments": {"tz": "Europe/Oslo"}}}]}
    result = {"role": "tool", "content": "09:30", "tool_name": "get_time"}
    native.chat(model=builtin.name, messages=[question, called, result], tools=[get_time], options=OPTIONS)


def test_generate_streams_chat_and_raw_text(builtin, native):
    whole = native.generate(model=builtin.name, prompt="Hello!", options=OPTIONS, think=False)
    chunks = native.generate(model=builtin.name, prompt="Hello!", options=OPTIONS, think=False, stream=True)
    assert "".join(chunk.response for chunk in chunks) == whole.response
    raw = native.generate(model=builtin.name, prompt="Hello", raw=True, options=OPTIONS)
    assert raw.response
    assert native.generate(model=builtin.name, keep_alive=0).done_reason == "unload"


def test_log_probabilities_are_those_of_the_answer(builtin, native):
    def text(entries):
        return "".join(entry.token for entry in entries or [])

    fields = {"model": builtin.name, "options": OPTIONS, "logprobs": True, "top_logprobs": 3}
    whole = native.chat(messages=GREETING, **fields)
    assert whole.message.thinking and text(whole.logprobs).strip() == whole.message.content.strip()
    for entry in whole.logprobs:
        assert entry.logprob <= 0 and len(entry.top_logprobs) == 3
    chunks = list(native.chat(messages=GREETING, stream=True, **fields))
    assert [entry for chunk in chunks for entry in chunk.logprobs or []] == list(whole.logprobs)
    raw = native.generate(prompt="Hello", raw=True, **fields)
    assert text(raw.logprobs).startswith(raw.response.rstrip()) or text(raw.logprobs) == raw.response
    assert native.chat(messages=GREETING, model=builtin.name, options=OPTIONS).logprobs is None
    with pytest.raises(ollama.ResponseError, match="top_logprobs"):
        native.chat(messages=GREETING, **fields | {"top_logprobs": 21})


def test_models_are_listed_and_shown(builtin, native):
    assert [model.model for model in native.list().models] == [builtin.name]
    assert [model.model for model in native.ps().models] == [builtin.name]
    shown = native.show(f"{builtin.name}:latest")
    assert {"completion", "tools", "thinking"} <= set(shown.capabilities)
    assert shown.modelinfo["qwen3.context_length"] > 0
    assert shown.details.quantization_level == "Q8_0" and shown.details.parameter_size.endswith("M")


def test_errors_are_the_clients(builtin, native):
    with pytest.raises(ollama.ResponseError) as caught:
        native.chat(model="no-such-model", messages=GREETING)
    assert caught.value.status_code == 404
    assert "no-such-model" in caught.value.error
    with pytest.raises(ollama.ResponseError) as caught:
        list(native.chat(model=builtin.name, messages=GREETING, options={"top_p": 7}, stream=True))
    assert caught.value.status_code == 400


def test_a_format_is_a_schema_that_the_answer_keeps(builtin, native):
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    reply = native.chat(model=builtin.name, messages=GREETING, format=schema, options=OPTIONS | {"num_predict": 300})
    assert isinstance(json.loads(reply.message.content)["sum"], int)
    with pytest.raises(ollama.ResponseError):
        native.chat(model=builtin.name, messages=GREETING, format={"not": {}})
