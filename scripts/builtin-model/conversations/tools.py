"""Conversations with tools: one call, two at once, results that come back, and requests that no tool serves."""

from dataclasses import dataclass, field

from .tool_pool import LANGUAGES, PARAMETERS, composed, day, dumped, known, relative
from .words import city, english_word, proper_name

LEADS = [("", "."), ("Please ", "."), ("Can you ", "?"), ("Could you please ", "?"), ("I want to ", "."), ("I need you to ", "."),
         ("", ""), ("Would you ", "?"), ("Hi, can you ", "?"), ("please ", ""), ("I would like to ", ".")]
NO_TOOL = "None of my tools can do that."
CONDITIONS = "sunny cloudy rainy windy snowy foggy clear open closed ready late full empty active done ok".split()


@dataclass
class ToolTask:
    """A request that tools serve: what is declared, asked, called and answered."""
    tools: list
    question: str
    reasoning: str
    calls: list                 # (name, arguments)
    answer: str = None          # instead of calls
    results: list = field(default_factory=list)
    result_reasoning: str = ""
    result_answer: str = ""
    result_values: list = field(default_factory=list)


def phrase(source, tool, values, skipped=()):
    parts = []
    for name, kind, _ in tool.parameters:
        if name in values and name not in skipped:
            parts.append(source.choice(PARAMETERS[kind][1]).format(v=values[name], p=name.replace("_", " ")))
    if source.chance(0.5):
        source.shuffle(parts)
    return " ".join(parts)


def asked(source, tool, values):
    if tool.asks:
        text = source.choice(tool.asks).format(**values)
        if "unit" not in values:
            return text
        end = text[-1] if text[-1] in ".?" else ""
        return f"{text.removesuffix(end)} in {values['unit']}{end}"
    lead, end = source.choice(LEADS)
    body = f"{lead}{tool.action} {phrase(source, tool, values)}".strip()
    return (body if lead and lead[0].islower() or source.chance(0.15) else body[0].upper() + body[1:]) + end


def action(source, tool, values):
    """The request as part of a longer sentence."""
    return f"{tool.action} {phrase(source, tool, values)}".strip()


def called(tool, arguments):
    """Says what is wanted, picks the tool, and goes through its parameters as declared."""
    lines = [f"Wanted: {tool.action}", f"{tool.name} does this."]
    for name, _, required in tool.parameters:
        missing = f"not given, {'required' if required else 'optional'}"
        lines.append(f"{name}: {arguments.get(name, missing)}")
    return "\n".join(lines)


def result_of(source):
    """(what the tool returns, the values to report)"""
    luck = source.random()
    if luck < 0.1:
        message = source.choice(("not found", "no connection", "access denied", "invalid date", "time out", "unknown city"))
        return dumped({"error": message}), f"The tool reports an error: {message}.", [message]
    if luck < 0.22:
        line = source.choice(("It is {c}", "Status: {c}", "{n} says it is {c}", "{k} in {p}")).format(
            c=source.choice(CONDITIONS), n=proper_name(source), k=source.randint(2, 99), p=city(source))
        return line, f"The result: {line}.", [line]
    makers = {
        "temperature": lambda: source.randint(-20, 45), "condition": lambda: source.choice(CONDITIONS), "price": lambda: source.randint(2, 999),
        "status": lambda: source.choice(CONDITIONS), "id": lambda: source.randint(10, 9999), "date": lambda: day(source),
        "count": lambda: source.randint(0, 500), "name": lambda: proper_name(source), "city": lambda: city(source),
        "total": lambda: source.randint(2, 9999), "title": lambda: english_word(source, 10).capitalize(),
        "language": lambda: source.choice(LANGUAGES), "distance_km": lambda: source.randint(2, 9000), "success": lambda: True,
        "humidity": lambda: source.randint(5, 100), "seats": lambda: source.randint(1, 300), "time": lambda: f"{source.randint(0, 23)}:30",
    }
    keys = source.sample(list(makers), source.choice((1, 1, 2, 2, 3)))
    values = {key: makers[key]() for key in keys}
    said = [f"{key.replace('_', ' ')} is {str(value).lower() if value is True else value}" for key, value in values.items()]
    return dumped(values), f"The result: {', '.join(said)}.", [str(value).lower() if value is True else str(value) for value in values.values()]


