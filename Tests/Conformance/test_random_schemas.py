"""Whatever a schema asks for, an answer is valid by it or the request is refused: jsonschema is the judge."""

import json

import openai
import pytest
from jsonschema import Draft202012Validator
from random_schemas import SchemaGenerator
from references import GREETING


@pytest.mark.parametrize("seed", range(60))
def test_an_answer_is_valid_or_the_schema_is_refused_by_name(client, server, seed):
    schema = SchemaGenerator(seed).schema()
    try:
        reply = client.chat.completions.create(
            model=server.name,
            messages=GREETING,
            temperature=1,
            seed=seed,
            max_tokens=250,
            extra_body={"enable_thinking": False, "json_schema": schema},
        )
    except openai.BadRequestError as error:
        assert error.param == "json_schema"
        return
    choice = reply.choices[0]
    if choice.finish_reason == "stop":
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        validator.validate(json.loads(choice.message.content))


@pytest.mark.parametrize("seed", range(60))
def test_an_answer_that_runs_out_of_tokens_is_closed(client, server, seed):
    schema = SchemaGenerator(seed).schema()
    fields = {"enable_thinking": False, "json_schema": schema, "close_json_on_length": True}
    try:
        replies = [
            client.chat.completions.create(
                model=server.name, messages=GREETING, temperature=1, seed=seed, max_tokens=maximum, extra_body=fields)
            for maximum in (1, 5 + seed % 11, 60)
        ]
    except openai.BadRequestError as error:
        assert error.param == "json_schema"
        return
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for reply in replies:
        choice = reply.choices[0]
        details = getattr(choice, "finish_details", None) or {}
        assert ("json" in details) == (choice.finish_reason == "length")
        if details.get("json") != "open":
            validator.validate(json.loads(choice.message.content))
