"""Measures the built-in model through a running Ponder server, with the official OpenAI client.

    ponder serve --port 8000 &
    python evaluate.py http://127.0.0.1:8000/v1 --pictures ../../docs

Every question is held out: its words, numbers or tools can't be in the training data (conversations/split.py). Sampling is
the server's default. Prints a table of accuracy with thinking on and off, and draws accuracy against the thinking budget.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openai import OpenAI

from conversations import letters
from conversations.judging import ADDENDS, MEASURED, question, verdict
from conversations.split import HELD_OUT, Source

BUDGETS = [0, 16, 32, 64, 128, 256, 512]
LABELS = {
    "counting": "count a letter, words to 12 letters", "vowels": "count the vowels, words to 12 letters",
    "adding": "add two, three or four numbers of 3 digits", "adding_2": "– two of them", "adding_3": "– three of them",
    "adding_4": "– four of them", "adding_long": "add, 5 digits", "subtracting": "subtract, 3 digits",
    "chain": "add and subtract in one line, 3 or 4 numbers to 3 digits", "multiplying": "multiply, 3×1 and 2×2 digits", "comparing": "compare, to 6 digits",
    "spelling": "spell, words to 12 letters", "reversing": "reverse, words to 12 letters", "sorting": "sort 3 to 6 numbers or words",
    "word_problem": "word problems", "finding": "find a fact in a text", "talk": "greet, introduce itself, in 11 languages",
    "beyond": "say that a question is beyond it", "too_hard": "say that a calculation is beyond it",
    "unclear": "say that a message asks nothing",
    "system_language": "system prompt: language of the reply", "system_name": "system prompt: its name",
    "one_word": "answer in one word", "tools": "call tools: one, two, none, or ask", "tool_results": "report tools' results",
}
CURVE_TASKS = ["counting", "adding", "multiplying", "word_problem"]
# A task whose parts are measured: its figure is that of all their questions together.
PARTS = {"adding": [f"adding_{count}" for count in ADDENDS]}


class Client:
    def __init__(self, address, workers):
        self.api = OpenAI(base_url=address, api_key="unused", timeout=600, max_retries=0)
        self.model = self.api.models.list().data[0].id
        self.pool = ThreadPoolExecutor(workers)

    def reply(self, messages, tools=None, seed=0, **extra):
        return self.api.chat.completions.create(
            model=self.model, messages=messages, seed=seed, max_tokens=1000, extra_body=extra or None,
            **({"tools": tools} if tools else {})).choices[0].message

    def ask(self, asked, seed, **extra):
        """(right, mode kept, empty, valid calls)"""
        if not asked.thinking:
            extra["chat_template_kwargs"] = {"enable_thinking": False}
        message = self.reply(published(asked.messages), asked.tools, seed, **extra)
        return self.measured(asked, message)

    def measured(self, asked, message):
        reasoning, calls, valid = getattr(message, "reasoning_content", None) or "", [], True
        for call in message.tool_calls or []:
            try:
                calls.append((call.function.name, json.loads(call.function.arguments)))
            except json.JSONDecodeError:
                valid = False
        content = message.content or ""
        valid = valid and "<tool_call>" not in content
        judged = verdict(asked, content, calls, bool(reasoning.strip()) == asked.thinking)
        return {"right": judged.right, "kept": judged.mode_kept, "empty": judged.is_empty, "valid": valid}


def published(messages):
    """Messages as the API has them."""
    result, number = [], 0
    for message in messages:
        message = dict(message)
        if "calls" in message:
            message["tool_calls"] = [
                {"id": f"call_{index}", "type": "function",
                 "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}}
                for index, (name, arguments) in enumerate(message.pop("calls"))]
        if message["role"] == "tool":
            message["tool_call_id"] = f"call_{number}"
            number += 1
        result.append(message)
    return result


def share(results, key):
    return sum(result[key] for result in results) / len(results)


def percent(value):
    return f"{100 * value:.1f} %".replace("100.0", "100")


def measure_tasks(client, tasks, count):
    """{task: {mode: results}}"""
    jobs = {(part, mode): [client.pool.submit(client.ask, question(part, f"evaluation/{part}/{index}", mode == "on"), index)
                           for index in range(count)]
            for task in tasks for part in PARTS.get(task, [task]) for mode in ("on", "off")}
    results = {}
    for task in tasks:
        parts = {part: {mode: [future.result() for future in jobs[part, mode]] for mode in ("on", "off")}
                 for part in PARTS.get(task, [task])}
        whole = {mode: [result for part in parts.values() for result in part[mode]] for mode in ("on", "off")}
        print(row(task, whole), flush=True)
        if task in PARTS:
            for part, by_mode in parts.items():
                print(row(part, by_mode), flush=True)
            results |= parts
        else:
            results[task] = whole
    return results


def row(task, by_mode):
    on, off = by_mode["on"], by_mode["off"]
    return f"| {LABELS[task]} | {percent(share(on, 'right'))} | {percent(share(off, 'right'))} |"


def measure_switches(client, count):
    """How often /think and /no_think, alone and in the seed's three turns, are obeyed: {name: (kept, right)}"""
    def no_think(index):
        asked = question("counting", f"switch/{index}", False)
        message = client.reply([{"role": "user", "content": asked.messages[-1]["content"] + " /no_think"}], seed=index)
        return client.measured(asked, message)

    def in_system(index):
        asked = question("adding", f"switch/{index}", False)
        messages = [{"role": "system", "content": "You are a helpful assistant. /no_think"}, *asked.messages]
        return client.measured(asked, client.reply(messages, seed=index))

    def three_turns(index):
        source = Source(f"turns/{index}", HELD_OUT)
        first, messages, results = letters.counting(source, longest=12), [], []
        second = letters.counting(source, longest=12, letter=first.details["letter"], templates=["{w} /no_think"])
        turns = [(first, first.question, True), (second, second.question, False), (second, "Really? /think", True)]
        for problem, text, thinking in turns:
            messages.append({"role": "user", "content": text})
            message = client.reply(messages, seed=index)
            asked = question("counting", f"turns/{index}", thinking)
            asked.expected = problem.expected
            results.append(client.measured(asked, message))
            messages.append({"role": "assistant", "content": message.content})
        # The second turn answers at once, and may be wrong; the third must be right whatever it was.
        return {"right": results[0]["right"] and results[2]["right"], "kept": all(r["kept"] for r in results),
                "empty": any(r["empty"] for r in results), "valid": True}

    measured = {}
    for name, ask in [("/no_think in the question", no_think), ("/no_think in the system prompt", in_system),
                      ("three turns: no switch, /no_think, Really? /think", three_turns)]:
        measured[name] = list(client.pool.map(ask, range(count)))
        print(f"| {name} | {percent(share(measured[name], 'kept'))} | {percent(share(measured[name], 'right'))} |", flush=True)
    return measured


