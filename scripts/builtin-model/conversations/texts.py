"""Questions about a text: word problems, and facts to find."""

from .arithmetic import admits_sum, difference_lines, number, pair, product_lines, running_lines, sum_lines
from .problem import Problem
from .words import COLOURS, NAMES, THINGS, city, english_word, proper_name

GAINS = ["gets {b} more", "buys {b} more", "finds {b} more", "receives {b} {t}", "picks up {b} more", "is given {b} more {t}",
         "wins {b}", "earns {b} more", "collects {b} {t}", "makes {b} more", "adds {b}", "takes {b} more", "buys {b}", "finds {b} {t}",
         "gets {b} from {m}", "receives {b} from a friend", "brings home {b} more", "borrows {b}"]
LOSSES = ["gives away {b}", "loses {b}", "sells {b} of them", "gives {b} {t} to a friend", "breaks {b} of them",
          "throws away {b}", "eats {b}", "eats {b} of them", "uses {b}", "uses up {b} {t}", "drops {b}", "lends {b}", "donates {b}",
          "gives {m} {b}", "gives {b} to {m}", "sells {b}", "spends {b}", "returns {b}", "hides {b} of them", "shares {b} with {m}",
          "leaves {b} at home", "forgets {b}", "drinks {b}", "burns {b}"]
PRODUCTS = ["There are {a} boxes with {b} {t} in each box. How many {t} are there in all?",
            "{n} has {a} bags. Each bag holds {b} {t}. How many {t} does {n} have?",
            "A shop sells {a} packs of {t}. There are {b} in every pack. How many {t} is that?",
            "One ticket costs {b} dollars. How much do {a} tickets cost?",
            "{n} reads {b} pages a day. How many pages does {n} read in {a} days?",
            "{n} works {b} hours a day for {a} days. How many hours is that?"]
TRIPLES = ["{n} has {a} {t}, {m} has {b} and {o} has {c}. How many {t} do they have together?",
           "A book costs {a} dollars, a bag {b} dollars and a pen {c} dollars. How much do they cost together?",
           "{n} walks {a} steps on Monday, {b} on Tuesday and {c} on Wednesday. How many steps is that?",
           "There are {a} {t} on the table, {b} in the box and {c} on the shelf. How many {t} are there?"]
SUMS = ["{n} has {a} {t} and {m} has {b} {t}. How many {t} do they have together?",
        "There are {a} {t} on the table and {b} {t} in the box. How many {t} are there?",
        "A train has {a} people on it. At the next stop {b} more get on. How many people are on the train?",
        "{n} walks {a} steps in the morning and {b} steps in the evening. How many steps is that?",
        "A book costs {a} dollars and a bag costs {b} dollars. How much do they cost together?"]
DIFFERENCES = ["{n} has {a} {t} and {m} has {b} {t}. How many more {t} does {n} have than {m}?",
               "There are {a} seats in a hall and {b} are taken. How many seats are free?",
               "{n} has {a} dollars and spends {b} dollars. How much money is left?",
               "A rope is {a} metres long. {n} cuts off {b} metres. How long is the rest?",
               "{n} wants to read {a} pages and has read {b}. How many pages are left?"]


def two_names(source):
    first, second = proper_name(source), proper_name(source)
    return (first, second) if first != second else two_names(source)


def small_pair(source, task):
    luck = source.random()
    return pair(source, task, *((1, 1) if luck < 0.15 else (2, 1) if luck < 0.35 else (2, 2) if luck < 0.8 else (3, 2)))


def lines_for(sign, a, b):
    return {"+": sum_lines, "-": difference_lines, "×": product_lines}[sign](a, b)


