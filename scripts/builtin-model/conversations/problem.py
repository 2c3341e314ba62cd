"""One question with its reasoning and its answer."""

from dataclasses import dataclass, field

# Text between these two is written one letter a token: a model that puts a word together from letters does it so.
SPELLED_START = "\x01"
SPELLED_END = "\x02"


def spelled(text):
    return SPELLED_START + text + SPELLED_END


def plain(text):
    """The text as a reader sees it."""
    return text.replace(SPELLED_START, "").replace(SPELLED_END, "")


@dataclass
class Problem:
    """A question a user asks, how to think about it, and what to answer.

    `expected` is what a right answer holds: a number (the last number of the answer) or a text.
    `again` makes the reply to "Really?" after this question; `follow_up` a short question of the same kind ("and pears?").
    """
    task: str
    question: str
    reasoning: str
    answer: str
    expected: object = None
    judge: str = "number"
    follow_up: object = None
    wrong_answer: str = None
    system: str = None
    details: dict = field(default_factory=dict)
