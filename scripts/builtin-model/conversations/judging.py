"""Held-out questions, and whether a reply is right."""

import json
import re
from dataclasses import dataclass, field
from functools import partial

from chat_template import calls_text, render

from . import arithmetic, compose, letters, texts
from .problem import plain
from .split import HELD_OUT, Source
from .tools import both, single, tool_task, twice

MEASURED = ["counting", "vowels", "adding", "subtracting", "chain", "multiplying", "comparing", "spelling", "reversing", "sorting",
            "word_problem", "finding", "talk", "beyond", "too_hard", "unclear", "system_language", "system_name", "one_word",
            "tools", "tool_results"]
# 3-digit addition is measured on sums of so many numbers.
ADDENDS = (2, 3, 4)
# What a task of the table is exactly, where training knows more than one size.
SIZED = {
    "counting": lambda source: letters.counting(source, longest=12),
    "adding": lambda source: arithmetic.three_digit_sum(source, source.choice(ADDENDS)),
    **{f"adding_{count}": partial(arithmetic.three_digit_sum, count=count) for count in ADDENDS},
    "chain": arithmetic.chain,
    "adding_long": lambda source: arithmetic.adding(source, digits=(5, 5)),
    "vowels": lambda source: letters.vowels(source, longest=12),
    "subtracting": lambda source: arithmetic.subtracting(source, digits=(3, 3)),
    "multiplying": lambda source: arithmetic.multiplying(source, digits=source.choice([(3, 1), (2, 2)])),
    "spelling": lambda source: letters.spelling(source, longest=12),
    "finding": texts.finding,
}


@dataclass
class Question:
    task: str
    messages: list
    prompt: str
    thinking: bool
    expected: object
    judge: str
    tools: list = None
    calls: list = field(default_factory=list)
    reply: str = ""             # a right one


@dataclass
class Verdict:
    right: bool
    mode_kept: bool
    is_empty: bool


def question(task, seed, thinking):
    """A question of the held-out side. The same seed asks the same with thinking on and off."""
    source = Source(seed, HELD_OUT)
    if task in ("tools", "tool_results"):
        return tool_question(source, task, thinking)
    problem = SIZED[task](source) if task in SIZED else compose.make(source, task)
    messages = [{"role": "system", "content": problem.system}] if problem.system else []
    messages.append({"role": "user", "content": problem.question})
    return Question(task, messages, render(messages, thinking=thinking), thinking, problem.expected, problem.judge,
                    reply=reply(problem.reasoning, problem.answer, thinking))


def tool_question(source, task, thinking):
    asked = tool_task(source) if task == "tools" else source.choice((single, single, twice, both))(source)
    messages = [{"role": "user", "content": asked.question}]
    expected, judge, calls = asked.answer, "text", []
    right = reply(asked.reasoning, asked.answer or calls_text(asked.calls), thinking)
    if task == "tool_results":
        messages.append({"role": "assistant", "content": "", "calls": asked.calls})
        messages += [{"role": "tool", "content": result} for result in asked.results]
        expected, judge = asked.result_values, "all"
        right = reply(asked.result_reasoning, asked.result_answer, thinking)
    elif asked.calls:
        expected, judge, calls = asked.calls, "calls", asked.calls
    return Question(task, messages, render(messages, asked.tools, thinking), thinking, expected, judge, asked.tools, calls,
                    right)


def reply(reasoning, answer, thinking):
    return f"<think>\n{reasoning}\n</think>\n\n{answer}" if thinking else answer


def judged(asked, text, is_done=True):
    """A verdict on the raw text that follows the prompt."""
    reasoning, content = "", text
    if "</think>" in text:
        reasoning, _, content = text.rpartition("</think>")
        reasoning = reasoning.removeprefix("<think>").strip("\n")
    content = content.strip("\n")
    kept = is_done and ("<think>" in text and bool(reasoning) if asked.thinking else "think>" not in text)
    calls = []
    for call in re.findall(r"<tool_call>\n(.*?)\n</tool_call>", content, re.DOTALL):
        try:
            parsed = json.loads(call)
            calls.append((parsed["name"], parsed["arguments"]))
        except (json.JSONDecodeError, KeyError, TypeError):
            calls.append((None, call))
    return verdict(asked, content, calls, kept and is_done)


def verdict(asked, content, calls, mode_kept):
    """A verdict on an answer and the calls in it."""
    is_right = answer_is_right(asked, content, calls)
    return Verdict(is_right, mode_kept, not content and not calls)


def answer_is_right(asked, content, calls):
    if asked.judge == "calls":
        return sorted(map(repr, calls)) == sorted(repr((name, arguments)) for name, arguments in asked.expected)
    if calls:
        return False
    content, expected = plain(content), asked.expected
    if asked.judge == "number":
        numbers = re.findall(r"-?\d+", content.replace("− ", "-"))
        return bool(numbers) and int(numbers[-1]) == expected
    if asked.judge == "start":
        return content.startswith(expected)
    if asked.judge == "exact":
        return content.strip() == str(expected)
    if asked.judge == "all":
        return all(value in content for value in expected)
    return re.search(rf"(?<!\w){re.escape(str(expected))}(?!\w)", content) is not None if expected[-1].isalnum() else expected in content
