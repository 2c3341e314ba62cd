"""The official client for Python works unchanged, and its types say what they should."""

import re

import openai
import pytest
from references import GREETING

GREEDY = {"messages": GREETING, "temperature": 0, "max_tokens": 24}


@pytest.fixture(scope="module")
def model(server):
    return server.name


@pytest.fixture(scope="module")
def whole(client, model):
    return client.chat.completions.create(model=model, **GREEDY)


def test_a_whole_reply_has_the_documented_shape(whole, model):
    assert whole.id.startswith("chatcmpl-")
    assert whole.object == "chat.completion"
    assert whole.model == model
    assert whole.created > 1_700_000_000
    [choice] = whole.choices
    assert choice.index == 0
    assert choice.message.role == "assistant"
    assert choice.finish_reason in ("stop", "length")
    assert choice.message.content
    assert choice.message.tool_calls is None
    usage = whole.usage
    assert 0 < usage.completion_tokens <= 24
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens_details.reasoning_tokens == 0
    assert usage.prompt_tokens_details.cached_tokens >= 0


def test_a_streamed_reply_is_the_whole_one_in_pieces(client, model, whole):
    chunks = list(
        client.chat.completions.create(model=model, stream=True, stream_options={"include_usage": True}, **GREEDY)
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert [delta.role for delta in deltas if delta.role] == ["assistant"]
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [reason for reason in reasons if reason] == [whole.choices[0].finish_reason]
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len({chunk.id for chunk in chunks}) == 1


def stop_within(reply):
    """The reply's text, and a stop string that it holds: whole characters, as bytes that are none have no spelling."""
    text = reply.choices[0].message.content
    return text, re.search(r"(?<=.)[ -~]{3}", text, re.DOTALL)[0]


def test_the_stream_helper_puts_the_reply_together(client, model, whole):
    text, stop = stop_within(whole)
    with client.chat.completions.stream(model=model, stop=[stop], **GREEDY) as stream:
        events = [event.type for event in stream]
        completion = stream.get_final_completion()
    assert "content.done" in events
    assert completion.choices[0].finish_reason == "stop"
    assert completion.choices[0].message.content == text[: text.index(stop)]


def test_a_stop_string_ends_a_whole_reply_too(client, model, whole):
    text, stop = stop_within(whole)
    reply = client.chat.completions.create(model=model, stop=stop, **GREEDY)
    assert reply.choices[0].message.content == text[: text.index(stop)]
    assert reply.choices[0].finish_reason == "stop"


def test_async_clients_share_a_server(server, model, whole):
    import asyncio

    async def ask_all():
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="unused", timeout=60) as client:
            return await asyncio.gather(*(client.chat.completions.create(model=model, **GREEDY) for _ in range(8)))

    texts = {reply.choices[0].message.content for reply in asyncio.run(ask_all())}
    assert texts == {whole.choices[0].message.content}


def test_the_same_seed_draws_the_same_reply(client, model):
    def draw(seed):
        reply = client.chat.completions.create(
            model=model, messages=GREETING, temperature=1.5, top_p=1, max_tokens=16, seed=seed
        )
        return reply.choices[0].message.content

    assert draw(7) == draw(7)
    assert len({draw(seed) for seed in range(4)}) > 1


def test_log_probabilities_cover_every_token(client, model):
    reply = client.chat.completions.create(model=model, logprobs=True, top_logprobs=3, **GREEDY)
    entries = reply.choices[0].logprobs.content
    assert len(entries) == reply.usage.completion_tokens
    for entry in entries:
        assert len(entry.top_logprobs) == 3
        assert entry.top_logprobs[0].logprob == pytest.approx(entry.logprob), "greedy takes the likeliest"
        assert all(alternative.logprob <= entry.logprob + 1e-6 for alternative in entry.top_logprobs)
    told = b"".join(bytes(entry.bytes) for entry in entries)
    assert told.decode("utf-8", "replace").startswith(reply.choices[0].message.content[:8])


