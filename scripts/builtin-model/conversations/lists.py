"""Sorting short lists of numbers or words, by putting one item after the other into its place."""

from functools import cache

from .arithmetic import number
from .problem import Problem
from .split import HELD_OUT, is_held_out
from .words import FRUITS, english, english_word

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


def placing_lines(items, ordered, by_letter=False):
    lines = [f"Start with {items[0]}"]
    for index, item in enumerate(items[1:], 2):
        so_far = sorted(items[:index], key=ordered.index)
        if by_letter:
            lines += [first_line(item, other) for other in so_far[:so_far.index(item) + 2]
                      if other != item and other[0] == item[0]]
        lines.append(f"put in {item}: {', '.join(so_far)}")
    return lines


def first_line(a, b):
    """Which of two words of the same first letter comes first."""
    shorter = min(a, b, key=len)
    same = next((place for place, (x, y) in enumerate(zip(a, b)) if x != y), len(shorter))
    last = f"{shorter} ends" if same == len(shorter) else f"{a[same]} {b[same]}"
    return f"{a} or {b}: {', '.join([*(f'{x} {x} same' for x in a[:same]), last])}: {min(a, b)} first"


@cache
def alike(side, longest):
    """English words of one side by their first letters."""
    groups = {}
    for each in english():
        if len(each) <= longest and is_held_out(each) == (side == HELD_OUT):
            for length in (1, 2, 3):
                groups.setdefault(each[:length], []).append(each)
    return groups


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
        count = min(count, 5)
        luck = source.random()
        if luck < 0.15:
            items = drawn(source, lambda: source.choice(FRUITS), count)
        elif luck < 0.6:
            items = drawn(source, lambda: english_word(source, 9), count)
        else:
            # Most begin alike: the hard case.
            groups, first = alike(source.side, 9), english_word(source, 9)
            group = next((groups[first[:length]] for length in (source.randint(1, 3), 1)
                          if len(groups.get(first[:length], ())) > 2 * count), groups["s"])
            items = drawn(source, lambda: source.choice(group) if source.chance(0.8) else english_word(source, 9), count)
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
    return Problem("sorting", question, "\n".join([how, *placing_lines(items, ordered, by_letter)]), answer, answer, judge="text")


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
