"""The Responses API through the official client for Python."""

import openai
import pytest

GREEDY = {"temperature": 0, "max_output_tokens": 120}
TOOL = {
    "type": "function",
    "name": "get_time",
    "description": "The time of a place",
    "parameters": {"type": "object", "properties": {"tz": {"type": "string"}}, "required": ["tz"]},
    "strict": False,
}


@pytest.fixture(scope="module")
def builtin(serve):
    return serve(None)


@pytest.fixture(scope="module")
def responses(builtin):
    client = openai.OpenAI(base_url=f"{builtin.url}/v1", api_key="unused", max_retries=0, timeout=120)
    return client.responses


def shape(response):
    """The output without ids, which are random."""
    def text(item):
        return item.arguments if item.type == "function_call" else item.content[0].text

    return [(item.type, text(item)) for item in response.output]


def test_a_streamed_response_is_the_whole_one(builtin, responses):
    whole = responses.create(model=builtin.name, input="Hello!", **GREEDY)
    assert whole.id.startswith("resp_")
    assert whole.status in ("completed", "incomplete")
    assert [item.type for item in whole.output][0] == "reasoning"
    assert whole.usage.output_tokens_details.reasoning_tokens > 0
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    with responses.stream(model=builtin.name, input="Hello!", **GREEDY) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")] == sorted(
        event.sequence_number for event in events if hasattr(event, "sequence_number"))
    assert events[0].type == "response.created"
    assert events[-1].type == f"response.{whole.status}"
    assert shape(final) == shape(whole)
    assert final.output_text == whole.output_text
    streamed = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert streamed == whole.output_text


def test_effort_switches_and_bounds_thinking(builtin, responses):
    without = responses.create(model=builtin.name, input="Hello!", reasoning={"effort": "none"}, **GREEDY)
    assert [item.type for item in without.output] == ["message"]
    assert without.usage.output_tokens_details.reasoning_tokens == 0


def test_a_response_is_continued_shown_and_deleted(builtin, responses):
    first = responses.create(model=builtin.name, input="Hello!", instructions="Be brief.", **GREEDY)
    assert responses.retrieve(first.id).output_text == first.output_text
    second = responses.create(model=builtin.name, input="And you?", previous_response_id=first.id, **GREEDY)
    by_hand = responses.create(
        model=builtin.name,
        store=False,
        input=[{"role": "user", "content": "Hello!"}, *[item.model_dump(exclude_none=True) for item in first.output],
               {"role": "user", "content": "And you?"}],
        **GREEDY,
    )
    assert shape(second) == shape(by_hand)
    responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        responses.retrieve(first.id)
    with pytest.raises(openai.NotFoundError):
        responses.retrieve(by_hand.id)
    with pytest.raises(openai.BadRequestError) as caught:
        responses.create(model=builtin.name, input="And you?", previous_response_id=first.id, **GREEDY)
    assert caught.value.code == "previous_response_not_found"


def test_tools_in_the_flat_form(builtin, responses):
    request = {"model": builtin.name, "tools": [TOOL], **GREEDY}
    question = {"role": "user", "content": "What time is it in Oslo?"}
    whole = responses.create(input=[question], **request)
    with responses.stream(input=[question], **request) as stream:
        list(stream)
        assert shape(stream.get_final_response()) == shape(whole)
    call = {"type": "function_call", "call_id": "call_1", "name": "get_time", "arguments": '{"tz": "Europe/Oslo"}'}
    result = {"type": "function_call_output", "call_id": "call_1", "output": "09:30"}
    assert responses.create(input=[question, call, result], **request).output


def test_reasoning_comes_back_without_being_stored(builtin, responses):
    first = responses.create(
        model=builtin.name, input="Hello!", store=False, include=["reasoning.encrypted_content"], **GREEDY)
    [reasoning] = [item for item in first.output if item.type == "reasoning"]
    item = {"type": "reasoning", "id": reasoning.id, "summary": [], "encrypted_content": reasoning.encrypted_content}
    call = {"type": "function_call", "call_id": "call_1", "name": "get_time", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "call_1", "output": "09:30"}
    history = [{"role": "user", "content": "Hello!"}, item, call, result]
    plain = [history[0], {"type": "reasoning", "id": "rs_1", "summary": [],
                          "content": [{"type": "reasoning_text", "text": reasoning.content[0].text}]}, call, result]
    count = responses.input_tokens.count
    assert (count(model=builtin.name, input=history).input_tokens
            == count(model=builtin.name, input=plain).input_tokens
            > count(model=builtin.name, input=[history[0], call, result]).input_tokens)