def test_completions_take_all_four_kinds_of_prompt(client, model):
    ids = [[5, 6, 7], [8, 9, 10, 11]]
    settings = {"model": model, "max_tokens": 4, "temperature": 0}
    assert len(client.completions.create(prompt="Once", **settings).choices) == 1
    assert [choice.index for choice in client.completions.create(prompt=["Once", "Twice"], **settings).choices] == [0, 1]
    single = [client.completions.create(prompt=prompt, **settings).choices[0].text for prompt in ids]
    both = client.completions.create(prompt=ids, **settings)
    assert [choice.text for choice in both.choices] == single
    assert both.usage.prompt_tokens == 7


def test_completions_echo_their_prompt_with_log_probabilities(client, model):
    reply = client.completions.create(model=model, prompt="Once upon", max_tokens=3, temperature=0, echo=True, logprobs=2)
    [choice] = reply.choices
    assert choice.text.startswith("Once upon")
    told = choice.logprobs
    assert len(told.tokens) == reply.usage.total_tokens
    assert told.token_logprobs[0] is None
    assert all(value < 0 for value in told.token_logprobs[1:])
    assert told.text_offset[0] == 0
    assert told.text_offset == sorted(told.text_offset)


def test_streamed_completions_are_the_whole_text_in_pieces(client, model):
    settings = {"model": model, "prompt": "Once", "max_tokens": 12, "temperature": 0}
    pieces = [chunk.choices[0].text for chunk in client.completions.create(stream=True, **settings)]
    assert "".join(pieces) == client.completions.create(**settings).choices[0].text


def test_models_are_listed_and_found(client, model):
    [listed] = client.models.list().data
    assert listed.id == model
    assert client.models.retrieve(model).object == "model"
    assert listed.quantization and listed.parameter_count > 0
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("no-such-model")
    assert error.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": -1}, "temperature"),
        ({"top_p": 1.5}, "top_p"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "pirate", "content": "Arr"}]}, "messages[0].role"),
    ],
)
def test_a_bad_field_is_a_bad_request_that_names_it(client, model, fields, param):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(**({"model": model} | GREEDY | fields))
    assert error.value.param == param
    assert error.value.type == "invalid_request_error"
    assert error.value.request_id


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as error:
        client.chat.completions.create(model="no-such-model", **GREEDY)
    assert error.value.code == "model_not_found"


def test_a_prompt_beyond_the_context_is_refused_with_the_numbers(client, model):
    with pytest.raises(openai.BadRequestError) as error:
        client.completions.create(model=model, prompt=[[5] * 100_000], max_tokens=1)
    assert error.value.code == "context_length_exceeded"
    assert "100000" in error.value.message


def test_a_key_is_asked_for_where_one_is_set(serve):
    server = serve("dense-tied/hf", "--api-key", "first", "--api-key", "second")

    def ask(key):
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as client:
            return client.chat.completions.create(model=server.name, **GREEDY)

    assert ask("first").choices and ask("second").choices
    with pytest.raises(openai.AuthenticationError) as error:
        ask("third")
    assert error.value.code == "invalid_api_key"


def test_reasoning_arrives_apart_from_the_answer(serve):
    """The Thinking-2507 template opens the think block in the prompt, so that the reply begins inside it."""
    from ponder_process import FIXTURES

    server = serve("dense-tied/hf", "--chat-template-file", FIXTURES / "templates" / "qwen3-thinking-2507.jinja")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as client:
        whole = client.chat.completions.create(model=server.name, **GREEDY)
        chunks = list(client.chat.completions.create(model=server.name, stream=True, **GREEDY))
    message = whole.choices[0].message
    assert message.reasoning_content
    assert not message.content
    assert whole.usage.completion_tokens_details.reasoning_tokens == whole.usage.completion_tokens
    pieces = [getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in chunks]
    assert "".join(pieces) == message.reasoning_content
    assert not any(chunk.choices[0].delta.content for chunk in chunks)
