"""An independent matcher for grammars in GBNF: a small reader, and Earley's algorithm over characters."""

import re

WORDS = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)|(?P<define>[\w.-]+\s*::=)|(?P<name>[\w.-]+)|(?P<text>"(?:\\.|[^"\\])*")"""
    r"""|(?P<cls>\[(?:\\.|[^\]\\])*\])|(?P<count>\{[^}]*\})|(?P<sign>[()|*+?.])""", re.VERBOSE)
ESCAPE = re.compile(r"\\(?:x(\w{2})|u(\w{4})|U(\w{8})|(.))")
CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


def characters(text):
    """The characters of a text or class, each with whether it was escaped."""
    position = 0
    while position < len(text):
        escape = ESCAPE.match(text, position)
        if escape:
            code = escape[1] or escape[2] or escape[3]
            yield (chr(int(code, 16)) if code else CONTROLS.get(escape[4], escape[4])), True
            position = escape.end()
        else:
            yield text[position], False
            position += 1


def class_test(text):
    inverted = text.startswith("^")
    members = list(characters(text[1:] if inverted else text))
    ranges = []
    while members:
        first, _ = members.pop(0)
        if len(members) > 1 and members[0] == ("-", False):
            ranges.append((first, members[1][0]))
            del members[:2]
        else:
            ranges.append((first, first))
    return lambda character: inverted != any(low <= character <= high for low, high in ranges)


class Grammar:
    """Rules as lists of alternatives, each a tuple of rule names and tests of one character."""

    def __init__(self, text):
        self.rules = {}
        self.words = [(match.lastgroup, match[0]) for match in WORDS.finditer(text) if match.lastgroup != "space"]
        while self.words:
            kind, name = self.words.pop(0)
            assert kind == "define", name
            self.rules[name[:-3].strip()] = self.alternatives()

    def fresh(self, alternatives):
        name = f"/{len(self.rules)}"
        self.rules[name] = alternatives
        return name

    def alternatives(self):
        result = [self.sequence()]
        while self.words and self.words[0] == ("sign", "|"):
            self.words.pop(0)
            result.append(self.sequence())
        return result

    def sequence(self):
        parts = []
        while self.words and self.words[0][0] != "define" and self.words[0][1] not in ("|", ")"):
            kind, word = self.words.pop(0)
            if kind == "text":
                parts.append(self.fresh([tuple((lambda c, wanted=wanted: c == wanted) for wanted, _ in characters(word[1:-1]))]))
            elif kind == "cls":
                parts.append(class_test(word[1:-1]))
            elif word == ".":
                parts.append(lambda character: True)
            elif word == "(":
                parts.append(self.fresh(self.alternatives()))
                assert self.words.pop(0)[1] == ")"
            elif word in "*+?" or kind == "count":
                parts.append(self.repeated(parts.pop(), word))
            else:
                parts.append(word)
        return tuple(parts)

    def repeated(self, part, word):
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(word, (None, None))
        if low is None:
            numbers = word.strip("{} ").split(",")
            low = int(numbers[0] or 0)
            high = low if len(numbers) == 1 else int(numbers[1]) if numbers[1].strip() else None
        if high is None:
            more = self.fresh([()])
            self.rules[more] = [(), (part, more)]
            return self.fresh([(part,) * low + (more,)])
        rest = self.fresh([()])
        for _ in range(high - low):
            rest = self.fresh([(), (part, rest)])
        return self.fresh([(part,) * low + (rest,)])

    def matches(self, text):
        """Whether the whole text is of the rule `root`."""
        columns = [set() for _ in range(len(text) + 1)]
        open_items = [("root", alternative, 0, 0) for alternative in self.rules["root"]]
        for position, column in enumerate(columns):
            pending = open_items if position == 0 else list(column)
            column.update(pending)
            ended = set()
            while pending:
                rule, alternative, dot, start = item = pending.pop()
                found = []
                if dot == len(alternative):
                    if start == position:
                        ended.add(rule)
                    found = [(r, a, d + 1, s) for r, a, d, s in columns[start] if d < len(a) and a[d] == rule]
                elif isinstance(alternative[dot], str):
                    wanted = alternative[dot]
                    found = [(wanted, choice, 0, position) for choice in self.rules[wanted]]
                    if wanted in ended:
                        found.append((rule, alternative, dot + 1, start))
                elif position < len(text) and alternative[dot](text[position]):
                    columns[position + 1].add((rule, alternative, dot + 1, start))
                for item in found:
                    if item not in column:
                        column.add(item)
                        pending.append(item)
        return any(rule == "root" and dot == len(a) and start == 0 for rule, a, dot, start in columns[-1])
