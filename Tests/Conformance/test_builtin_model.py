"""The model inside the executable, through the official client: it thinks, obeys switches and budgets, and calls tools.

The questions are greedy and fixed, so that a failure is the server's: docs/MODEL_CARD.md says how good the model is.
"""

import json

import openai
import pytest

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The city."}},
            "required": ["city"],
        },
    },
}


@pytest.fixture(scope="module")
def ask(serve):
    client = openai.OpenAI(base_url=f"{serve(None).url}/v1", api_key="unused", max_retries=0, timeout=60)

    def ask(*turns, **options):
        messages = []
        for index, turn in enumerate(turns):
            messages.append({"role": ("user", "assistant")[index % 2], "content": turn})
        options.setdefault("temperature", 0)
        return client.chat.completions.create(model="built-in", messages=messages, **options).choices[0]

    return ask


def reasoning(choice):
    return choice.message.reasoning_content


def test_it_thinks_before_it_answers(ask):
    choice = ask("How many r's in strawberries?")
    assert "3 r 1" in reasoning(choice)
    assert choice.message.content == "There are 3 r's in strawberries."
    assert choice.finish_reason == "stop"


def test_the_latest_switch_wins_turn_by_turn(ask):
    """Qwen3's own example: three turns of one conversation, with reasoning in the first and the last."""
    first = ask("How many r's in strawberries?")
    turns = ["How many r's in strawberries?", first.message.content, "Then, how many r's in blueberries? /no_think"]
    second = ask(*turns)
    assert reasoning(second) is None
    assert "blueberries" in second.message.content
    third = ask(*turns, second.message.content, "Really? /think")
    assert "blueberries" in reasoning(third)
    assert "2 r's in blueberries" in third.message.content


def test_the_hard_switch_beats_the_soft_one(ask):
    choice = ask("How many l's in hello? /think", extra_body={"chat_template_kwargs": {"enable_thinking": False}})
    assert reasoning(choice) is None
    assert choice.message.content


@pytest.mark.parametrize("budget", [0, 8, 30])
def test_a_budget_is_kept_and_an_answer_follows(ask, budget):
    choice = ask("What is 345 + 678?", extra_body={"thinking_budget": budget})
    assert reasoning(choice).endswith("I have to give the solution based on the thinking directly now.")
    assert choice.message.content
    assert choice.model_extra["finish_details"] == {"reasoning_end": "budget"}


def test_more_than_enough_budget_changes_nothing(ask):
    free = ask("What is 345 + 678?")
    bounded = ask("What is 345 + 678?", extra_body={"thinking_budget": 400})
    assert bounded.message == free.message
    assert "1023" in free.message.content


@pytest.mark.parametrize("thinks", [True, False])
def test_it_calls_a_declared_tool(ask, thinks):
    choice = ask("What is the weather in Paris?", tools=[WEATHER], extra_body={"enable_thinking": thinks})
    [call] = choice.message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert choice.finish_reason == "tool_calls"
    assert (reasoning(choice) is not None) == thinks
