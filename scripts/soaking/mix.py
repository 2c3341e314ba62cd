"""What the clients ask, and what an answer says."""

import json

from soaking.client import Client


def mix():
    """The requests: (path, body). Each has a seed, so that its answer is one."""
    asks = ["Count the letters of strawberry.", "What is 12 + 30 + 7?", "Say hello to Ada.", "Name three rivers of Europe."]
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "number": {"type": "integer"}},
              "required": ["name", "number"], "additionalProperties": False}
    tool = {"type": "function", "function": {
        "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
    requests = []
    for seed, ask in enumerate(asks):
        messages = [{"role": "user", "content": ask}]
        common = {"messages": messages, "seed": seed, "temperature": 0.8, "max_tokens": 160}
        chat = "/v1/chat/completions"
        requests += [
            (chat, common | {"enable_thinking": False}),
            (chat, common | {"stream": True, "thinking_budget": 60}),
            (chat, common | {"stream": True, "enable_thinking": False,
                             "response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": schema}}}),
            (chat, common | {"enable_thinking": False, "tools": [tool], "tool_choice": "required"}),
            ("/v1/completions", {"prompt": ask * 20, "seed": seed, "temperature": 1, "max_tokens": 200, "stream": seed % 2 == 0}),
            ("/v1/messages", common | {"stream": True}),
            ("/api/chat", {"model": "built-in", "messages": messages, "options": {"seed": seed, "num_predict": 120, "temperature": 0.7}}),
        ]
    return requests


VOLATILE = {"id", "created", "created_at", "timings", "usage", "timestamp", "item_id", "tool_call_id", "x_ponder", "effective"}


def essence(body):
    """What a reply says, apart from names, times and where its stream was cut: its texts by their place, joined."""
    said = {}

    def walk(value, place):
        if isinstance(value, dict):
            for key, member in value.items():
                if key not in VOLATILE and not key.endswith(("_duration", "_count")):
                    walk(member, f"{place}.{key}")
        elif isinstance(value, list):
            for member in value:
                walk(member, place)
        elif isinstance(value, str) and place.split(".")[-1] in ("content", "reasoning_content", "reasoning", "thinking",
                                                                  "text", "arguments", "partial_json", "name"):
            said[place] = said.get(place, "") + value
        elif value is not None and place.split(".")[-1] in ("finish_reason", "stop_reason", "done_reason"):
            said[place] = value

    for line in body.decode().splitlines():
        line = line.removeprefix("data: ")
        if line.startswith("{"):
            walk(json.loads(line), "")
    return said


def ask(port, path, body, pace=None):
    with Client(port, receive_buffer=4096 if pace else None) as client:
        client.send("POST", path, body)
        status, reply = client.read(pace)
    return status, essence(reply) if status == 200 else reply
