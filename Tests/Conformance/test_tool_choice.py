"""Which tools are called, and with which arguments: through the official clients, checked with jsonschema.

The random model of the fixtures writes whatever comes at a high temperature; the built-in one has learned to call tools.
"""

import json

import anthropic
import jsonschema
import ollama
import openai
import pydantic
import pytest
from ponder_process import FIXTURES
from references import GREETING

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "The city", "maxLength": 20}},
    "required": ["city"],
    "additionalProperties": False,
}
# As servers of the Model Context Protocol declare them: made by pydantic and zod.
SCHEMAS = {
    "get_weather": WEATHER,
    "convert_time": {
        "type": "object",
        "properties": {
            "source_timezone": {"type": "string", "description": "IANA name", "maxLength": 16},
            "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        },
        "required": ["source_timezone", "time"],
    },
    "search": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "title": "searchArguments",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10, "title": "Limit"},
            "order": {"anyOf": [{"enum": ["asc", "desc"]}, {"type": "null"}], "default": None},
            "filters": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/Filter"}},
        },
        "required": ["limit", "filters"],
        "additionalProperties": False,
        "$defs": {
            "Filter": {
                "type": "object",
                "properties": {"field": {"enum": ["name", "Größe"]}, "exact": {"type": "boolean"}},
                "required": ["field"],
            }
        },
    },
    "stop": {"type": "object", "properties": {}},
}
ANSWER = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}, "note": {"type": "string", "maxLength": 8}},
    "required": ["ok"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": ANSWER}}


def tools(*names, **fields):
    return [
        {"type": "function", "function": {"name": name, "parameters": SCHEMAS[name], **fields}} for name in names or SCHEMAS
    ]


def named(name):
    return {"type": "function", "function": {"name": name}}


def allowed(mode, *names):
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [named(name) for name in names]}}


def check(name, arguments):
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    jsonschema.validate(arguments, SCHEMAS[name])


def connect(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=120)


@pytest.fixture(scope="module")
def roomy_model(tmp_path_factory):
    """A checkpoint of random weights, with a context that holds the longest prompts of these tests."""
    folder = tmp_path_factory.mktemp("roomy")
    for file in (FIXTURES / "models" / "dense-tied" / "hf").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    settings = json.loads((folder / "config.json").read_text()) | {"max_position_embeddings": 4096}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module", params=["qwen3", "qwen3-coder"])
def babbler(request, serve, roomy_model):
    """A model with random weights, told to write calls as JSON or as elements."""
    return serve(roomy_model, "--chat-template-file", FIXTURES / "templates" / f"{request.param}.jinja")


@pytest.fixture(scope="module")
def builtin(serve):
    return serve(None)


def draw(server, seed, **fields):
    """A whole reply and the same one streamed, put together by the client."""
    request = {
        "model": server.name, "messages": GREETING, "temperature": 1, "seed": seed, "max_tokens": 400,
        "extra_body": {"enable_thinking": False}, **fields,
    }
    client = connect(server)
    whole = client.chat.completions.create(**request).choices
    request.pop("n", None)
    parts = {"content": "", "reasoning": "", "calls": [], "finish": None}
    for chunk in client.chat.completions.create(**request, stream=True):
        [choice] = chunk.choices
        parts["content"] += choice.delta.content or ""
        parts["reasoning"] += getattr(choice.delta, "reasoning_content", None) or ""
        parts["finish"] = choice.finish_reason or parts["finish"]
        for call in choice.delta.tool_calls or []:
            if call.id:
                assert call.index == len(parts["calls"]) and call.function.arguments == ""
                parts["calls"].append([call.function.name, ""])
            assert call.index == len(parts["calls"]) - 1
            parts["calls"][-1][1] += call.function.arguments
    choice = whole[0]
    assert parts["content"] == (choice.message.content or "")
    assert parts["calls"] == [[call.function.name, call.function.arguments] for call in choice.message.tool_calls or []]
    assert parts["finish"] == choice.finish_reason
    return whole


@pytest.mark.parametrize("seed", range(12))
def test_required_calls_are_valid_by_their_schemas(babbler, seed):
    [choice] = draw(babbler, seed, tools=tools(), tool_choice="required")
    calls = choice.message.tool_calls
    assert not choice.message.content
    if choice.finish_reason == "length":
        calls = (calls or [])[:-1]
    else:
        assert calls and choice.finish_reason == "tool_calls"
    for call in calls:
        check(call.function.name, call.function.arguments)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_named_function_is_called_once(babbler, name):
    for choice in draw(babbler, 3, tools=tools(strict=True), tool_choice=named(name), n=3):
        [call] = choice.message.tool_calls
        assert call.function.name == name
        if choice.finish_reason != "length":
            check(name, call.function.arguments)


