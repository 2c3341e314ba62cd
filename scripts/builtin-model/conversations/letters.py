"""Letters of a word: counting, spelling, reversing, and asking for one of them."""

from .problem import Problem, spelled
from .words import LETTERS, word

COUNT_QUESTIONS = [
    "How many {l}'s are in {w}?", "How many {l}'s in {w}?", "How many {l} are in {w}?", "How many {l} in {w}?",
    "How many times does {l} appear in {w}?", "How often does the letter {l} occur in {w}?", "Count the {l}'s in {w}.",
    "Count the letter {l} in {w}.", "how many {l}s are there in {w}", "how many {l}s in {w}?", "how many {l}'s in {w}",
    "How many letters {l} does {w} have?", "How many times is the letter {l} in the word {w}?",
    "How many {l}'s are there in the word {w}?", "In {w}, how many {l}'s are there?", "What is the number of {l}'s in {w}?",
    "Tell me how many {l}'s {w} contains.", "{w}: how many {l}'s?", "Please count how many times {l} occurs in {w}.",
    "How many {l}'s does {w} have?", "Number of {l} in {w}?", "how often is {l} in {w}",
]
COUNT_FOLLOW_UPS = ["{w}", "{w}?", "And in {w}?", "and {w}?", "What about {w}?", "And {w}?", "how about {w}", "Now {w}.",
                    "Same for {w}.", "And how many in {w}?"]
VOWELS = "aeiou"
VOWEL_QUESTIONS = ["How many vowels are in {w}?", "How many vowels does {w} have?", "Count the vowels in {w}.",
                   "how many vowels in {w}", "How many vowels are there in the word {w}?", "What is the number of vowels in {w}?", "Count the vowels of {w}."]
CONTAINS_QUESTIONS = ["Does {w} contain the letter {l}?", "Does {w} have the letter {l}?", "Is there a letter {l} in {w}?",
                      "Is {l} in {w}?", "Is the letter {l} in {w}?", "does {w} have a {l} in it?", "Does the word {w} contain {l}?"]
LENGTH_QUESTIONS = ["How many letters are in {w}?", "How many letters does {w} have?", "How long is the word {w}?",
                    "Count the letters of {w}.", "how many letters in {w}", "What is the length of the word {w}?"]
SPELL_QUESTIONS = ["Spell {w}.", "How do you spell {w}?", "Spell the word {w} for me.", "Please spell {w}", "spell {w}",
                   "Write {w} letter by letter.", "Can you spell {w}?", "What are the letters of {w}?"]
REVERSE_QUESTIONS = ["Reverse the word {w}.", "Reverse {w}", "Write {w} backwards.", "What is {w} backwards?", "reverse {w}",
                     "Spell {w} backwards.", "What is {w} spelled backwards?", "Can you reverse {w}?",
                     "Turn the word {w} around."]
NTH_QUESTIONS = ["What is the {n} letter of {w}?", "Which letter is the {n} in {w}?", "Tell me the {n} letter of {w}.",
                 "what's the {n} letter in {w}"]
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]


def dressed(source, word):
    """The word as a user may write it."""
    luck = source.random()
    if luck < 0.6:
        return word
    if luck < 0.72:
        return word.capitalize()
    if luck < 0.76:
        return word.upper()
    return f'"{word}"' if luck < 0.92 else f"'{word}'"


def letter_dressed(source, letter):
    luck = source.random()
    if luck < 0.72:
        return letter
    return letter.upper() if luck < 0.86 else f'"{letter}"'


def question_of(source, templates, **parts):
    question = source.choice(templates).format(**parts)
    return question[0].lower() + question[1:] if source.chance(0.08) else question


def numbered(word):
    return [f"{index} {letter}" for index, letter in enumerate(word, 1)]


def counted_letter(source, word):
    """Mostly a letter that is there, often one that is there more than once."""
    luck = source.random()
    repeated = [letter for letter in word if word.count(letter) > 1]
    if luck < 0.4 and repeated:
        return source.choice(repeated)
    return source.choice(word) if luck < 0.85 else source.choice(LETTERS)


