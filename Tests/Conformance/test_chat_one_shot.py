"""`ponder chat` and `ponder run` with a prompt: single answers, in pipes and at a terminal."""

import json

import pytest
from chat_terminal import ANSWER, FOLDED, GREEDY, QUESTION, ChatTerminal, pipe
from ponder_process import Ponder, run


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_run_takes_the_model_first(home, full_vocabulary):
    with ChatTerminal(home, full_vocabulary, "--max-tokens", "4", command="run") as chat:
        assert chat.lines[0].startswith(full_vocabulary.name)
    result = pipe("run", full_vocabulary, "--max-tokens", "4", "--think=false", "Hello", "there")
    assert result.returncode == 0, result.stderr


def test_one_shot_writes_the_answer_alone_into_a_pipe(backend):
    result = pipe("chat", *GREEDY, *backend, "How many r's", "in strawberries?")
    assert (result.returncode, result.stdout, result.stderr) == (0, ANSWER + "\n", "")
    shown = pipe("chat", *GREEDY, *backend, "--reasoning", "show", QUESTION)
    assert "letter by letter" in shown.stdout and shown.stdout.endswith("\n\n" + ANSWER + "\n")
    assert "\x1b" not in shown.stdout


def test_a_pipe_is_the_prompt_or_stands_below_it(backend):
    assert pipe("chat", *GREEDY, *backend, text=QUESTION + "\n").stdout == ANSWER + "\n"
    reply = pipe("chat", "--json", *GREEDY, *backend, "How many", text="r's in strawberries?\n")
    assert reply.returncode == 0, reply.stderr


def test_one_shot_at_a_terminal_folds_too(home):
    with ChatTerminal(home, *GREEDY, QUESTION, greets=False) as chat:
        assert chat.end() == 0
        assert FOLDED.match(chat.lines[0]) and chat.lines[1:] == [ANSWER]


def test_json_is_one_object(backend):
    reply = json.loads(pipe("chat", "--json", *GREEDY, *backend, QUESTION).stdout)
    assert reply["content"] == ANSWER
    assert "letter by letter" in reply["reasoning"]
    assert reply["finish_reason"] == "stop" and reply["model"] == "built-in"
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 20
    assert json.loads(pipe("chat", "--json", "--think=false", *GREEDY, *backend, QUESTION).stdout)["reasoning"] is None


def test_json_lines_come_piece_by_piece(backend):
    lines = [json.loads(line) for line in pipe("chat", "--json-lines", *GREEDY, *backend, QUESTION).stdout.splitlines()]
    assert "".join(line.get("content", "") for line in lines) == ANSWER
    assert "letter by letter" in "".join(line.get("reasoning", "") for line in lines)
    assert lines[-1]["finish_reason"] == "stop" and lines[-1]["usage"]["prompt_tokens"] > 0
    # How many tokens share a piece is the reader's pace: the least is one of each kind, and the end.
    kinds = [next(key for key in ("reasoning", "content", "finish_reason") if key in line) for line in lines]
    assert list(dict.fromkeys(kinds)) == ["reasoning", "content", "finish_reason"]


def test_a_seed_gives_the_same_answer_in_the_process_and_by_url(built_in):
    flags = ("chat", "--json", "--seed", "7", "--temperature", "1.5", "Hello")
    first, second = (json.loads(pipe(*flags, *more).stdout) for more in ((), ("--url", f"{built_in.url}/v1")))
    assert first["reasoning"] == second["reasoning"] and first["content"] == second["content"]


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ((), "there is no prompt"),
        (("--json",), "there is no prompt"),
        (("--temperature", "hot", "Hi"), "--temperature is 'hot'"),
        (("--think", "perhaps", "Hi"), "--think is 'perhaps'"),
        (("--model", "/nowhere", "Hi"), "/nowhere"),
        (("--url", "http://127.0.0.1:1", "Hi"), "http://127.0.0.1:1"),
        (("--url", "https://127.0.0.1:1", "Hi"), "https://127.0.0.1:1"),
        (("--url", "http://127.0.0.1:1", "--threads", "2", "Hi"), "--threads is for a model in this process"),
        (("--context", "64", "Hi " * 100), "context length"),
    ],
)
def test_errors_are_one_line_and_status_1(arguments, complaint):
    result = pipe("chat", *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert complaint in result.stderr and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1


def test_a_server_with_a_key_and_one_that_goes_away(home, serve):
    server = serve(None, "--api-key", "secret")
    refused = pipe("chat", "--url", server.url, "Hi")
    assert refused.returncode == 1 and "key" in refused.stderr
    assert pipe("chat", "--url", server.url, "--api-key", "secret", *GREEDY, QUESTION).stdout == ANSWER + "\n"
    with Ponder() as leaving, ChatTerminal(home, "--url", leaving.url) as chat:
        leaving.stop()
        assert leaving.url in chat.enter("Hello")[0]


def test_help_has_examples():
    for command in ("chat", "run"):
        assert f"ponder {command} " in run(command, "--help").stdout