class Booking(pydantic.BaseModel):
    """Books a table."""

    guests: int = pydantic.Field(ge=1, le=12)
    outside: bool
    note: str | None = pydantic.Field(max_length=8)


@pytest.mark.parametrize("seed", range(3))
def test_the_helpers_for_pydantic_models_find_their_class(babbler, seed):
    request = {
        "model": babbler.name, "messages": GREETING, "temperature": 1, "seed": seed, "max_tokens": 600,
        "tools": [openai.pydantic_function_tool(Booking)], "tool_choice": "required", "parallel_tool_calls": False,
    }
    [call] = connect(babbler).chat.completions.parse(**request).choices[0].message.tool_calls
    assert isinstance(call.function.parsed_arguments, Booking)
    with connect(babbler).chat.completions.stream(**request) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
    assert [event.parsed_arguments for event in done] == [call.function.parsed_arguments]


@pytest.mark.parametrize("seed", range(4))
def test_only_allowed_tools_are_called(babbler, seed):
    choice_of_tools = allowed("required", "stop", "get_weather")
    [choice] = draw(babbler, seed, tools=tools(), tool_choice=choice_of_tools, parallel_tool_calls=False)
    [call] = choice.message.tool_calls
    assert call.function.name in ("stop", "get_weather")
    if choice.finish_reason != "length":
        check(call.function.name, call.function.arguments)


@pytest.mark.parametrize("choice_of_tools", ["auto", "none", "required"])
@pytest.mark.parametrize("seed", range(4))
def test_a_format_beside_tools_is_one_or_the_other(babbler, seed, choice_of_tools):
    [choice] = draw(babbler, seed, tools=tools(), tool_choice=choice_of_tools, response_format=FORMAT)
    if choice.finish_reason == "stop":
        jsonschema.validate(json.loads(choice.message.content), ANSWER)
    else:
        assert not choice.message.content or choice.finish_reason == "length"
    assert bool(choice.message.tool_calls) == (choice_of_tools == "required") or choice_of_tools == "auto"


@pytest.mark.parametrize("budget", [0, 6])
def test_thinking_comes_before_a_call(babbler, budget):
    template_thinks = "coder" not in babbler.process.args[babbler.process.args.index("--chat-template-file") + 1]
    [choice] = draw(
        babbler, 1, tools=tools("stop"), tool_choice="required",
        messages=[*GREETING, {"role": "assistant", "content": "<think>\nWell"}],
        extra_body={"continue_final_message": True, "add_generation_prompt": False, "thinking_budget": budget})
    if template_thinks:
        assert choice.message.reasoning_content
        [call, *_] = choice.message.tool_calls
        assert call.function.name == "stop"


def test_log_probabilities_and_calls_go_together(babbler):
    [choice] = draw(babbler, 2, tools=tools("stop"), tool_choice="required", logprobs=True, top_logprobs=2)
    assert choice.message.tool_calls


@pytest.mark.parametrize("schema", [
    {"type": "object", "properties": {"a": {"type": "string", "format": "colour"}}},
    {"type": "object", "unevaluatedProperties": {"type": "string"}},
])
def test_what_cannot_be_enforced_is_refused_or_named(babbler, schema):
    function = {"name": "odd", "parameters": schema}
    ask = {"model": babbler.name, "messages": GREETING, "max_tokens": 60, "tool_choice": "required"}
    with pytest.raises(openai.BadRequestError, match="odd") as refused:
        connect(babbler).chat.completions.create(
            tools=[{"type": "function", "function": function | {"strict": True}}], **ask)
    assert refused.value.param == "tools"
    reply = connect(babbler).chat.completions.create(tools=[{"type": "function", "function": function}], **ask)
    assert reply.choices[0].message.tool_calls[0].function.name == "odd"
    [warning] = reply.model_extra["warnings"]
    assert warning["param"] == "tools" and "odd" in warning["message"]


def test_unknown_tools_are_refused(babbler):
    for choice_of_tools in (named("nobody"), allowed("auto", "nobody")):
        with pytest.raises(openai.BadRequestError, match="nobody"):
            connect(babbler).chat.completions.create(
                model=babbler.name, messages=GREETING, tools=tools(), tool_choice=choice_of_tools)


@pytest.mark.parametrize("choice_of_tools", ["auto", "required", named("get_weather")])
@pytest.mark.parametrize("thinks", [True, False])
def test_the_built_in_model_calls(builtin, choice_of_tools, thinks):
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    [choice] = draw(
        builtin, 0, messages=question, tools=tools("get_weather"), tool_choice=choice_of_tools, temperature=0,
        extra_body={"enable_thinking": thinks})
    [call] = choice.message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert choice.finish_reason == "tool_calls"
    assert bool(choice.message.reasoning_content) == thinks


