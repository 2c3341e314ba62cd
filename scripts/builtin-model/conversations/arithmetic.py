"""Sums, differences, products and comparisons, worked digit by digit as on paper."""

from .problem import Problem
from .split import HELD_OUT, TRAINING

PLACES = ["ones", "tens", "hundreds", "thousands", "ten thousands", "hundred thousands", "millions"]
ADD_QUESTIONS = ["What is {a} + {b}?", "{a} + {b}", "{a}+{b}", "{a} + {b} = ?", "{a}+{b}=?", "Add {a} and {b}.",
                 "What is the sum of {a} and {b}?", "Calculate {a} + {b}.", "What is {a} plus {b}?", "What's {a}+{b}?",
                 "How much is {a} plus {b}?", "compute {a} + {b}", "Can you add {a} to {b}?", "{a} plus {b}",
                 "Please work out {a} + {b}.", "what is {a}+{b}"]
# {plus}: 1 + 2 + 3; {list}: 1, 2 and 3; {commas}: 1, 2, 3; {words}: 1 plus 2 plus 3.
SUM_QUESTIONS = ["What is {plus}?", "{plus}", "{plus}", "{plus} = ?", "{plus}=?", "Calculate {plus}.", "compute {plus}",
                 "Please work out {plus}.", "How much is {plus}?", "What's {plus}?", "what is {plus}", "What does {plus} equal?",
                 "Add {list}.", "Add {list} together.", "Add up {list}.", "What is the sum of {list}?", "sum of {list}",
                 "What do {list} add up to?", "Can you add {list}?", "What is the total of {list}?", "Find the sum of {list}.",
                 "How much are {list} together?", "Add these numbers: {commas}", "Sum: {commas}", "Add up the numbers {list}.",
                 "What is {words}?", "How much is {words}?", "{words}"]
SIGN_NAMES = {"+": "plus", "-": "minus"}
CHAIN_QUESTIONS = ["What is {signs}?", "{signs}", "{signs} = ?", "Calculate {signs}.", "compute {signs}", "How much is {signs}?",
                   "What's {signs}?", "Please work out {signs}.", "What is {words}?"]
SUBTRACT_QUESTIONS = ["What is {a} - {b}?", "{a} - {b}", "{a}-{b}", "{a} - {b} = ?", "Subtract {b} from {a}.",
                      "What is {a} minus {b}?", "Calculate {a} - {b}.", "How much is {a} minus {b}?", "What's {a}-{b}?",
                      "What is the difference between {a} and {b}?", "Take {b} away from {a}.", "{a} minus {b}",
                      "compute {a} - {b}"]
MULTIPLY_QUESTIONS = ["What is {a} × {b}?", "{a} * {b}", "{a}*{b}", "{a} x {b}", "What is {a} times {b}?", "Multiply {a} by {b}.",
                      "What is the product of {a} and {b}?", "Calculate {a} * {b}.", "How much is {a} times {b}?", "{a} × {b} = ?",
                      "What's {a} x {b}?", "{a} times {b}", "compute {a} * {b}"]
COMPARE_QUESTIONS = ["Which is {more}, {a} or {b}?", "Which number is {more}: {a} or {b}?", "What is {more}, {a} or {b}?",
                     "Is {a} or {b} {more}?", "Compare {a} and {b}: which is {more}?", "which one is {more}: {a} or {b}",
                     "Tell me which is {more}: {a} or {b}."]
IS_QUESTIONS = ["Is {a} {more} than {b}?", "Is the number {a} {more} than {b}?", "is {a} {more} than {b}?"]


def digit(number, place):
    return number // 10**place % 10


def place_count(*numbers):
    return max(len(str(number)) for number in numbers)


def sum_lines(a, b):
    lines, carry = [f"{a} + {b}, digit by digit from the right:"], 0
    for place in range(place_count(a, b)):
        x, y = digit(a, place), digit(b, place)
        total = x + y + carry
        more = f" + {carry}" if carry else ""
        carry = total // 10
        lines.append(f"{PLACES[place]}: {x} + {y}{more} = {total}, write {total % 10}, carry {carry}")
    if carry:
        lines.append(f"{PLACES[place_count(a, b)]}: write {carry}")
    return [*lines, f"Together: {a + b}"]