def word_problem(source):
    kind = source.choice(("+", "+", "-", "-", "×", "×", "triple", "change", "change", "change", "two steps", "two steps"))
    n, m = two_names(source)
    t = source.choice(THINGS)
    if kind in ("change", "two steps"):
        return changes(source, n, t, 1 if kind == "change" else 2)
    if kind == "triple":
        return triple(source, n, m, t)
    if kind == "×":
        a, b = pair(source, "multiplying", *source.choice([(1, 1), (2, 1), (2, 1)]))
        question, why = source.choice(PRODUCTS), "Each one has the same, so multiply"
        a, b = (max(a, 2), max(b, 2))
    elif kind == "+":
        a, b = small_pair(source, "adding")
        question, why = source.choice(SUMS), "All together, so add"
    else:
        a, b = sorted(small_pair(source, "subtracting"), reverse=True)
        question, why = source.choice(DIFFERENCES), "What is left over, so subtract"
    result = {"+": a + b, "-": a - b, "×": a * b}[kind]
    lines = [f"{why}: {a} {kind} {b}.", *lines_for(kind, a, b)]
    return Problem("word_problem", question.format(a=a, b=b, n=n, m=m, t=t), "\n".join(lines), f"The answer is {result}.",
                   result, wrong_answer=f"The answer is {result + source.choice((1, 2, 10))}.")


def triple(source, n, m, t):
    """Three amounts together."""
    while True:
        amounts = [number(source, source.choice((1, 2, 2, 3))) for _ in range(3)]
        if admits_sum(source, amounts):
            break
    a, b, c = amounts
    question = source.choice(TRIPLES).format(a=a, b=b, c=c, n=n, m=m, o=proper_name(source), t=t)
    lines = [f"All together, so add: {a} + {b} + {c}.", *running_lines(amounts, "++")]
    return Problem("word_problem", question, "\n".join(lines), f"The answer is {sum(amounts)}.", sum(amounts),
                   wrong_answer=f"The answer is {sum(amounts) + source.choice((1, 2, 10))}.")


def changes(source, name, thing, steps):
    """Something grows and shrinks."""
    have, b = small_pair(source, "adding" if source.chance(0.5) else "subtracting")
    have, b = max(have, b), min(have, b)
    text, lines = [f"{name} {source.choice(('has', 'has', 'starts with', 'owns', 'buys'))} {have} {thing}."], [f"Start: {have}"]
    subject = source.choice((name, name, "He", "She"))
    other = source.choice(NAMES)
    for step in range(steps):
        grows = source.chance(0.5) or have < 2
        b = b if step == 0 else number(source, source.choice((1, 1, 2)))
        b = b if grows else min(b, have)
        event = source.choice(GAINS if grows else LOSSES).format(b=b, t=thing, m=other)
        if step and source.chance(0.4):
            text[-1] = f"{text[-1].rstrip('.')} {source.choice(('and', 'and then'))} {event}."
        else:
            then = f"Then {subject.lower() if subject in ('He', 'She') else subject}"
            text.append(f"{source.choice((subject, then))} {event}.")
        sign = "+" if grows else "-"
        lines += [f"{'More' if grows else 'Fewer'}: {have} {sign} {b}", *lines_for(sign, have, b)]
        have = have + b if grows else have - b
    text.append(source.choice((f"How many {thing} does {name} have now?", f"How many {thing} are left?",
                               f"How many {thing} does {name} have?", f"How many does {name} have now?",
                               f"How many {thing} does {'he' if subject == 'He' else 'she' if subject == 'She' else name} have?",
                               "How many are left?")))
    return Problem("word_problem", " ".join(text), "\n".join(lines), f"The answer is {have}.", have,
                   wrong_answer=f"The answer is {have + source.choice((1, 2, 10))}.")


JOBS = "nurse teacher baker doctor pilot farmer painter driver cook singer lawyer writer".split()
ANIMALS = "dog cat horse parrot rabbit hamster goat duck pony turtle".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
# "candies" would make "candie".
SINGLE_THINGS = [thing[:-1] for thing in THINGS if not thing.endswith(("ies", "xes", "hes"))]
DISHES = "soup rice pasta bread fish salad cake pizza curry noodles".split()


