"""Second turns of conversations: what OpenAI's client drops is put back, and what can be known is computed ahead."""

import openai
import pytest
from ponder_process import eventually
from test_metrics import samples, value
from wire import request

TOOLS = [{
    "type": "function",
    "function": {
        "name": "count_letter",
        "description": "Counts a letter in a word",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}, "letter": {"type": "string"}},
            "required": ["word", "letter"],
        },
    },
}]
QUESTION = {"role": "user", "content": "How many times does the letter r occur in strawberry? Use the tool."}
# Long enough for blocks of the prefix cache behind it to be the reply's alone.
STORY = "Tell me a story. " * 12


def openai_client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def builtin(serve):
    return serve(None)


def first_step(client, model, **extra):
    """A call that was thought about, as a message of the client's own form, which has no reasoning."""
    reply = client.chat.completions.create(
        model=model, messages=[QUESTION], tools=TOOLS, tool_choice="required", seed=1, extra_body=extra,
    )
    message = reply.choices[0].message
    assert message.reasoning_content and message.tool_calls
    kept = {"role": "assistant", "content": message.content, "tool_calls": [c.model_dump() for c in message.tool_calls]}
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "3"}
    return message.reasoning_content, kept, result


def second_step(client, model, *messages, **extra):
    return client.chat.completions.with_raw_response.create(
        model=model, messages=[QUESTION, *messages], tools=TOOLS, seed=1, extra_body=extra,
    )


def test_a_step_without_its_reasoning_is_answered_as_one_that_kept_it(builtin):
    client = openai_client(builtin)
    reasoning, message, result = first_step(client, builtin.name)
    kept = second_step(client, builtin.name, message | {"reasoning_content": reasoning}, result)
    dropped = second_step(client, builtin.name, message, result)
    assert kept.headers.get("x-restored-reasoning") is None
    assert dropped.headers["x-restored-reasoning"] == "1"
    kept, dropped = kept.parse(), dropped.parse()
    assert dropped.usage.prompt_tokens_details.restored_reasoning == 1
    assert dropped.usage.prompt_tokens == kept.usage.prompt_tokens
    assert dropped.choices[0].message.content == kept.choices[0].message.content
    plain = second_step(client, builtin.name, message, result, restore_reasoning=False)
    assert plain.headers.get("x-restored-reasoning") is None
    assert plain.parse().usage.prompt_tokens < kept.usage.prompt_tokens


def test_a_server_that_remembers_nothing_puts_nothing_back(serve):
    server = serve(None, "--reasoning-memory", "off")
    client = openai_client(server)
    _, message, result = first_step(client, server.name)
    reply = second_step(client, server.name, message, result, restore_reasoning=True)
    assert reply.headers.get("x-restored-reasoning") is None
    assert [warning["param"] for warning in reply.parse().warnings] == ["restore_reasoning"]


def test_one_keys_reasoning_is_nothing_to_another(serve):
    server = serve(None, "--api-key", "one", "--api-key", "two")
    one, two = (openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) for key in ("one", "two"))
    _, message, result = first_step(one, server.name)
    assert second_step(two, server.name, message, result).headers.get("x-restored-reasoning") is None
    assert second_step(one, server.name, message, result).headers["x-restored-reasoning"] == "1"


@pytest.mark.parametrize("is_on", [True, False])
def test_a_second_turn_finds_the_first_in_the_cache_if_it_was_computed_ahead(serve, is_on):
    server = serve("dense-tied/hf", *([] if is_on else ["--prefill-ahead", "off"]))
    client = openai_client(server)
    label = {"model_name": server.name}
    before = samples(server)

    def growth(name):
        return value(samples(server), name, **label) - value(before, name, **label)

    messages = [{"role": "user", "content": STORY}]
    # A model with random weights: what it says is nothing, but long.
    first = client.chat.completions.create(
        model=server.name, messages=messages, max_tokens=150, seed=3,
        extra_body={"enable_thinking": False, "ignore_eos": True},
    )
    messages += [
        {"role": "assistant", "content": first.choices[0].message.content},
        {"role": "user", "content": "Go on."},
    ]
    if is_on:
        assert eventually(lambda: growth("ponder_prefill_ahead_tokens_total") >= 96)
    preview = request(
        server.port, "POST", "/v1/chat/completions",
        {"messages": messages, "enable_thinking": False, "dry_run": True},
    ).json()
    second = client.chat.completions.create(
        model=server.name, messages=messages, max_tokens=4, seed=3, extra_body={"enable_thinking": False},
    )
    cached = second.usage.prompt_tokens_details.cached_tokens
    assert second.usage.prompt_tokens == preview["usage"]["prompt_tokens"]
    if is_on:
        assert cached > second.usage.prompt_tokens - 32 - 24
        assert growth("ponder_prefill_ahead_hits_total") >= 96
    else:
        assert cached <= first.usage.prompt_tokens
        assert growth("ponder_prefill_ahead_tokens_total") == 0