def measure_budgets(client, count):
    """{task: {budget: results}}"""
    jobs = {(task, budget): [client.pool.submit(client.ask, question(task, f"budget/{task}/{index}", True), index,
                                                thinking_budget=budget) for index in range(count)]
            for task in CURVE_TASKS for budget in BUDGETS}
    results = {}
    for (task, budget), futures in jobs.items():
        results.setdefault(task, {})[budget] = [future.result() for future in futures]
    for task in CURVE_TASKS:
        cells = " | ".join(percent(share(results[task][budget], "right")) for budget in BUDGETS)
        print(f"| {LABELS[task]} | {cells} |", flush=True)
    return results


def draw(curves, count, folder):
    """Accuracy against the budget, as SVG and PNG."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    matplotlib.rcParams["svg.hashsalt"] = "ponder"
    figure, axes = pyplot.subplots(figsize=(7.2, 4.2), dpi=160)
    for task, marker, colour in zip(CURVE_TASKS, "osD^", ("#d1495b", "#2e6fba", "#3a9d6e", "#8d6cab")):
        accuracy = [100 * share(curves[task][budget], "right") for budget in BUDGETS]
        axes.plot(range(len(BUDGETS)), accuracy, marker=marker, color=colour, linewidth=1.4, markersize=5, label=LABELS[task])
    mean = [100 * sum(share(curves[task][budget], "right") for task in CURVE_TASKS) / len(CURVE_TASKS) for budget in BUDGETS]
    axes.plot(range(len(BUDGETS)), mean, color="black", linewidth=2.6, label="mean")
    axes.set_xticks(range(len(BUDGETS)), [str(budget) for budget in BUDGETS])
    axes.set_xlabel("thinking budget (tokens)")
    axes.set_ylabel("right answers (%)")
    axes.set_title(f"Ponder's built-in model: more thought, better answers\n{count} held-out questions a point", fontsize=10)
    axes.set_ylim(0, 102)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    for kind in ("svg", "png"):
        figure.savefig(folder / f"thinking-budget.{kind}", metadata={"Date": None} if kind == "svg" else None)


def summary(groups):
    everything = [result for group in groups for result in group]
    print(f"\n{len(everything)} replies: mode kept {percent(share(everything, 'kept'))}, "
          f"empty {sum(result['empty'] for result in everything)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="such as http://127.0.0.1:8000/v1")
    parser.add_argument("--count", type=int, default=200, help="questions a task and mode")
    parser.add_argument("--workers", type=int, default=16, help="requests at once")
    parser.add_argument("--tasks", nargs="*", default=[task for name in MEASURED for task in ([name, "adding_long"] if name == "adding" else [name])])
    parser.add_argument("--pictures", type=Path, help="draw the curve into this folder")
    parser.add_argument("--results", type=Path, help="keep all figures in this file")
    options = parser.parse_args()
    client, begun = Client(options.address, options.workers), time.time()
    print("| task | thinking | not thinking |\n|---|---|---|")
    tasks = measure_tasks(client, options.tasks, options.count)
    if "tools" in tasks:
        for mode, results in tasks["tools"].items():
            print(f"tool calls, thinking {mode}: valid {percent(share(results, 'valid'))}, right {percent(share(results, 'right'))}")
    print("\n| switch | mode kept | right |\n|---|---|---|")
    switches = measure_switches(client, options.count)
    summary([results for by_mode in tasks.values() for results in by_mode.values()] + list(switches.values()))
    print("\n| thinking budget | " + " | ".join(map(str, BUDGETS)) + " |\n|---" * 1 + "|---" * len(BUDGETS) + "|")
    curves = measure_budgets(client, options.count)
    if options.pictures:
        draw(curves, options.count, options.pictures)
    if options.results:
        options.results.write_text(json.dumps({
            "count": options.count, "tasks": {task: {mode: {key: share(r, key) for key in r[0]} for mode, r in by_mode.items()}
                                              for task, by_mode in tasks.items()},
            "switches": {name: {key: share(r, key) for key in r[0]} for name, r in switches.items()},
            "budgets": {task: {budget: {key: share(r, key) for key in r[0]} for budget, r in by_budget.items()}
                        for task, by_budget in curves.items()}}, indent=1) + "\n")
    print(f"\n{time.time() - begun:.0f} s")


if __name__ == "__main__":
    main()
