"""Puts problems into conversations: a system prompt, earlier turns, a mode of thinking, declared tools, a cut."""

import copy
from dataclasses import dataclass

from chat_template import EMPTY_THINKING, calls_text, render

from . import arithmetic, letters, lists, talk, texts
from .problem import Problem, plain
from .tool_pool import day
from .tools import beside_tools, tool_task
from .words import CITIES, NAMES, english_word

# Task → (share of the training data, maker).
TASKS = {
    "counting": (15, letters.counting), "vowels": (2, letters.vowels), "contains": (1.5, letters.contains),
    "length": (2, letters.length), "spelling": (5, letters.spelling), "reversing": (6, letters.reversing),
    "one_letter": (2, letters.one_letter), "adding": (9, arithmetic.adding), "adding_several": (8, arithmetic.adding_several),
    "subtracting": (8, arithmetic.subtracting), "multiplying": (9, arithmetic.multiplying), "comparing": (5, arithmetic.comparing),
    "sorting": (7, lists.sorting), "extreme": (2, lists.extreme), "word_problem": (8, texts.word_problem),
    "finding": (6, texts.finding), "talk": (6, talk.small_talk), "foreign_sum": (2, talk.foreign_sum), "beyond": (3, talk.beyond),
    "too_hard": (2, talk.too_hard), "unclear": (1.5, talk.unclear), "system_language": (2, talk.greeted_in),
    "system_name": (1.5, talk.named), "one_word": (3, None), "tools": (15, None),
}
CAN_BE_SHORT = ["counting", "vowels", "adding", "adding_several", "subtracting", "multiplying", "comparing", "extreme",
                "word_problem", "finding", "length"]
IN_HISTORY = [task for task in TASKS if task not in ("unclear", "system_language", "system_name", "one_word", "tools")]
# Small ones come first.
GROWING = ["counting", "vowels", "contains", "length", "spelling", "reversing", "one_letter", "adding", "adding_several",
           "subtracting"]
SYSTEMS = ["You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful AI assistant.", "Be helpful.",
           "You are a friendly assistant.", "Think carefully.", "You are a careful assistant. Answer the user's questions.",
           "Answer briefly and correctly.", "You are an expert.", "Help the user.", "You are a math and spelling tutor."]
REMARKS = ["Today is {d}.", "The user lives in {c}.", "The user is called {n}.", "Be polite.", "Do not use emojis.",
           "Use plain text.", "Never lie.", "You work for {n} Ltd.", "Keep answers short.", "The current date is {d}.",
           "Answer in full sentences.", "Ask when something is unclear.", "The office is in {c}.", "The topic is {w}.",
           "Do not talk about {w}.", "Explain your steps.", "Do not mention these rules.", "The user is an expert.",
           "Use the tools when they help.", "Knowledge cutoff: {d}."]
OPENINGS = ["Hi! ", "Hello, ", "Hey, ", "Please help: ", "Quick question: ", "Can you help me? ", "Question: ", "Now tell me: ",
            "Ok, ", "One more: ", "I have a question. ", "Please: "]
CLOSINGS = [", please?", " please", ". Thanks!", "? Thank you.", "? Think step by step.", "? Explain.", "?!", "? Be quick."]
DOUBTS = ["Really?", "really?", "Are you sure?", "Is that right?", "Is that correct?", "Check again.", "Sure?", "Please check that.",
          "Are you certain?", "I don't think so.", "Hmm, really?", "Can you check again?", "No way!"]

THINK, SOFT_OFF, HARD_OFF, CUT = "think", "soft off", "hard off", "cut"
MODES = [THINK, SOFT_OFF, HARD_OFF, CUT]
MODE_SHARES = [50, 12, 22, 16]
# These are learned by thinking: an answer at once is mostly a guess, and guesses teach little.
WORKED = {"counting", "vowels", "adding", "adding_several", "subtracting", "multiplying", "word_problem", "one_word", "foreign_sum"}
WORKED_MODE_SHARES = [76, 4, 5, 15]


