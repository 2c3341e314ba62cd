"""`ponder chat`: a conversation in a pseudo-terminal."""

import json
import re
import signal
import stat

import pexpect
import pytest
from chat_terminal import (
    ALT_ENTER, ANSWER, CONTROL_C, CONTROL_D, CONTROL_G, CONTROL_R, DOWN, FOLDED, GREEDY, LEFT, QUESTION, UP, ChatTerminal,
    pipe)
from ponder_process import EXECUTABLE, Ponder, environment


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture(params=["engine", "server"])
def backend_of_endless(request, endless_model, tmp_path):
    """A model that never comes to an end."""
    flags = ("--context", "100000", "--kv-cache-memory", "256MiB", "--threads", "1")
    if request.param == "engine":
        yield ("--model", endless_model, *flags)
        return
    with Ponder(endless_model, *flags) as server:
        yield ("--url", server.url)


def test_reasoning_is_dimmed_and_folds_into_one_line(home, backend):
    with ChatTerminal(home, *GREEDY, *backend) as chat:
        folded, answer = chat.enter(QUESTION)
        assert FOLDED.match(folded)
        assert int(FOLDED.match(folded)[1]) > 20
        assert answer == ANSWER
        assert chat.is_dim("thought for")
        assert not chat.is_dim("There are 3")
        # A quick server's reasoning may have come to its end before any of it was drawn.
        reasoning = chat.enter("/reasoning")
        assert "letter by letter" in " ".join(reasoning)
        assert chat.is_dim("letter by letter")


def test_three_turns_follow_the_latest_switch(home, backend):
    with ChatTerminal(home, *GREEDY, *backend) as chat:
        replies = [chat.enter(text) for text in (QUESTION, "blueberries /no_think", "Really? /think")]
        assert [bool(FOLDED.match(reply[0])) for reply in replies] == [True, False, True]
        assert [reply[-1][:9] for reply in replies] == ["There are", "There are", "Yes. Ther"]


def test_bare_switches_hold_for_the_conversation(home):
    with ChatTerminal(home, *GREEDY) as chat:
        assert chat.enter("/no_think") == ["The model answers at once."]
        assert len(chat.enter(QUESTION)) == 1
        # The latest instruction wins, also over the mode.
        assert len(chat.enter("What is 12 + 30? /think")) == 2
        assert len(chat.enter("What is 13 + 30?")) == 1
        chat.enter("/think")
        assert len(chat.enter("What is 14 + 30?")) == 2


def test_reasoning_can_be_shown_or_hidden(home):
    with ChatTerminal(home, *GREEDY, "--reasoning", "show") as chat:
        shown = chat.enter("What is 12 + 30?")
        assert len(shown) > 1 and not any(map(FOLDED.match, shown))
        chat.enter("/set reasoning hide")
        [answer] = chat.enter("What is 13 + 30?")
        assert "43" in answer
    with ChatTerminal(home, *GREEDY, "--hidethinking") as chat:
        assert chat.enter(QUESTION) == [ANSWER]
        assert not chat.is_dim("letter by letter")