def difference_lines(a, b):
    """For a ≥ b."""
    lines, borrowed, written = [f"{a} - {b}, digit by digit from the right:"], 0, ""
    for place in range(place_count(a)):
        x, y = digit(a, place), digit(b, place)
        rest = x - y - borrowed
        less = f" - {borrowed}" if borrowed else ""
        if rest < 0:
            lines.append(f"{PLACES[place]}: {x} - {y}{less} = {rest}, borrow 10: {rest + 10}, write {rest + 10}, borrowed 1")
        else:
            lines.append(f"{PLACES[place]}: {x} - {y}{less} = {rest}, write {rest}, borrowed 0")
        borrowed, written = int(rest < 0), str(rest % 10) + written
    together = f"Together: {written}"
    return [*lines, together if written == str(a - b) else f"{together}, so {a - b}"]


def running_lines(numbers, signs):
    """Sums and differences from left to right, none below zero: each total and the next number, digit by digit."""
    total, lines = numbers[0], [f"{chained(numbers, signs)}, one number after another:"]
    for following, sign in zip(numbers[1:], signs):
        lines += sum_lines(total, following) if sign == "+" else difference_lines(total, following)
        total += following if sign == "+" else -following
    return lines


def chained(numbers, signs, space=" ", names={}):
    """The numbers with the signs, or their names, between them."""
    return str(numbers[0]) + "".join(f"{space}{names.get(sign, sign)}{space}{each}" for each, sign in zip(numbers[1:], signs))


def product_by_digit_lines(a, b):
    """For b of one digit."""
    lines, carry = [f"{a} × {b}, digit by digit from the right:"], 0
    for place in range(place_count(a)):
        product = digit(a, place) * b
        total = product + carry
        more = f" + {carry} = {total}" if carry else ""
        carry = total // 10
        lines.append(f"{PLACES[place]}: {digit(a, place)} × {b} = {product}{more}, write {total % 10}, carry {carry}")
    if carry:
        lines.append(f"{PLACES[place_count(a)]}: write {carry}")
    return [*lines, f"Together: {a * b}"]


def product_lines(a, b):
    if a < 10 and b < 10:
        return [f"{a} × {b} = {a * b}"]
    if a < 10:
        return [f"Turn around: {b} × {a}", *product_by_digit_lines(b, a)]
    if b < 10:
        return product_by_digit_lines(a, b)
    tens, ones = divmod(b, 10)
    return [f"{b} = {tens}0 + {ones}", "First part:", *product_by_digit_lines(a, ones), "Second part:",
            *product_by_digit_lines(a, tens), f"times 10: {a * tens * 10}", "Add the parts:", *sum_lines(a * ones, a * tens * 10)]


def comparison_lines(a, b):
    """Ends with the larger one, or with "equal"."""
    lines = [f"{a} has {len(str(a))} digit{'s' * (a > 9)}, {b} has {len(str(b))}."]
    if len(str(a)) != len(str(b)):
        return [*lines, f"More digits: {max(a, b)} is larger."]
    for x, y in zip(str(a), str(b)):
        if x != y:
            return [*lines, f"{x} and {y}: {max(x, y)} is larger.", f"So {max(a, b)} is larger."]
        lines.append(f"{x} and {y}: same")
    return [*lines, "They are equal."]


def larger_line(a, b):
    """The comparison in one line."""
    if len(str(a)) != len(str(b)):
        return f"{a} or {b}: {max(a, b)} has more digits."
    same = next((place for place, (x, y) in enumerate(zip(str(a), str(b))) if x != y), None)
    if same is None:
        return f"{a} or {b}: equal."
    steps = [f"{x} {x} same" for x in str(a)[:same]] + [f"{str(a)[same]} {str(b)[same]}"]
    return f"{a} or {b}: {', '.join(steps)}: {max(a, b)} is larger."


