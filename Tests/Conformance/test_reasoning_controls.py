"""Reasoning and choices, as OpenAI's official client asks for them and sees them, with the built-in model."""

import openai
import pytest

QUESTION = [{"role": "user", "content": "How many r's in strawberries?"}]


@pytest.fixture(scope="module")
def thinker(serve):
    return openai.OpenAI(base_url=f"{serve(None).url}/v1", api_key="unused", max_retries=0, timeout=60)


def ask(client, **fields):
    extra = {key: fields.pop(key) for key in list(fields) if key not in CLIENT_FIELDS}
    return client.chat.completions.create(
        model="built-in", messages=QUESTION, temperature=fields.pop("temperature", 0), extra_body=extra, **fields)


CLIENT_FIELDS = {"n", "seed", "logprobs", "top_logprobs", "stream", "stop", "temperature", "top_p", "max_tokens"}


def test_reasoning_goes_where_it_is_wanted(thinker):
    apart = ask(thinker).choices[0].message
    assert apart.reasoning_content and apart.content
    inside = ask(thinker, reasoning_format="none").choices[0].message
    assert inside.content == f"<think>\n{apart.reasoning_content}\n</think>\n\n{apart.content}"
    hidden = ask(thinker, include_reasoning=False)
    assert hidden.choices[0].message.content == apart.content
    assert hidden.choices[0].message.reasoning_content is None
    assert hidden.usage.completion_tokens_details.reasoning_tokens > 0
    both = ask(thinker, reasoning_field="both").choices[0].message
    assert both.reasoning == both.reasoning_content == apart.reasoning_content


def test_streamed_reasoning_is_the_whole_ones(thinker):
    whole = ask(thinker).choices[0].message
    for fields in ({}, {"stream_reasoning": False}, {"reasoning_format": "none"}):
        reasoning, content = "", ""
        for chunk in ask(thinker, stream=True, **fields):
            delta = chunk.choices[0].delta
            reasoning += getattr(delta, "reasoning_content", None) or ""
            content += delta.content or ""
        if "reasoning_format" in fields:
            assert content == f"<think>\n{whole.reasoning_content}\n</think>\n\n{whole.content}"
        else:
            assert (reasoning, content) == (whole.reasoning_content, whole.content)


def test_choices_are_reproducible_one_by_one(thinker):
    fields = {"temperature": 2, "top_p": 1, "top_k": 0, "seed": 11, "max_tokens": 60}
    four = ask(thinker, n=4, **fields)
    assert [choice.index for choice in four.choices] == [0, 1, 2, 3]
    texts = [(choice.message.reasoning_content, choice.message.content) for choice in four.choices]
    assert len(set(texts)) > 1
    two = ask(thinker, n=2, **fields)
    assert [(choice.message.reasoning_content, choice.message.content) for choice in two.choices] == texts[:2]
    streamed = {index: ["", ""] for index in range(4)}
    for chunk in ask(thinker, n=4, stream=True, **fields):
        for choice in chunk.choices:
            streamed[choice.index][0] += getattr(choice.delta, "reasoning_content", None) or ""
            streamed[choice.index][1] += choice.delta.content or ""
    assert [(text[0] or None, text[1]) for text in streamed.values()] == texts


def test_log_probabilities_keep_content_and_reasoning_apart(thinker):
    choice = ask(thinker, logprobs=True, top_logprobs=2, reasoning_logprobs=True).choices[0]
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    reasoning = "".join(token["token"] for token in choice.reasoning_logprobs)
    assert reasoning.strip("\n") == choice.message.reasoning_content
    prompt = ask(thinker, prompt_logprobs=1, max_tokens=1)
    assert len(prompt.prompt_logprobs) == prompt.usage.prompt_tokens
    assert prompt.prompt_logprobs[0] is None


def test_thinking_can_be_ended_while_it_comes(serve, endless_model):
    server = serve(endless_model, "--context", "100000")
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=120)
    thinking = {"role": "assistant", "content": "<think>\nHm"}
    stream = client.chat.completions.create(
        model=server.name, messages=[*QUESTION, thinking], stream=True, max_tokens=50_000,
        extra_body={"reasoning_control": True, "continue_final_message": True, "min_answer_tokens": 0})
    ended = False
    for chunk in stream:
        delta = chunk.choices[0].delta
        if getattr(delta, "reasoning_content", None) and not ended:
            answer = client.post(
                "/chat/completions/control", body={"id": chunk.id, "action": "reasoning_end"}, cast_to=object)
            assert answer == {"success": True}
            ended = True
        if delta.content:
            break
    assert ended and delta.content
    stream.close()


def test_what_has_no_effect_is_named(thinker):
    reply = thinker.chat.completions.with_raw_response.create(
        model="built-in", messages=QUESTION, user="me", extra_body={"frobnicate": 1, "return_effective": True})
    assert [warning.split(":")[0] for warning in reply.headers.get_list("X-Warnings")] == ["user", "frobnicate"]
    parsed = reply.parse()
    assert [warning["param"] for warning in parsed.warnings] == ["user", "frobnicate"]
    assert parsed.effective["thinking"] is True
    with pytest.raises(openai.BadRequestError) as refused:
        ask(thinker, frobnicate=1, strict=True)
    assert refused.value.param == "frobnicate"