def test_history_comes_with_the_arrow_keys_and_outlives_the_chat(home):
    with ChatTerminal(home, *GREEDY, "--think=false") as chat:
        chat.enter("Hello")
        chat.enter("/system Be brief.")
        chat.type("draft" + UP + UP)
        chat.wait_for_text(">>> Hello")
        chat.type(DOWN + DOWN)
        chat.wait_for_text(">>> draft")
        chat.type(UP + UP + " again\r")
        chat.wait_for_text(">>> Hello again")
        chat.wait_for_prompt()
        chat.type(CONTROL_D)
        assert chat.end() == 0
    [file] = home.rglob("chat-history.jsonl")
    assert [json.loads(line) for line in file.read_text().splitlines()] == ["Hello", "/system Be brief.", "Hello again"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with ChatTerminal(home) as chat:
        chat.type(UP)
        chat.wait_for_text(">>> Hello again")
    with ChatTerminal(home, "--no-history") as chat:
        chat.type(UP + "x")
        chat.wait_for_text(">>> x")


def test_control_r_looks_for_what_was_entered_before(home):
    with ChatTerminal(home, *GREEDY, "--think=false") as chat:
        for line in ("How many e's in cheese?", "/system Be brief.", "Hello"):
            chat.enter(line)
        chat.type("draft" + CONTROL_R + "e")
        chat.wait_until(lambda: chat.lines[-1] == "(search e) Hello")
        chat.type(CONTROL_R)
        chat.wait_until(lambda: chat.lines[-1] == "(search e) /system Be brief.")
        chat.type("es")
        chat.wait_until(lambda: chat.lines[-1] == "(search ees) How many e's in cheese?" or "(nothing ees)" in chat.lines[-1])
        chat.type(CONTROL_G)
        chat.wait_until(lambda: chat.lines[-1] == ">>> draft")
        chat.interrupt()
        chat.type(CONTROL_R + "cheese")
        chat.wait_until(lambda: "(search cheese)" in chat.lines[-1])
        chat.type("\r")
        chat.wait_for_prompt()
        assert sum(line.startswith(">>> How many e's") for line in chat.lines) == 2
    [file] = home.rglob("chat-history.jsonl")
    assert json.loads(file.read_text().splitlines()[-1]) == "How many e's in cheese?"


def test_an_answer_is_given_anew(home, backend, tmp_path):
    file = tmp_path / "talk.json"
    with ChatTerminal(home, *GREEDY, *backend, columns=200) as chat:
        assert chat.enter("/regenerate") == ["There is no answer yet that could be given anew."]
        first = chat.enter(QUESTION)
        assert chat.enter("/regenerate")[-1] == first[-1] == ANSWER
        chat.enter("/no_think")
        assert len(chat.enter("/regenerate")) == 1
        chat.enter(f"/save {file}")
    assert [message["role"] for message in json.loads(file.read_text())["messages"]] == ["user", "assistant"]


def test_a_long_prompt_is_told_of_while_it_is_read(home, slow_endless_model, tmp_path):
    file = tmp_path / "long.json"
    file.write_text(json.dumps({"messages": [{"role": "user", "content": "word " * 1_000}, {"role": "assistant", "content": "Yes."}]}))
    # Small steps, so that there is something to tell.
    settings = tmp_path / "settings.yaml"
    settings.write_text("max-batch-tokens: 16\nthreads: 1\ncontext: 100000\nkv-cache-memory: 256MiB\n")
    arguments = ("--max-tokens", "4", "--load", file, "--config", settings)
    with ChatTerminal(home, slow_endless_model, *arguments, command="run") as chat:
        chat.type("Go on\r")
        chat.wait_for_text("reading the prompt: ")
        chat.wait_for_prompt()
        assert not any("reading the prompt" in line for line in chat.lines)


def test_several_lines_by_backslash_alt_enter_and_paste(home, tmp_path):
    file = tmp_path / "lines.json"
    with ChatTerminal(home, "--think=false") as chat:
        chat.type("one\\\r")
        chat.wait_until(lambda: chat.lines[-1] == "...")
        chat.type("two" + ALT_ENTER + "thrxe" + LEFT + "\x7f" + "e\x05")
        chat.type("\x1b[200~\r\nfour\rfive\x1b[201~")
        chat.wait_for_text("... five")
        chat.type("\r")
        chat.wait_for_prompt()
        chat.enter(f"/save {file}")
    assert json.loads(file.read_text())["messages"][0] == {"role": "user", "content": "one\ntwo\nthree\nfour\nfive"}


def test_wide_characters_and_long_lines_stay_in_place(home):
    with ChatTerminal(home, "--think=false", columns=30) as chat:
        text = "Grüße, 日本語 und 🙂: " + "Wörter " * 8
        chat.type(text + "\x01" + "X\x05" + "!")
        chat.wait_until(lambda: "".join(chat.lines[1:]).replace(" ", "").endswith("!"))
        drawn = "".join(line.ljust(30) for line in chat.lines[1:]).replace(" ", "")
        assert ">>>X" + text.replace(" ", "") + "!" in drawn
        chat.interrupt()


def test_control_c_ends_the_answer_and_not_the_program(home, backend_of_endless):
    with ChatTerminal(home, *backend_of_endless) as chat:
        chat.type("Go on\r")
        written = len(chat.written)
        chat.wait_until(lambda: len(chat.written) > written + 200)
        chat.type("typed ahead" + CONTROL_C)
        chat.wait_for_text("(interrupted)")
        chat.wait_for_prompt()
        chat.process.kill(signal.SIGINT)
        chat.wait_for_text("Ctrl-D or /exit ends the chat.")
        chat.wait_for_prompt()
        chat.type("dropped")
        chat.wait_for_text(">>> dropped")
        chat.interrupt()
        assert "no reply" in chat.enter("/stats")[0]
        chat.type("/exit\r")
        assert chat.end() == 0


def test_what_is_typed_during_an_answer_is_the_next_message(home):
    with ChatTerminal(home, *GREEDY) as chat:
        chat.type(f"{QUESTION}\rHello\r")
        chat.wait_for_text("help you")
        chat.wait_for_prompt()
        assert sum(line.startswith(">>> ") for line in chat.lines) == 2


def test_a_conversation_is_saved_loaded_and_gone_on_with(home, tmp_path):
    file = tmp_path / "talk.json"
    with ChatTerminal(home, *GREEDY, "--system", "Your name is Ada.", columns=400) as chat:
        chat.enter(QUESTION)
        assert "".join(chat.enter(f"/save {file}")) == f"Saved 3 messages to {file}."
    saved = json.loads(file.read_text())
    assert [message["role"] for message in saved["messages"]] == ["system", "user", "assistant"]
    assert saved["messages"][2]["content"] == ANSWER
    assert "letter by letter" in saved["messages"][2]["reasoning_content"]
    with ChatTerminal(home, *GREEDY, columns=400) as chat:
        assert "".join(chat.enter(f"/load {file}")) == f"Loaded 3 messages from {file}."
        assert chat.enter("blueberries /no_think") == ["There are 2 r's in blueberries."]
        assert chat.enter("/system") == ["Your name is Ada."]
    reply = pipe("chat", "--load", file, *GREEDY, "blueberries /no_think")
    assert reply.stdout == "There are 2 r's in blueberries.\n"


HOSTILE = {
    "empty": "", "cut": "{", "number": "[3]", "text": '{"messages": "x"}', "deep": "[" * 100_000,
    "escape": '[{"role": "\\u001b[2J"}]',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_get_one_clear_line(home, tmp_path, text):
    file = tmp_path / "bad.json"
    file.write_text(text)
    result = pipe("chat", "--load", file, "Hello")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {file}: ") and result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
    with ChatTerminal(home, columns=400) as chat:
        assert "bad.json" in "".join(chat.enter(f"/load {file}"))
        assert "already" in "".join(chat.enter(f"/save {file}"))
        assert "no such file" in "".join(chat.enter(f"/load {tmp_path / 'none'}"))
        assert f"there is no folder {tmp_path / 'none'}" in "".join(chat.enter(f"/save {tmp_path / 'none' / 'a.json'}"))
    assert file.read_text() == text


def test_commands_answer_with_helpful_lines(home):
    with ChatTerminal(home, *GREEDY, rows=60) as chat:
        assert "/help lists them" in chat.enter("/foo")[0]
        assert chat.enter("/set temperature hot") == ["temperature is 'hot'; expected a number from 0 to 2, or default"]
        assert chat.enter("/set top_k 5") == ["top_k 5"]
        assert "top_k 5" in chat.enter("/set")
        help_text = "\n".join(chat.enter("/help"))
        assert max(map(len, help_text.splitlines())) < 80  # no line of it is broken by the terminal's edge
        for command in ("/think", "/set", "/system", "/save", "/load", "/stats", "/clear", "/exit", "Ctrl-C"):
            assert command in help_text
        chat.enter(QUESTION)
        last, total = chat.enter("/stats")[0], " ".join(chat.enter("/stats"))
        assert re.search(r"last reply: prompt \d+ tokens, \d+ of them cached; reasoning \d+; answer \d+;", last)
        assert "tokens/s" in total and "1 reply:" in total
        chat.type("/he\t")
        chat.wait_for_text(">>> /help")
        chat.interrupt()
        assert chat.enter("/clear") == ["The conversation begins anew."]


def test_settings_change_the_replies(home):
    with ChatTerminal(home, *GREEDY) as chat:
        chat.enter("/set max_tokens 3")
        assert "(the limit of tokens was reached)" in chat.enter(QUESTION)
        chat.enter("/set max_tokens default")
        chat.enter("/set thinking_budget 8")
        chat.enter("/set stats on")
        reply = " ".join(chat.enter("What is 12 + 30?"))
        assert re.search(r"reasoning (\d+);", reply)


@pytest.mark.parametrize("way", ["/exit\r", "/bye\r", CONTROL_D], ids=["exit", "bye", "control-d"])
def test_the_terminal_is_as_before_at_the_end(home, way):
    with ChatTerminal(home) as chat:
        chat.type(way)
        check_restored(chat, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT])
@pytest.mark.parametrize("question", ["", QUESTION + "\r"], ids=["writing", "answering"])
def test_the_terminal_is_as_before_when_the_process_is_killed(home, number, question):
    with ChatTerminal(home) as chat:
        line = len(chat.lines)
        chat.type(question)
        if question:
            # What the command has not read by its end, the terminal echoes itself.
            chat.wait_until(lambda: chat.screen.cursor.y >= line)
        chat.process.kill(number)
        check_restored(chat, -number)


def check_restored(chat, status):
    assert b"\x1b[?2004h" in chat.written
    chat.read_to_end()
    assert chat.mode == chat.mode_before
    assert chat.written.rstrip().endswith(b"\x1b[0m") and b"\x1b[?2004l" in chat.written
    assert chat.end() == status


def test_the_terminal_does_not_echo_by_itself(home):
    with ChatTerminal(home) as chat:
        assert not chat.echoes


def test_control_z_hands_the_terminal_to_the_shell_and_back(home):
    variables = environment(HOME=str(home), TERM="xterm-256color", PS1="$ ")
    shell = pexpect.spawn("/bin/bash", ["--norc", "--noprofile", "-i"], env=variables, dimensions=(24, 80), timeout=30)
    shell.expect_exact("$ ")
    shell.sendline(f"{EXECUTABLE} chat --think=false")
    shell.expect_exact(">>> ")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.sendline("stty -a | tr ' ' '\\n' | grep -x -e echo -e -echo")
    shell.expect(r"\recho\r\n")
    shell.sendline("fg")
    shell.expect_exact(">>> ")
    shell.send("Hello\r")
    shell.expect("help you")
    shell.send(CONTROL_D)
    shell.sendline("echo status $?")
    shell.expect("status 0")
    shell.close(force=True)


def test_a_window_that_changes_its_size_is_drawn_anew(home):
    with ChatTerminal(home, columns=60) as chat:
        chat.type("a" * 50)
        chat.wait_for_text("a" * 50)
        chat.screen.resize(24, 30)
        chat.process.setwinsize(24, 30)
        chat.wait_until(lambda: sum(line.count("a") for line in chat.lines[-2:]) == 50 and len(chat.lines[-1]) == 24)
        chat.type("\x15Hi")
        chat.wait_for_text(">>> Hi")