def number(source, digits):
    return source.randint(10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1)


# Numbers of fewer digits together are never held out, and never measured: everyone must learn its tables.
HELD_OUT_DIGITS = 4


def pair(source, task, digits_a, digits_b):
    """Two numbers of this side; larger ones than asked for where small ones can't be held out."""
    if source.side == HELD_OUT and digits_a + digits_b < HELD_OUT_DIGITS:
        digits_a = HELD_OUT_DIGITS - digits_b
    while True:
        a, b = number(source, digits_a), number(source, digits_b)
        is_small = len(str(a)) + len(str(b)) < HELD_OUT_DIGITS
        if is_small and source.side == TRAINING or not is_small and source.admits(task, min(a, b), max(a, b)):
            return a, b


def admits_sum(source, numbers):
    """Whether a sum of several numbers is of this side."""
    if sum(len(str(each)) for each in numbers) < HELD_OUT_DIGITS:
        return source.side == TRAINING
    if not source.admits("adding", *sorted(numbers)):
        return False
    return shows(source, numbers, "+" * (len(numbers) - 1))


def shows(source, numbers, signs):
    """Whether reasoning of this side may work this out from left to right: training never shows a pair that is held out."""
    total = numbers[0]
    for following, sign in zip(numbers[1:], signs):
        a, b = sorted((total, following))
        is_small = len(str(a)) + len(str(b)) < HELD_OUT_DIGITS
        if source.side == TRAINING and not is_small and not source.admits("adding" if sign == "+" else "subtracting", a, b):
            return False
        total += following if sign == "+" else -following
    return True


def sizes(source, most):
    longer = source.choice([1, 2, 2, 3, 3, 3, 4, 5][: {2: 3, 3: 6, 4: 7, 5: 8}[most]])
    return longer, longer if source.chance(0.7) else source.randint(1, longer)


def wrong(source, value):
    off = source.choice((1, 10, 2, 100, 9)) * source.choice((-1, 1))
    return value + off if value + off >= 0 else value + abs(off)


def worked(task, source, questions, a, b, sign, lines, result):
    return Problem(task, source.choice(questions).format(a=a, b=b), "\n".join(lines), f"{a} {sign} {b} = {result}", result,
                   wrong_answer=f"{a} {sign} {b} = {wrong(source, result)}",
                   details={"digits": (len(str(a)), len(str(b)))})


def adding(source, most=5, digits=None):
    a, b = pair(source, "adding", *(digits or sizes(source, most)))
    if source.chance(0.5):
        a, b = b, a
    return worked("adding", source, ADD_QUESTIONS, a, b, "+", sum_lines(a, b), a + b)


def adding_several(source, most=3, count=None, digits=None):
    """A sum of two to five numbers of up to `most` digits, or of exactly `digits`; sometimes a difference among them."""
    if not count and source.chance(0.12):
        return chain(source, most)
    count = count or source.choice((2, 3, 3, 3, 4, 4, 4, 5))
    while True:
        longest = digits or min(most, source.choice((1, 2, 2, 3, 3, 3, 3)))
        numbers = [number(source, digits or (longest if source.chance(0.75) else source.randint(1, longest)))
                   for _ in range(count)]
        if admits_sum(source, numbers):
            break
    signs = "+" * (count - 1)
    space = " " if source.chance(0.7) else ""
    commas = ", ".join(map(str, numbers))
    listed = f"{', '.join(map(str, numbers[:-1]))}{',' * (count > 2 and source.chance(0.2))} and {numbers[-1]}"
    question = source.choice(SUM_QUESTIONS).format(
        plus=chained(numbers, signs, space), list=listed, commas=commas, words=chained(numbers, signs, names=SIGN_NAMES))
    lines = sum_lines(*numbers) if count == 2 else running_lines(numbers, signs)
    return said(source, question, lines, chained(numbers, signs), sum(numbers))