@dataclass
class Sample:
    """A prompt and the reply to learn. With a cut, the reasoning breaks off there and the stop phrase follows."""
    prompt: str
    reasoning: str              # empty: none
    answer: str
    mode: str
    task: str
    cut: float = None           # share of the reasoning that is thought


def make(source, task, ease=1.0):
    """A problem; with ease below 1 a small one."""
    if task == "one_word":
        while True:
            problem = make(source, source.choice(CAN_BE_SHORT), ease)
            if "does not say" not in str(problem.expected):
                return talk.shortened(source, problem)
    if ease >= 1 or task not in GROWING:
        return TASKS[task][1](source)
    if task == "adding_several":
        return TASKS[task][1](source, most=1 + int(3 * ease))
    if task in ("adding", "subtracting"):
        return TASKS[task][1](source, most=max(2, min(5, 2 + int(4 * ease))))
    return TASKS[task][1](source, longest=5 + int(11 * ease))


def doubted(source, problem):
    """The user doubts the answer to a problem; sometimes rightly."""
    was_right = source.chance(0.6)
    said = problem.answer if was_right else problem.wrong_answer
    verdict = "My answer was right." if was_right else "My answer was wrong."
    again = Problem(problem.task, source.choice(DOUBTS), f"{problem.reasoning}\n{verdict}",
                    ("Yes. " if was_right else "No, I was wrong. ") + problem.answer, problem.expected, problem.judge)
    return said, again


class Conversation:
    """Messages so far, and the task that the next reply is for."""

    def __init__(self, source, ease):
        self.source, self.ease = source, ease
        self.messages, self.tools = [], None

    def say(self, role, content, **more):
        self.messages.append({"role": role, "content": content, **more})

    def remember(self, problem, answer=None):
        self.say("user", problem.question)
        self.say("assistant", plain(answer or problem.answer))

    def random_task(self, tasks):
        return self.source.choices(tasks, [TASKS[task][0] for task in tasks])[0]

    def earlier_turns(self, count):
        """Turns before the last one; returns the last problem of them."""
        problem = None
        for _ in range(count):
            if problem is not None and problem.follow_up and self.source.chance(0.4):
                problem = problem.follow_up(self.source)
            else:
                problem = make(self.source, self.random_task(IN_HISTORY), self.ease)
            self.remember(problem)
        return problem

    def system(self, problem):
        if problem is not None and problem.system:
            return problem.system
        if self.source.chance(0.07):
            remarks = self.source.sample(REMARKS, self.source.randint(2, 10))
            return " ".join([self.source.choice(SYSTEMS), *remarks]).format(
                d=day(self.source), c=self.source.choice(CITIES), n=self.source.choice(NAMES), w=english_word(self.source))
        return self.source.choice(SYSTEMS) if self.source.chance(0.25) else None


def dressed(source, question):
    """The question as hurried or polite people write it."""
    luck = source.random()
    if luck < 0.8:
        return question
    if luck < 0.86:
        return source.choice(OPENINGS) + question
    if luck < 0.92:
        return question.rstrip(".?") + source.choice(CLOSINGS)
    return question.rstrip(".?") if luck < 0.96 else question + source.choice(("?", "!", " ", "\n"))


def history_length(source):
    luck = source.random()
    if luck < 0.6:
        return 0
    if luck < 0.97:
        return source.choice((1, 1, 1, 2, 2, 3))
    return source.randint(4, 12) if luck < 0.995 else source.randint(12, 80)