def counting(source, longest=16, chosen=None, letter=None, templates=COUNT_QUESTIONS):
    chosen = chosen or word(source, longest)
    letter = letter or counted_letter(source, chosen)
    count, lines = 0, [f"Count {letter} in {chosen}, letter by letter:"]
    for index, each in enumerate(chosen, 1):
        count += each == letter
        lines.append(f"{index} {each} {count}")
    lines.append(f"So {letter} is there {count} time{'s' * (count != 1)}.")

    def answer(number):
        return f"There is 1 {letter} in {chosen}." if number == 1 else f"There are {number} {letter}'s in {chosen}."

    off = max(0, count + source.choice((-1, 1, 1)))
    return Problem(
        "counting", question_of(source, templates, w=dressed(source, chosen), l=letter_dressed(source, letter)),
        "\n".join(lines), answer(count), count,
        follow_up=lambda source: counting(source, longest, None, letter, COUNT_FOLLOW_UPS),
        wrong_answer=answer(off if off != count else count + 1),
        details={"word": chosen, "letter": letter},
    )


def vowels(source, longest=16, templates=VOWEL_QUESTIONS):
    chosen = word(source, longest)
    count, lines = 0, [f"Count the vowels a, e, i, o, u in {chosen}, letter by letter:"]
    for index, each in enumerate(chosen, 1):
        count += each in VOWELS
        lines.append(f"{index} {each} {count}")
    lines.append(f"So there {'is' if count == 1 else 'are'} {count} vowel{'s' * (count != 1)}.")

    def answer(number):
        return f"{chosen} has {number} vowel{'s' * (number != 1)}."

    return Problem("vowels", question_of(source, templates, w=dressed(source, chosen)), "\n".join(lines), answer(count), count,
                   follow_up=lambda source: vowels(source, longest, COUNT_FOLLOW_UPS),
                   wrong_answer=answer(count + (source.choice((-1, 1)) if count else 1)))


def contains(source, longest=16):
    """Whether a letter is in a word: found by counting it."""
    chosen = word(source, longest)
    letter = source.choice(chosen if source.chance(0.5) else LETTERS)
    counted = counting(source, chosen=chosen, letter=letter)
    verdict = f"Yes, {letter} is in {chosen}." if letter in chosen else f"No, {letter} is not in {chosen}."
    return Problem("contains", question_of(source, CONTAINS_QUESTIONS, w=dressed(source, chosen), l=letter_dressed(source, letter)),
                   counted.reasoning, verdict, verdict.split(",")[0], judge="start")


def length(source, longest=16):
    chosen = word(source, longest)
    lines = [f"Count the letters of {chosen}:", *numbered(chosen), f"So it has {len(chosen)} letters."]
    return Problem("length", question_of(source, LENGTH_QUESTIONS, w=dressed(source, chosen)), "\n".join(lines),
                   f"{chosen} has {len(chosen)} letters.", len(chosen),
                   wrong_answer=f"{chosen} has {len(chosen) + source.choice((-1, 1))} letters.")


def spelling(source, longest=16):
    chosen = word(source, longest)
    answer = "-".join(chosen)
    lines = [f"Spell {chosen}, letter by letter:", *numbered(chosen), "Now join them."]
    return Problem("spelling", question_of(source, SPELL_QUESTIONS, w=dressed(source, chosen)), "\n".join(lines), answer, answer,
                   judge="text")


def reversing(source, longest=12):
    chosen = word(source, longest)
    backwards = chosen[::-1]
    lines = [f"Spell {chosen}, letter by letter:", *numbered(chosen), "Now from the end:",
             *reversed(numbered(chosen)), f"So {spelled(backwards)}."]
    return Problem("reversing", question_of(source, REVERSE_QUESTIONS, w=dressed(source, chosen)), "\n".join(lines),
                   f"Backwards it is {spelled(backwards)}.", backwards, judge="text")


def one_letter(source, longest=14):
    chosen = word(source, longest)
    last = source.chance(0.3)
    index = len(chosen) if last else source.randint(1, min(8, len(chosen)))
    name = "last" if last else ORDINALS[index - 1]
    lines = [f"Spell {chosen}, letter by letter:", *numbered(chosen)[:index], f"The {name} letter is {chosen[index - 1]}."]
    answer = f"The {name} letter of {chosen} is {chosen[index - 1]}."
    return Problem("one_letter", question_of(source, NTH_QUESTIONS, w=dressed(source, chosen), n=name), "\n".join(lines),
                   answer, f"is {chosen[index - 1]}.", judge="text")