def fact(source):
    """(what it is about, sentence, questions, answer): something said about somebody."""
    n = proper_name(source)
    place, thing, age = city(source), source.choice(SINGLE_THINGS), source.randint(3, 99)
    colour, job, animal = source.choice(COLOURS), source.choice(JOBS), source.choice(ANIMALS)
    dish, day, pet, word = source.choice(DISHES), source.choice(DAYS), proper_name(source), english_word(source, 10)
    count = source.randint(2, 90)
    return source.choice([
        (f"where {n} lives", f"{n} lives in {place}.",
         (f"Where does {n} live?", f"In which city does {n} live?", f"Which city is {n}'s home?"), place),
        (f"where {n} was born", f"{n} was born in {place}.",
         (f"Where was {n} born?", f"In which city was {n} born?"), place),
        (f"the age of {n}", f"{n} is {age} years old.", (f"How old is {n}?", f"What is {n}'s age?"), str(age)),
        (f"the job of {n}", f"{n} works as a {job}.",
         (f"What does {n} do for a living?", f"What is {n}'s job?", f"What does {n} work as?"), job),
        (f"the {animal} of {n}", f"{n} has a {animal} named {pet}.",
         (f"What is {n}'s {animal} called?", f"What is the name of {n}'s {animal}?"), pet),
        (f"the colour that {n} likes", f"{n}'s favourite colour is {colour}.",
         (f"What is {n}'s favourite colour?", f"Which colour does {n} like best?"), colour),
        (f"the bike of {n}", f"{n} has a {colour} bike.",
         (f"What colour is {n}'s bike?", f"Which colour does {n}'s bike have?"), colour),
        (f"the food that {n} likes", f"{n} likes {dish} best.",
         (f"What does {n} like best?", f"Which food does {n} like best?"), dish),
        (f"when {n} plays football", f"{n} plays football on {day}.",
         (f"When does {n} play football?", f"On which day does {n} play football?"), day),
        (f"when {n} arrived", f"{n} arrived on {day}.",
         (f"When did {n} arrive?", f"On which day did {n} arrive?"), day),
        (f"the {thing}s of {n}", f"{n} has {count} {thing}s.", (f"How many {thing}s does {n} have?",), str(count)),
        (f"the password of {n}", f"The password of {n} is {word}.",
         (f"What is the password of {n}?", f"What is {n}'s password?"), word),
        (f"the meeting with {n}", f"The meeting with {n} is in {place}.", (f"Where is the meeting with {n}?",), place),
        (f"the price of the {thing}", f"The {thing} costs {count} dollars.",
         (f"How much does the {thing} cost?", f"What is the price of the {thing}?"), str(count)),
    ])


def finding(source):
    """A fact out of a text, or the word that it isn't there."""
    while True:
        facts = [fact(source) for _ in range(source.choice((1, 2, 3, 3, 4, 5, 6)))]
        sentences = {sentence for _, sentence, _, _ in facts}
        about, sentence, questions, answer = source.choice(facts)
        subject = " ".join(sentence.split()[:2])
        if len(sentences) == len(facts) and source.admits("fact", subject, answer):
            break
    asked = source.choice(questions)
    if sum(question[:12] == asked[:12] and question == asked for _, _, qs, _ in facts for question in qs) > 1:
        return finding(source)
    text = " ".join(sentence for _, sentence, _, _ in facts)
    missing = source.chance(0.18)
    if missing:
        while True:
            about, _, questions, _ = fact(source)
            asked = source.choice(questions)
            if not any(asked in qs for _, _, qs, _ in facts):
                break
    question = source.choice([
        "{t}\n\n{q}", "{t} {q}", "Text: {t}\nQuestion: {q}", "Read this: {t}\n{q}", "{t}\n{q}", "{q}\n\n{t}",
        "Answer from the text.\n\n{t}\n\n{q}",
    ]).format(t=text, q=asked)
    if missing:
        return Problem("finding", question, f"Look for {about}.\nThe text does not say it.", "The text does not say that.",
                       "does not say", judge="text")
    return Problem("finding", question, f'Look for {about}.\nThe text says: "{sentence}"\nSo the answer is {answer}.', f"{answer}.", answer,
                   judge="text")