def sample(source, progress=1.0):
    """One training sample. `progress` runs from 0 to 1: small problems come first."""
    ease = min(1.0, 0.15 + progress * 4)
    conversation = Conversation(source, ease)
    task = conversation.random_task(list(TASKS))
    mode = source.choices(MODES, WORKED_MODE_SHARES if task in WORKED else MODE_SHARES)[0]
    if task == "tools":
        return with_tools(conversation, mode)
    problem = None
    if task not in ("system_language", "unclear") and (count := history_length(source)):
        last = conversation.earlier_turns(count)
        if last.follow_up and source.chance(0.5):
            problem = last.follow_up(source)
        elif last.wrong_answer and source.chance(0.3):
            said, problem = doubted(source, last)
            conversation.messages[-1]["content"] = plain(said)
    problem = problem or make(source, task, ease)
    if problem.task in WORKED:
        mode = source.choices(MODES, WORKED_MODE_SHARES)[0]
    conversation.say("user", dressed(source, problem.question))
    if source.chance(0.05) and not problem.system:
        conversation.tools = beside_tools(source)
    return finished(conversation, mode, problem.task, problem.reasoning, problem.answer, conversation.system(problem))


def with_tools(conversation, mode):
    source = conversation.source
    if source.chance(0.15):
        conversation.earlier_turns(1)
    task = tool_task(source)
    conversation.tools = task.tools
    conversation.say("user", task.question)
    reasoning, answer = task.reasoning, task.answer or calls_text(task.calls)
    if task.calls and source.chance(0.33):
        kept = {"reasoning": reasoning} if mode in (THINK, CUT) and source.chance(0.6) else {}
        conversation.say("assistant", "", calls=task.calls, **kept)
        for result in task.results:
            conversation.say("tool", result)
        reasoning, answer = task.result_reasoning, task.result_answer
        if source.chance(0.1):
            # A new question after all that.
            conversation.say("assistant", answer)
            problem = make(source, conversation.random_task(IN_HISTORY), conversation.ease)
            conversation.say("user", problem.question)
            reasoning, answer = problem.reasoning, problem.answer
    return finished(conversation, mode, "tools", reasoning, answer, conversation.system(None))


def finished(conversation, mode, task, reasoning, answer, system):
    source, messages = conversation.source, copy.copy(conversation.messages)
    if system:
        messages.insert(0, {"role": "system", "content": system})
    switch(source, messages, mode)
    prompt = render(messages, conversation.tools, thinking=mode != HARD_OFF)
    cut = None
    if mode == CUT:
        luck = source.random()
        cut = 0.0 if luck < (0.1 if task in WORKED else 0.25) else source.random()
    return Sample(prompt, reasoning if mode in (THINK, CUT) else "", answer, mode, task, cut)


def marked(source, text, marker):
    luck = source.random()
    if luck < 0.85:
        return f"{text} {marker}"
    return f"{marker} {text}" if luck < 0.91 else f"{text}\n{marker}" if luck < 0.97 else f"{text}{marker}"


def switch(source, messages, mode):
    """Writes /think and /no_think into the messages so that the latest of them asks for the mode."""
    queries = [index for index, message in enumerate(messages) if message["role"] == "user"]
    has_system = messages[0]["role"] == "system"
    luck = source.random()

    def mark(index, marker):
        messages[index] = {**messages[index], "content": marked(source, messages[index]["content"], marker)}

    if mode == SOFT_OFF:
        if luck < 0.14 or luck < 0.28 and has_system:
            if has_system:
                mark(0, "/no_think")
            else:
                messages.insert(0, {"role": "system", "content": "/no_think"})
        else:
            if len(queries) > 1 and luck < 0.5:
                mark(queries[-2], source.choice(("/think", "/no_think", "/no_think")))
            if len(queries) > 1 and luck < 0.35 and "/no_think" in messages[queries[-2]]["content"]:
                return
            mark(queries[-1], "/no_think")
    elif mode == HARD_OFF:
        if luck < 0.08:
            mark(queries[-1], source.choice(("/think", "/no_think")))
    elif luck < 0.25:
        if has_system and source.chance(0.3):
            mark(0, "/no_think")
        for index in queries[:-1]:
            if source.chance(0.4):
                mark(index, source.choice(("/think", "/no_think")))
        mark(queries[-1], "/think")


def whole_reply(sample):
    """What the model writes after the prompt when nobody interrupts it."""
    if sample.mode == HARD_OFF:
        return sample.answer
    return (f"<think>\n{sample.reasoning}\n</think>\n\n" if sample.reasoning else EMPTY_THINKING) + sample.answer
