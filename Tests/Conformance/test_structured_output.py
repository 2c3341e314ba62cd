"""Answers that are held to a schema validate, whatever is drawn."""

import enum
import json

import openai
import pydantic
import pytest
from references import GREETING


class Colour(str, enum.Enum):
    RED = "red"
    GREEN = "green"


class Part(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=12)
    weight: float = pydantic.Field(ge=0, lt=10)
    colour: Colour | None = None


class Machine(pydantic.BaseModel):
    parts: list[Part] = pydantic.Field(max_length=2)
    count: int = pydantic.Field(ge=1, le=99)
    kind: str = pydantic.Field(pattern="^[a-z]{3}-[0-9]+?$", max_length=None)


@pytest.mark.parametrize("seed", range(8))
def test_parse_gives_the_model_class_at_a_high_temperature(client, server, seed):
    try:
        reply = client.chat.completions.parse(
            model=server.name,
            messages=GREETING,
            response_format=Machine,
            temperature=1,
            seed=seed,
            max_tokens=600,
            extra_body={"enable_thinking": False},
        )
    except openai.LengthFinishReasonError:
        pytest.skip("the answer was longer than its room")
    machine = reply.choices[0].message.parsed
    assert isinstance(machine, Machine)


@pytest.mark.parametrize("seed", range(4))
def test_a_json_object_is_one(client, server, seed):
    reply = client.chat.completions.create(
        model=server.name,
        messages=GREETING,
        response_format={"type": "json_object"},
        temperature=1,
        seed=seed,
        max_tokens=200,
        extra_body={"enable_thinking": False},
    )
    choice = reply.choices[0]
    if choice.finish_reason == "stop":
        assert isinstance(json.loads(choice.message.content), dict)
    else:
        assert choice.message.content.startswith("{")


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_is_kept_behind_any_thinking(client, server, seed):
    reply = client.chat.completions.create(
        model=server.name,
        messages=GREETING,
        temperature=1,
        seed=seed,
        max_tokens=300,
        extra_body={"structured_outputs": {"choice": ["yes", "no", "perhaps"]}, "thinking_budget": 20},
    )
    assert reply.choices[0].message.content in ("yes", "no", "perhaps")
    assert reply.choices[0].finish_reason == "stop"


def test_what_cannot_be_enforced_is_refused_by_name(client, server):
    schema = {"type": "object", "properties": {"a": {"unevaluatedProperties": False}}}
    with pytest.raises(openai.BadRequestError, match=r"properties\.a\.unevaluatedProperties"):
        client.chat.completions.create(
            model=server.name,
            messages=GREETING,
            response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}},
        )


def test_the_responses_api_holds_to_a_schema(serve):
    client = openai.OpenAI(base_url=f"{serve(None).url}/v1", api_key="unused", max_retries=0, timeout=60)
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"], "additionalProperties": False}
    reply = client.responses.create(
        model=client.models.list().data[0].id, input="What is 12 + 13?", max_output_tokens=600,
        text={"format": {"type": "json_schema", "name": "sum", "schema": schema}})
    assert isinstance(json.loads(reply.output_text)["sum"], int)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(
            model=client.models.list().data[0].id, input="?",
            text={"format": {"type": "json_schema", "name": "x", "schema": {"unevaluatedItems": False}}})
    assert "unevaluatedItems" in str(refused.value)
