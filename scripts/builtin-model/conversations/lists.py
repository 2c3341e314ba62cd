"""Sorting short lists of numbers or words, by putting one item after the other into its place."""

from .arithmetic import number
from .problem import Problem
from .words import FRUITS, english_word

SORT_QUESTIONS = ["Sort {l}.", "Sort these {kind}{order}: {l}", "Put these {kind} in order{order}: {l}.", "sort {l}{order}",
                  "Please sort the list {l}{order}.", "Can you sort {l}{order}?", "Order these {kind}{order}: {l}",
                  "Arrange {l}{order}."]
EXTREME_QUESTIONS = ["Which is the {most} of {l}?", "What is the {most} of {l}?", "Find the {most} number: {l}",
                     "Which number is the {most}: {l}?", "The {most} of {l}?"]


def joined(source, items):
    separator = source.choice((", ", ", ", ", ", " "))
    if separator == ", " and source.chance(0.25):
        return ", ".join(items[:-1]) + " and " + items[-1]
    return separator.join(items)


def placing_lines(items, ordered):
    lines = [f"Start with {items[0]}"]
    for index, item in enumerate(items[1:], 2):
        so_far = sorted(items[:index], key=ordered.index)
        lines.append(f"put in {item}: {', '.join(so_far)}")
    return lines


def drawn(source, make, count):
    """Different items whose list is of this side."""
    while True:
        items = []
        while len(items) < count:
            item = make()
            if item not in items:
                items.append(item)
        if source.admits("list", *sorted(items)):
            return items


def sorting(source):
    count = source.choice((3, 3, 4, 4, 5, 6))
    by_letter = source.chance(0.35)
    if by_letter:
        make = (lambda: source.choice(FRUITS)) if source.chance(0.2) else (lambda: english_word(source, 9))
        items = drawn(source, make, min(count, 5))
        ordered, kind = sorted(items), source.choice(("words", "names", "words"))
        order = source.choice(("", " alphabetically", " by alphabet", " from a to z"))
        how = "\n".join(["From a to z.", *(f"{item}: {' '.join(item[:4])}" for item in items)])
    else:
        digits = source.choice((1, 2, 2, 2, 3))
        if digits == 1:
            count = min(count, 5)
        items = drawn(source, lambda: str(number(source, source.randint(max(1, digits - 1), digits))), count)
        falling = source.chance(0.25)
        ordered, kind = sorted(items, key=int, reverse=falling), "numbers"
        order = (source.choice((" from largest to smallest", " in descending order", " descending")) if falling
                 else source.choice(("", "", " from smallest to largest", " in ascending order", " ascending")))
        how = "Largest first." if falling else "Smallest first."
    templates = SORT_QUESTIONS if by_letter or not falling else [t for t in SORT_QUESTIONS if "{order}" in t]
    question = source.choice(templates).format(l=joined(source, items), kind=kind, order=order)
    answer = ", ".join(ordered)
    return Problem("sorting", question, "\n".join([how, *placing_lines(items, ordered)]), answer, answer, judge="text")


def extreme(source):
    """The largest or the smallest of a list."""
    digits = source.choice((2, 2, 3))
    items = drawn(source, lambda: str(number(source, source.randint(max(1, digits - 1), digits))), source.randint(3, 5))
    largest = source.chance(0.5)
    pick = max if largest else min
    best, lines = items[0], [f"Start with {items[0]}."]
    for item in items[1:]:
        new = pick(best, item, key=int)
        lines.append(f"{best} or {item}: {new}")
        best = new
    most = source.choice(("largest", "biggest") if largest else ("smallest", "least"))
    return Problem("extreme", source.choice(EXTREME_QUESTIONS).format(most=most, l=joined(source, items)), "\n".join(lines),
                   f"The {most} is {best}.", best, judge="text")
