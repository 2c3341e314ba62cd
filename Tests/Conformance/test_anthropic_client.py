"""Anthropic's official client for Python works unchanged, and what it streams is what it gets whole."""

import anthropic
import pytest
from ponder_process import Ponder, FIXTURES
from references import GREETING

GREEDY = {"messages": GREETING, "max_tokens": 24, "extra_body": {"temperature": 0}}
TOOL = {
    "name": "get_time",
    "description": "The time of a place",
    "input_schema": {"type": "object", "properties": {"tz": {"type": "string"}}, "required": ["tz"]},
}
STORY = [
    {"role": "user", "content": "What time is it in Oslo?"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "I need the tool.", "signature": "abc"},
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {"tz": "Europe/Oslo"}},
        ],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "09:30"}]}],
    },
]


def connect(server, **options):
    options = {"api_key": "unused", "max_retries": 0, "timeout": 120} | options
    return anthropic.Anthropic(base_url=server.url, **options)


@pytest.fixture(scope="module")
def anthropic_client(server):
    return connect(server)


@pytest.fixture(scope="module")
def builtin(serve):
    """The model inside the executable, which thinks and calls tools."""
    return serve(None)


def test_a_whole_message_has_the_documented_shape(server, anthropic_client):
    message = anthropic_client.messages.create(model=server.name, **GREEDY)
    assert message.id.startswith("msg_")
    assert message.role == "assistant"
    assert message.model == server.name
    assert message.stop_reason in ("end_turn", "max_tokens")
    assert [block.type for block in message.content] == ["text"]
    assert message.usage.output_tokens <= 24
    assert message.usage.input_tokens + message.usage.cache_read_input_tokens > 0


def test_the_client_learns_the_id_of_its_request(server, anthropic_client):
    assert anthropic_client.messages.create(model=server.name, **GREEDY)._request_id.startswith("req_")
    assert anthropic_client.messages.count_tokens(model=server.name, messages=GREETING)._request_id.startswith("req_")
    with pytest.raises(anthropic.NotFoundError) as refusal:
        anthropic_client.messages.create(model="none", **GREEDY)
    assert refusal.value.request_id.startswith("req_")
    assert refusal.value.body["request_id"] == refusal.value.request_id


def test_a_maximum_of_0_warms_the_cache(server, anthropic_client):
    story = [{"role": "user", "content": "Tell me of the sea. " * 20}]
    for _ in range(2):
        message = anthropic_client.messages.create(model=server.name, messages=story, max_tokens=0)
        assert (message.content, message.stop_reason, message.usage.output_tokens) == ([], "max_tokens", 0)
    assert message.usage.cache_read_input_tokens > message.usage.input_tokens


def test_a_streamed_message_is_the_whole_one(server, anthropic_client):
    whole = anthropic_client.messages.create(model=server.name, **GREEDY)
    with anthropic_client.messages.stream(model=server.name, **GREEDY) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text
    assert final.content[0].text == whole.content[0].text
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_thinking_comes_as_a_block_with_a_signature(builtin):
    client = connect(builtin)
    request = {
        "model": builtin.name,
        "max_tokens": 200,
        "extra_body": {"temperature": 0},
        "thinking": {"type": "enabled", "budget_tokens": 100},
        "messages": [{"role": "user", "content": "Hello!"}],
    }
    whole = client.messages.create(**request)
    assert [block.type for block in whole.content][:2] == ["thinking", "text"]
    assert whole.content[0].signature
    with client.messages.stream(**request) as stream:
        kinds = [event.delta.type for event in stream if event.type == "content_block_delta"]
        final = stream.get_final_message()
    assert kinds.index("signature_delta") > kinds.index("thinking_delta")
    assert kinds.index("text_delta") > kinds.index("signature_delta")
    assert [block.model_dump() for block in final.content] == [block.model_dump() for block in whole.content]
    without = client.messages.create(**request | {"thinking": {"type": "disabled"}})
    assert [block.type for block in without.content] == ["text"]


def test_tools_are_called_and_their_results_are_read(builtin):
    client = connect(builtin)
    request = {"model": builtin.name, "max_tokens": 200, "extra_body": {"temperature": 0}, "tools": [TOOL]}
    question = {"role": "user", "content": "What time is it in Oslo?"}
    whole = client.messages.create(messages=[question], **request)
    with client.messages.stream(messages=[question], **request) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == [block.type for block in whole.content]
    for block, streamed in zip(whole.content, final.content, strict=True):
        if block.type == "tool_use":
            assert (streamed.name, streamed.input) == (block.name, block.input)
    assert client.messages.create(messages=STORY, **request).content


def test_tokens_are_counted_as_they_are_billed(server, anthropic_client):
    count = anthropic_client.messages.count_tokens(model=server.name, messages=GREETING)
    message = anthropic_client.messages.create(model=server.name, **GREEDY)
    usage = message.usage
    assert count.input_tokens == usage.input_tokens + usage.cache_read_input_tokens
    with_tool = anthropic_client.messages.count_tokens(model=server.name, messages=STORY, tools=[TOOL], system="Be kind")
    assert with_tool.input_tokens > count.input_tokens


def test_a_stop_sequence_is_named(server, anthropic_client):
    whole = anthropic_client.messages.create(model=server.name, **GREEDY).content[0].text
    stop = next(whole[index:index + 2] for index in range(1, len(whole)) if whole[index:index + 2].isprintable())
    message = anthropic_client.messages.create(model=server.name, stop_sequences=[stop], **GREEDY)
    assert message.stop_reason == "stop_sequence"
    assert message.stop_sequence == stop
    assert message.content[0].text == whole[: whole.index(stop)]


def test_errors_have_the_types_of_the_client(server, anthropic_client):
    with pytest.raises(anthropic.NotFoundError) as caught:
        anthropic_client.messages.create(model="no-such-model", **GREEDY)
    assert caught.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as caught:
        anthropic_client.messages.create(model=server.name, **GREEDY | {"extra_body": {"temperature": 9}})
    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert "temperature" in caught.value.body["error"]["message"]


def test_a_key_is_taken_as_anthropic_sends_it():
    with Ponder(FIXTURES / "models" / "dense-tied" / "hf", "--api-key", "secret") as server:
        assert connect(server, api_key="secret").messages.create(model=server.name, **GREEDY).content
        with pytest.raises(anthropic.AuthenticationError) as caught:
            connect(server, api_key="wrong").messages.create(model=server.name, **GREEDY)
        assert caught.value.body["type"] == "error"


def test_models_are_listed(server, anthropic_client):
    [model] = anthropic_client.models.list()
    assert (model.id, model.type) == (server.name, "model")
    assert anthropic_client.models.retrieve(server.name).created_at.year > 2020
