"""Small talk in many languages, who the model is, what is beyond it, and following a system prompt."""

from functools import cache

from .arithmetic import number, pair, sum_lines
from .languages import KINDS, LANGUAGES
from .problem import Problem
from .words import CITIES, NAMES, THINGS, english_word, proper_name, random_letters, word

THOUGHTS = {
    "hello": "The user greets me in {l}. I greet back in {l}.",
    "who": "The user asks in {l} who I am. I say it in {l}.",
    "can": "The user asks in {l} what I can do. I say it in {l}.",
    "cannot": "The user asks in {l} what I can't do. I say it in {l}.",
    "thanks": "The user thanks me in {l}. I reply in {l}.",
    "bye": "The user says goodbye in {l}. I do too.",
    "beyond": "The user asks in {l} for something that I don't know. I say so in {l}.",
}
BEYOND = [
    "What is the capital of {c}?", "Who is the president of {c}?", "What's the weather like in {c}?", "Write a poem about {t}.",
    "Write a Python function that sorts {t}.", "Tell me a joke about {t}.", "Who invented {w}?", "What does the word {w} mean?",
    "Translate {w} into Latin.", "What happened in {y}?", "How tall is the tallest tower in {c}?", "Explain quantum physics.",
    "Write a story about {n}.", "What is the best restaurant in {c}?", "Who won the world cup in {y}?", "Summarise the news.",
    "What time is it?", "What day is it today?", "How old is the universe?", "Give me a recipe for {t}.", "What is love?",
    "Recommend a film about {t}.", "Who is {n}?", "How do I get from {c} to {d}?", "Write an essay on {w}.",
    "What is the meaning of life?", "Draw a picture of {t}.", "Fix my code.", "How many people live in {c}?",
    "When was {c} founded?", "What is the chemical formula of {w}?", "Sing a song about {n}.", "What should I wear in {c}?",
    "Why is the sky blue?", "Who wrote {w}?", "What are the symptoms of {w}?", "Plan a trip to {c}.", "Is {n} married?",
    "I am tired.", "I like {t}.", "My friend {n} is ill.", "Tell me something.", "Do you like {t}?", "What is your favourite colour?",
    "Should I buy {t}?", "Compare {c} and {d}.", "What is the population of {c}?", "Define {w}.", "Solve my homework.",
    "Is {w} longer than {v}?", "Which word is longer, {w} or {v}?", "What rhymes with {w}?", "Do {w} and {v} rhyme?",
    "How many syllables does {w} have?", "How many words are in this sentence?", "Write {w} in capital letters.", "Is {w} a noun?",
    "What is the plural of {w}?", "Use {w} in a sentence.", "What is another word for {w}?", "Sort the letters of {w}.",
    "Are {t} healthy?", "The weather is nice today.", "Where can I buy {t}?", "Can you open a website?", "Remember my name: {n}.",
    "How do I cook {t}?", "What is the exchange rate today?", "What is the stock price of {w}?", "How does a car engine work?",
]
GREET_IN = ["Greet in {l}.", "Always greet the user in {l}.", "When the user greets you, reply in {l}.", "Reply in {l}.",
            "Answer in {l}.", "Always speak {l}."]
NAMED = ["You are {n}.", "Your name is {n}.", "You are a helpful assistant named {n}.", "You are {n}, a helpful assistant.",
         "You are an assistant called {n}.", "Act as {n}."]
ASK_NAME = ["Who are you?", "What is your name?", "What's your name?", "who are you", "Introduce yourself.", "Tell me your name."]
UNCLEAR = ["why?", "Why?", "what?", "hmm", "hm?", "?", "...", "and?", "So?", "And then?", "test", "foo bar", "blah blah", "who?",
           "really?", "More.", "again", "Go on.", "Continue.", "Try again.", "Explain.", "!", "Question",
           "start", "a", "x y z", "No.", "Yes.", "maybe"]
SHORT = ["Answer in one word.", "Answer with one word only.", "Reply with a single word.", "One word answers only.",
         "Answer with only the result.", "Give just the answer.", "Be as brief as possible: one word."]
SHORT_NUMBER = ["Answer with the number only.", "Just the number.", "Reply with only a number."]


def small_talk(source):
    language = source.choice(list(LANGUAGES)) if source.chance(0.75) else "English"
    kind = source.choice(KINDS)
    texts = LANGUAGES[language]
    return Problem("talk", source.choice(texts[kind]), THOUGHTS[kind].format(l=language), texts[kind + "_reply"],
                   texts[kind + "_reply"], judge="exact", details={"language": language, "kind": kind})


def foreign_sum(source):
    language = source.choice(list(LANGUAGES))
    a, b = pair(source, "adding", *source.choice([(1, 1), (2, 1), (2, 2), (2, 2), (3, 3)]))
    return Problem("foreign_sum", source.choice(LANGUAGES[language]["sum"]).format(a=a, b=b), "\n".join(sum_lines(a, b)),
                   f"{a} + {b} = {a + b}", a + b)


