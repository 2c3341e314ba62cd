"""What is made of the commands' declarations: the manual page, and the completions, in the real shells."""

import re
import shutil
import subprocess

import pexpect
import pytest
from documents import Declarations
from ponder_process import EXECUTABLE, environment, run


def shell(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    file = tmp_path_factory.mktemp("manual") / "ponder.1"
    file.write_text(run("manual").stdout)
    return file


def test_the_manual_page_is_without_faults_to_mandoc(page):
    result = subprocess.run([shell("mandoc"), "-Tlint", "-Wstyle", page], capture_output=True, text=True)
    assert result.stdout == "", result.stdout


def test_the_manual_page_is_without_faults_to_groff(page):
    variables = environment(MANROFFSEQ="", LC_ALL="C.UTF-8", MANWIDTH="100")
    result = subprocess.run([shell("man"), "--warnings", "-l", page], capture_output=True, text=True, env=variables)
    if "No manual entry" in result.stderr or "has been minimized" in result.stdout:
        pytest.skip("man is without groff here")
    assert result.returncode == 0 and result.stderr == "", result.stderr
    text = re.sub(r".\x08", "", result.stdout)
    for words in ("--kv-cache-memory", "ponder serve", "PONDER_CONFIG", "EXIT STATUS"):
        assert words in text


def test_every_command_helps():
    for command in Declarations().commands():
        words = [*command.get("superCommands", [])[1:], command["commandName"]]
        result = run(*(words[1:] if words[0] == "ponder" else words), "--help")
        assert result.returncode == 0 and "EXAMPLES:" in result.stdout, words
        # But for the line that lists all options, text is broken to fit.
        assert max(len(line) for line in result.stdout.splitlines() if not line.startswith("USAGE")) <= 120


BASH = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9
_ponder ponder "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

CASES = [
    (("ponder", "ser"), "serve"),
    (("ponder", "comp"), "completions"),
    (("ponder", "serve", "--kv-cache-t"), "--kv-cache-type"),
    (("ponder", "serve", "--kv-cache-type", "q8"), "q8_0"),
    (("ponder", "serve", "--log-level", "no"), "notice"),
    (("ponder", "completions", "fi"), "fish"),
    (("ponder", "serve", "tiny-mod"), "tiny-model.gguf"),
]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "tiny-model.gguf").touch()
    for name in ("bash", "zsh", "fish"):
        (tmp_path / f"ponder.{name}").write_text(run("completions", name).stdout)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ponder").symlink_to(EXECUTABLE)
    return tmp_path


def variables(place):
    kept = environment(HOME=str(place), TERM="xterm", LC_ALL="C.UTF-8", ZDOTDIR=str(place), XDG_CONFIG_HOME=str(place))
    return kept | {"PATH": f"{place / 'tools'}:{kept['PATH']}"}


@pytest.mark.parametrize("words, completed", CASES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_bash_completes(place, words, completed):
    result = subprocess.run(
        [shell("bash"), "-c", BASH, "bash", place / "ponder.bash", *words], cwd=place, env=variables(place), capture_output=True,
        text=True)
    assert completed in [line.strip() for line in result.stdout.splitlines()], result.stdout + result.stderr


@pytest.mark.parametrize("words, completed", CASES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_fish_completes(place, words, completed):
    line = " ".join(words)
    result = subprocess.run(
        [shell("fish"), "--no-config", "-c", f"source ponder.fish; complete --do-complete '{line}'"], cwd=place, env=variables(place),
        capture_output=True, text=True)
    assert completed in [line.split("\t")[0] for line in result.stdout.splitlines()], result.stdout + result.stderr


@pytest.mark.parametrize("words, completed", CASES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_zsh_completes(place, words, completed):
    """In a terminal, as there is no other way to ask it: Tab writes the rest of the word."""
    (place / "functions").mkdir()
    (place / "ponder.zsh").rename(place / "functions" / "_ponder")
    terminal = pexpect.spawn(
        shell("zsh"), ["-f", "-i"], cwd=str(place), env=variables(place) | {"PS1": "READY> "}, encoding="utf-8", timeout=30,
        dimensions=(24, 200))
    terminal.sendline("fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep; PS1='GO> '")
    terminal.expect("GO> ")
    terminal.send(" ".join(words) + "\t")
    terminal.expect_exact(completed.removeprefix(words[-1]))
    terminal.close(force=True)