def chain(source, most=3):
    """Sums and differences in one line."""
    while True:
        numbers = [number(source, source.randint(1, most)) for _ in range(source.choice((3, 3, 4)))]
        signs, total = "", numbers[0]
        for following in numbers[1:]:
            signs += "-" if following <= total and source.chance(0.6) else "+"
            total += following if signs[-1] == "+" else -following
        if "-" in signs and source.admits("chain", signs, *numbers) and shows(source, numbers, signs):
            break
    space = " " if source.chance(0.7) else ""
    question = source.choice(CHAIN_QUESTIONS).format(
        signs=chained(numbers, signs, space), words=chained(numbers, signs, names=SIGN_NAMES))
    return said(source, question, running_lines(numbers, signs), chained(numbers, signs), total)


def said(source, question, lines, calculation, result):
    return Problem("adding_several", question, "\n".join(lines), f"{calculation} = {result}", result,
                   wrong_answer=f"{calculation} = {wrong(source, result)}")


def three_digit_sum(source, count):
    """What is measured as adding: `count` numbers of three digits."""
    return adding(source, digits=(3, 3)) if count == 2 else adding_several(source, count=count, digits=3)


def subtracting(source, most=5, digits=None):
    a, b = pair(source, "subtracting", *(digits or sizes(source, most)))
    below_zero = source.chance(0.12)
    if (a < b) != below_zero:
        a, b = b, a
    if a >= b:
        lines = [f"{larger_line(a, b)} Not below zero.", *difference_lines(a, b)]
    else:
        lines = [f"{larger_line(a, b)} Below zero.", *difference_lines(b, a), f"With the sign: {a - b}"]
    return worked("subtracting", source, SUBTRACT_QUESTIONS, a, b, "-", lines, a - b)


def multiplying(source, digits=None):
    digits = digits or source.choice([(1, 1), (2, 1), (2, 1), (3, 1), (2, 2), (2, 2), (2, 2)])
    while True:
        a, b = pair(source, "multiplying", *digits)
        if digits != (2, 2) or shows(source, (a * (b % 10), a * (b - b % 10)), "+"):
            break
    if digits != (2, 2) and source.chance(0.3):
        a, b = b, a
    return worked("multiplying", source, MULTIPLY_QUESTIONS, a, b, "×", product_lines(a, b), a * b)


def comparing(source, most=6):
    while True:
        digits = source.randint(1, most)
        a = number(source, digits)
        if source.chance(0.65):
            # The same first digits: the hard case.
            kept = source.randint(0, digits)
            b = int(str(a)[:kept] + "".join(str(source.randint(0, 9)) for _ in range(digits - kept)) or 0)
        else:
            b = number(source, source.randint(1, most))
        is_small = len(str(a)) + len(str(b)) < HELD_OUT_DIGITS
        if a != b and (is_small and source.side == TRAINING
                       or not is_small and source.admits("comparing", min(a, b), max(a, b))):
            break
    lines = comparison_lines(a, b)
    larger = source.chance(0.65)
    more = source.choice(("larger", "bigger", "greater") if larger else ("smaller", "less"))
    chosen = max(a, b) if larger else min(a, b)
    if source.chance(0.25):
        yes = (a > b) == larger
        answer = f"{'Yes' if yes else 'No'}, {a} is {more if yes else 'not ' + more} than {b}."
        lines += [f"{a} is {'larger' if a > b else 'smaller'} than {b}.",
                  f"Asked: is it {'larger' if larger else 'smaller'}? {'Yes' if yes else 'No'}."]
        return Problem("comparing", source.choice(IS_QUESTIONS).format(a=a, b=b, more=more), "\n".join(lines), answer,
                       "Yes" if yes else "No", judge="start")
    if not larger:
        lines.append(f"The smaller one is {chosen}.")
    return Problem("comparing", source.choice(COMPARE_QUESTIONS).format(a=a, b=b, more=more), "\n".join(lines),
                   f"{chosen} is {more}.", f"{chosen} is", judge="start")