def with_results(source, task):
    answers = []
    for _ in task.calls:
        result, answer, values = result_of(source)
        task.results.append(result)
        task.result_values += values
        answers.append(answer)
    task.result_answer = "\n".join(answers)
    task.result_reasoning = "The tool has answered. I report it." if len(answers) == 1 else "The tools have answered. I report both."
    return task


def others(source, tool, most=4):
    """Other tools to declare beside this one, with other names."""
    result, taken = [], {tool.name}
    for _ in range(source.choice((0, 0, 1, 1, 2, 3, most))):
        if not tool.asks and source.chance(0.4):
            other = relative(source, tool.words)
        else:
            other = composed(source) if source.chance(0.85) or source.side == "held-out" else known(source)
        if other.name.lower().replace("_", "").replace("-", "") not in {n.lower().replace("_", "").replace("-", "") for n in taken}:
            taken.add(other.name)
            result.append(other)
    return result


def one_tool(source):
    return known(source) if source.side == "training" and source.chance(0.25) else composed(source)


def declared(source, tools):
    source.shuffle(tools)
    return [tool.declaration(source) for tool in tools]


def single(source):
    tool = one_tool(source)
    values = tool.values(source)
    return with_results(source, ToolTask(declared(source, [tool, *others(source, tool)]), asked(source, tool, values),
                                         called(tool, values), [(tool.name, values)]))


def twice(source):
    """One tool, called for two values of one parameter."""
    while True:
        tool = one_tool(source)
        values = tool.values(source)
        kinds = {name: kind for name, kind, _ in tool.parameters}
        varied = [name for name in values if kinds[name] in ("city", "person", "day", "language", "code", "topic", "target")]
        if varied:
            break
    name = source.choice(varied)
    while True:
        second = {**values, name: PARAMETERS[kinds[name]][3](source)}
        if second != values:
            break
    joined = {**values, name: f"{values[name]} and {second[name]}"}
    if tool.asks is None and kinds[name] == "person" and source.chance(0.3):
        joined[name] = f"{values[name]} and for {second[name]}"
    question = asked(source, tool, joined)
    return with_results(source, ToolTask(
        declared(source, [tool, *others(source, tool, 2)]), question, called(tool, values) + "\n" + called(tool, second),
        [(tool.name, values), (tool.name, second)]))


def both(source):
    """Two tools in one request."""
    first, second = composed(source), composed(source)
    if first.name == second.name or first.action == second.action:
        return both(source)
    a, b = first.values(source), second.values(source)
    lead, end = source.choice(LEADS)
    joint = source.choice((" and ", " and then ", " and also ", ", and "))
    text = lead + action(source, first, a) + joint + action(source, second, b) + end
    question = text if lead and lead[0].islower() else text[0].upper() + text[1:]
    tools = [first, second] + [tool for tool in others(source, first, 2) if tool.name != second.name]
    return with_results(source, ToolTask(declared(source, tools), question, called(first, a) + "\n" + called(second, b),
                                         [(first.name, a), (second.name, b)]))


def none_fits(source):
    tool = composed(source)
    rest = [other for other in others(source, tool) if other.action != tool.action] or [composed(source)]
    if any(other.action == tool.action for other in rest):
        return none_fits(source)
    return ToolTask(declared(source, rest), asked(source, tool, tool.values(source)), f"Wanted: {tool.action}\nNo tool here does this.", [], NO_TOOL)


def missing_value(source):
    """A required value that the user did not say: the model asks for it."""
    while True:
        tool = composed(source)
        required = [name for name, _, required in tool.parameters if required]
        if required:
            break
    name = source.choice(required)
    values = {key: value for key, value in tool.values(source).items() if key != name}
    spoken = name.replace("_", " ")
    return ToolTask(declared(source, [tool, *others(source, tool, 2)]), asked(source, tool, values),
                    f"{called(tool, values)}\nThe {spoken} must be given.", [], f"Please tell me the {spoken}.")


def tool_task(source):
    luck = source.random()
    if luck < 0.53:
        return single(source)
    if luck < 0.67:
        return twice(source)
    if luck < 0.82:
        return both(source)
    return none_fits(source) if luck < 0.94 else missing_value(source)


def beside_tools(source):
    """Tools to declare in a conversation that is about something else."""
    tool = composed(source)
    return declared(source, [tool, *others(source, tool, 2)])

