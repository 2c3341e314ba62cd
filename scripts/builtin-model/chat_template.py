"""Qwen3's chat template by hand: what the template renders, thirty times faster. A test compares the two."""

import json

TOOLS_HEAD = ("# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function "
              "signatures within <tools></tools> XML tags:\n<tools>")
TOOLS_TAIL = ("\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
              "<tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n"
              "</tool_call>")
EMPTY_THINKING = "<think>\n\n</think>\n\n"
EARLY_STOP = ("\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now.\n"
              "</think>\n\n")


def dumped(value):
    return json.dumps(value, ensure_ascii=False)


def calls_text(calls):
    """Tool calls as the model writes them."""
    return "\n".join(f'<tool_call>\n{{"name": "{name}", "arguments": {dumped(arguments)}}}\n</tool_call>'
                     for name, arguments in calls)


def render(messages, tools=None, thinking=True):
    """The prompt for the next reply.

    Messages have a role, content, and for an assistant perhaps reasoning and calls: (name, arguments) each.
    """
    parts = []
    system = messages[0]["content"] if messages[0]["role"] == "system" else None
    if tools:
        head = f"{system}\n\n" if system is not None else ""
        parts.append(f"<|im_start|>system\n{head}{TOOLS_HEAD}" + "".join("\n" + dumped(tool) for tool in tools)
                     + TOOLS_TAIL + "<|im_end|>\n")
    elif system is not None:
        parts.append(f"<|im_start|>system\n{system}<|im_end|>\n")
    last_query = max(index for index, message in enumerate(messages) if message["role"] == "user")
    for index, message in enumerate(messages):
        role, content = message["role"], message["content"]
        if role == "user" or role == "system" and index > 0:
            parts.append(f"<|im_start|>{role}\n{content}<|im_end|>\n")
        elif role == "assistant":
            parts.append(assistant(message, with_reasoning=index > last_query))
        elif role == "tool":
            if messages[index - 1]["role"] != "tool":
                parts.append("<|im_start|>user")
            parts.append(f"\n<tool_response>\n{content}\n</tool_response>")
            if index == len(messages) - 1 or messages[index + 1]["role"] != "tool":
                parts.append("<|im_end|>\n")
    return "".join(parts) + "<|im_start|>assistant\n" + ("" if thinking else EMPTY_THINKING)


def assistant(message, with_reasoning):
    content, reasoning = message["content"], message.get("reasoning", "")
    text = f"<think>\n{reasoning.strip(chr(10))}\n</think>\n\n" if with_reasoning and reasoning else ""
    text += content.lstrip("\n") if text else content
    if calls := message.get("calls"):
        text += ("\n" if content else "") + calls_text(calls)
    return f"<|im_start|>assistant\n{text}<|im_end|>\n"