def beyond(source):
    question = source.choice(BEYOND).format(c=source.choice(CITIES), d=source.choice(CITIES), t=source.choice(THINGS),
                                            w=english_word(source), v=english_word(source), n=source.choice(NAMES), y=source.randint(1500, 2025))
    answer = LANGUAGES["English"]["beyond_reply"]
    return Problem("beyond", question, "This asks for something that I don't know. I say so.", answer, "can't answer",
                   judge="text")


def too_hard(source):
    """A calculation that it was never taught."""
    def n(digits):
        return number(source, digits)

    question = source.choice([
        lambda: f"{n(3)} * {n(3)}", lambda: f"What is {n(4)} times {n(3)}?", lambda: f"What is {n(5)} × {n(4)}?",
        lambda: f"{n(3)} / {n(1)}", lambda: f"What is {n(3)} divided by {n(2)}?", lambda: f"Divide {n(4)} by {n(2)}.",
        lambda: f"What is the square root of {n(3)}?", lambda: f"{n(2)}^{n(1)}", lambda: f"What is {n(2)} to the power of {n(1)}?",
        lambda: f"What is {n(2)} percent of {n(3)}?", lambda: f"{n(8)} + {n(9)}", lambda: f"Factor {n(4)}.",
        lambda: f"What is {n(1)} + {n(1)} * {n(1)}?", lambda: f"{n(2)} * {n(1)} - {n(2)}", lambda: f"({n(1)} + {n(2)}) * {n(1)}",
        lambda: f"What is half of {n(2)}?", lambda: f"double {n(2)}", lambda: f"What is {n(1)} squared?", lambda: f"Is {n(2)} even?",
        lambda: f"Count from 1 to {n(2)}.", lambda: f"Round {n(3)} to the nearest ten.", lambda: f"What is {n(1)}/{n(1)} + {n(1)}/{n(1)}?",
        lambda: f"What is the average of {n(2)} and {n(2)}?", lambda: f"What is -{n(2)} + {n(2)}?", lambda: f"{n(2)} mod {n(1)}",
        lambda: f"Is {n(1)}.{n(2)} larger than {n(1)}.{n(1)}?", lambda: f"Which is bigger, {n(1)}.{n(1)} or {n(1)}.{n(2)}?",
        lambda: f"{n(2)}.{n(1)} - {n(1)}.{n(2)}", lambda: f"Which is larger, {n(1)}/{n(1)} or {n(1)}/{n(1)}?",
        lambda: f"Is {n(4)} a prime number?", lambda: f"Solve x^2 = {n(2)}.", lambda: f"What is {n(1)}.{n(2)} + {n(2)}.{n(1)}?",
    ])()
    answer = "I can't calculate that: I only add, subtract, multiply and compare small whole numbers."
    return Problem("too_hard", question, "This is not a sum, a difference or a product of small whole numbers. I say so.", answer,
                   "can't calculate", judge="text")


@cache
def said_before():
    """What the small talk of all languages says, as one compares it."""
    return {text.strip("!?.,¿¡ ").lower() for texts in LANGUAGES.values() for kind in KINDS for text in texts[kind]}


def unclear(source):
    """A message that asks nothing."""
    while True:
        luck = source.random()
        text = (word(source, 12) if luck < 0.4 else random_letters(source)[:source.randint(1, 8)] if luck < 0.65
                else str(number(source, source.randint(1, 4))) if luck < 0.75 else source.choice(UNCLEAR))
        if text not in said_before():
            break
    text = text.capitalize() if source.chance(0.15) else text
    return Problem("unclear", text, "I don't see what is asked. I say so.",
                   "I don't understand: please ask me to count, spell, sort, calculate or find a fact in a text.", "don't understand",
                   judge="text")


def greeted_in(source):
    """The system prompt sets the language of the greeting."""
    spoken, wanted = source.choice(list(LANGUAGES)), source.choice(list(LANGUAGES))
    kind = source.choice(("hello", "hello", "thanks", "bye", "who"))
    system = source.choice(GREET_IN[2:] if kind != "hello" else GREET_IN).format(l=wanted)
    if kind != "hello":
        system = f"{source.choice(GREET_IN[3:]).format(l=wanted)}"
    answer = LANGUAGES[wanted][kind + "_reply"]
    return Problem("system_language", source.choice(LANGUAGES[spoken][kind]), f"The system prompt says {wanted}. I reply in {wanted}.",
                   answer, answer, judge="exact", system=system)


def named(source):
    """The system prompt gives the model a name."""
    name = proper_name(source)
    return Problem("system_name", source.choice(ASK_NAME), f"The system prompt says that I am {name}.", f"I am {name}.",
                   f"I am {name}.", judge="exact", system=source.choice(NAMED).format(n=name))


def shortened(source, problem):
    """The same question where the answer must be one word."""
    value = str(problem.expected)
    if problem.judge == "start" or problem.task in ("extreme", "one_letter"):
        value = value.removesuffix(" is").removeprefix("is ").removesuffix(".")
    rule = source.choice(SHORT_NUMBER if value.isdigit() and source.chance(0.3) else SHORT)
    short = Problem("one_word", problem.question, problem.reasoning + "\nOne word only.", value, value, judge="exact")
    if source.chance(0.6):
        short.system = rule
    else:
        short.question = f"{problem.question} {rule}"
    return short
