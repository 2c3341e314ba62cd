"""Small talk in many languages, who the model is, what is beyond it, and following a system prompt."""

from .arithmetic import number, pair, sum_lines
from .languages import KINDS, LANGUAGES
from .problem import Problem
from .words import CITIES, NAMES, THINGS, english_word, proper_name

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
    "How do I cook {t}?", "What is the exchange rate today?", "What is the stock price of {w}?", "How does a car engine work?",
]
GREET_IN = ["Greet in {l}.", "Always greet the user in {l}.", "When the user greets you, reply in {l}.", "Reply in {l}.",
            "Answer in {l}.", "Always speak {l}."]
NAMED = ["You are {n}.", "Your name is {n}.", "You are a helpful assistant named {n}.", "You are {n}, a helpful assistant.",
         "You are an assistant called {n}.", "Act as {n}."]
ASK_NAME = ["Who are you?", "What is your name?", "What's your name?", "who are you", "Introduce yourself.", "Tell me your name."]
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
                                            w=english_word(source), n=source.choice(NAMES), y=source.randint(1500, 2025))
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
        lambda: f"Is {n(4)} a prime number?", lambda: f"Solve x^2 = {n(2)}.", lambda: f"What is {n(1)}.{n(2)} + {n(2)}.{n(1)}?",
    ])()
    answer = "I can't calculate that: I only add, subtract, multiply and compare small whole numbers."
    return Problem("too_hard", question, "This is not a sum, a difference or a product of small whole numbers. I say so.", answer,
                   "can't calculate", judge="text")


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