def test_the_built_in_model_calls_or_answers_in_the_format(builtin):
    request = {"tools": tools("get_weather"), "response_format": FORMAT, "temperature": 0}
    [choice] = draw(
        builtin, 0, messages=[{"role": "user", "content": "What is the weather in Paris?"}], **request,
        extra_body={"enable_thinking": True})
    if choice.message.tool_calls:
        check("get_weather", choice.message.tool_calls[0].function.arguments)
    else:
        jsonschema.validate(json.loads(choice.message.content), ANSWER)
    [choice] = draw(builtin, 0, messages=[{"role": "user", "content": "Hello!"}], **request, tool_choice="none")
    jsonschema.validate(json.loads(choice.message.content), ANSWER)


def test_without_tools_the_tags_are_text(builtin):
    """Agents that put their tools into the system prompt read the calls out of the content."""
    system = (
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function "
        "signatures within <tools></tools> XML tags:\n<tools>\n" + json.dumps(tools("get_weather")[0]) + "\n</tools>\n\n"
        "For each function call, return a json object with function name and arguments within <tool_call></tool_call> "
        'XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
    )
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "What is the weather in Paris?"}]
    [choice] = draw(builtin, 0, messages=messages, temperature=0)
    assert not choice.message.tool_calls
    text = choice.message.content
    assert text.startswith("<tool_call>") and text.endswith("</tool_call>")
    assert json.loads(text.removeprefix("<tool_call>").removesuffix("</tool_call>"))["name"] == "get_weather"


@pytest.mark.parametrize("seed", range(4))
def test_anthropic_choices(babbler, seed):
    client = anthropic.Anthropic(base_url=babbler.url, api_key="unused", max_retries=0, timeout=120)
    offered = [{"name": name, "input_schema": schema} for name, schema in SCHEMAS.items()]
    for choice, names in [
        ({"type": "any"}, SCHEMAS), ({"type": "any", "disable_parallel_tool_use": True}, SCHEMAS),
        ({"type": "tool", "name": "search", "disable_parallel_tool_use": True}, ["search"]),
    ]:
        request = {
            "model": babbler.name, "max_tokens": 400, "messages": GREETING, "tools": offered, "tool_choice": choice,
            "extra_body": {"seed": seed, "temperature": 1},
        }
        message = client.messages.create(**request)
        blocks = message.content
        assert {block.type for block in blocks} == {"tool_use"}
        assert "disable_parallel_tool_use" not in choice or len(blocks) == 1
        if message.stop_reason == "tool_use":
            for block in blocks:
                assert block.name in names
                check(block.name, block.input)
            with client.messages.stream(**request) as stream:
                final = stream.get_final_message()
            assert [(block.name, block.input) for block in final.content] == [(block.name, block.input) for block in blocks]


@pytest.mark.parametrize(("choice", "names"), [
    ("required", set(SCHEMAS)), ({"type": "function", "name": "search"}, {"search"}),
    ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "stop"}]}, {"stop"}),
])
def test_responses_choices(babbler, choice, names):
    offered = [
        {"type": "function", "name": name, "parameters": schema, "strict": False} for name, schema in SCHEMAS.items()
    ]
    request = {
        "model": babbler.name, "input": "Hello", "tools": offered, "tool_choice": choice, "temperature": 1,
        "max_output_tokens": 400, "reasoning": {"effort": "none"}, "extra_body": {"seed": 4},
    }
    client = connect(babbler)
    response = client.responses.create(**request)
    calls = [item for item in response.output if item.type == "function_call"]
    assert calls and len(calls) == len(response.output)
    *_, last = client.responses.create(**request, stream=True)
    streamed = [(item.name, item.arguments) for item in last.response.output]
    assert streamed == [(call.name, call.arguments) for call in calls]
    for call in calls if response.status == "completed" else calls[:-1]:
        assert call.name in names
        check(call.name, call.arguments)


def test_ollama_calls_or_answers_in_the_format(builtin):
    client = ollama.Client(host=builtin.url)
    question = {"role": "user", "content": "What is the weather in Paris?"}
    options = {"temperature": 0, "num_predict": 400}
    request = {"model": builtin.name, "messages": [question], "tools": tools("get_weather"), "options": options}
    for extra in ({}, {"format": ANSWER}):
        reply = client.chat(**request, **extra)
        if reply.message.tool_calls:
            check("get_weather", dict(reply.message.tool_calls[0].function.arguments))
        else:
            jsonschema.validate(json.loads(reply.message.content), ANSWER)
