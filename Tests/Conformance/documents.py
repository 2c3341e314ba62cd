"""What the documents say can be run: their blocks of commands, and how these are run here.

A block is run as it stands, in a folder where the files that it names are there: checkpoints and text files stand for the
names, a stand-in for the hubs, and a server of the built-in model for `http://127.0.0.1:8000`. docs/contributing.md says
what writers of documents have to know.
"""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ponder_process import EXECUTABLE, FIXTURES, REPOSITORY, environment

RUN = {"sh", "console", "python"}
SHOWN = {"text", "json", "yaml", "ini", "jinja", "swift", "mermaid", "dockerfile", "promql", "nginx", "diff"}
SERVER = re.compile(r"(?:127\.0\.0\.1|localhost):8000")
FENCE = re.compile(r"^( *)```(\S*)\s*$")
NOTE = re.compile(r"^ *<!-- (not run|run with): (.+?) -->$")
PROGRAMS = ("ponder", "curl", "make", "pip", "docker", "kubectl", "systemctl")
MODELS = FIXTURES / "models"


@dataclass
class Block:
    """A fenced block: where it begins, its language, its text, and what a note before it says."""

    document: str
    line: int
    language: str
    text: str
    notes: dict = field(default_factory=dict)

    @property
    def place(self):
        return f"{self.document}:{self.line}"


def documents():
    """Those that say how things are done: not the reasons for decisions, and not what was done in the past."""
    found = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "Tests/Conformance/README.md"]
    found += sorted((REPOSITORY / "config").rglob("*.md"))
    return [path for path in found if path.exists()]


def blocks(path):
    found, notes, opened = [], {}, None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if opened is not None:
            if fence and not fence[2]:
                found.append(opened)
                opened, notes = None, {}
            else:
                opened.text += line.removeprefix(indent) + "\n"
        elif fence:
            indent = fence[1]
            opened = Block(str(path.relative_to(REPOSITORY)), number, fence[2], "", notes)
        elif note := NOTE.match(line):
            notes = notes | {note[1]: note[2]}
        elif line.strip():
            notes = {}
    assert opened is None, f"{path}: a block is not closed"
    return found


def command_lines(text):
    """A shell's commands: lines that belong together, by a backslash or an open quote, are one."""
    commands, waiting = [], ""
    for line in text.splitlines():
        waiting += line + "\n"
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:
            continue
        if waiting.rstrip().endswith("\\"):
            continue
        if words:
            commands.append(waiting.rstrip("\n"))
        waiting = ""
    assert not waiting.strip(), f"a quote is not closed: {waiting}"
    return commands


def console_commands(text):
    """The commands behind `$ `, each with the lines that follow it."""
    found, lines = [], text.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            assert found, f"output without a command: {line}"
            found[-1][1].append(line)
            continue
        command = line[2:]
        while lines and not is_complete(command):
            command += "\n" + lines.pop(0)
        found.append((command, []))
    return found


def is_complete(command):
    try:
        return bool(shlex.split(command, comments=True)) and not command.rstrip().endswith("\\")
    except ValueError:
        return False


def program_calls(text):
    """The words of each call of `ponder` in a shell's text, in pipes and lists too."""
    found = []
    for command in command_lines(text):
        lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();<>|&"):
                found.append(words)
                words = []
            else:
                words.append(word)
    calls = []
    for words in found:
        while words and re.match(r"^[A-Z_]+=", words[0]) or words[:1] == ["sudo"]:
            words = words[1:]
        if words and Path(words[0]).name == "ponder":
            calls.append(words[1:])
    return calls


class Declarations:
    """What the executable says of its commands and their options."""

    def __init__(self):
        dump = subprocess.run([EXECUTABLE, "--experimental-dump-help"], capture_output=True, text=True, check=True)
        self.program = json.loads(dump.stdout)["command"]

    def commands(self, command=None):
        """Every command with its path."""
        command = command or self.program
        yield command
        for child in command.get("subcommands", []):
            if child["commandName"] != "help":
                yield from self.commands(child)

    def complaint(self, words):
        """Why no command takes these words; none where one does."""
        command = self.program
        while command.get("subcommands") and words:
            child = self.child(command, words[0])
            if child is None:
                child = self.child(command, command.get("defaultSubcommand"))
                if child is None:
                    break
                command = child
            else:
                command, words = child, words[1:]
        options = {}
        for argument in command.get("arguments", []):
            for name in argument.get("names", []):
                options[("--" if name["kind"] == "long" else "-") + name["name"]] = argument["kind"]
        positional = [argument for argument in command.get("arguments", []) if argument["kind"] == "positional"]
        count, words = 0, list(words)
        while words:
            word = words.pop(0)
            if word in ("…", "..."):
                continue
            name, equals, _ = word.partition("=")
            if not word.startswith("-") or word == "-":
                count += 1
            elif name not in options:
                return f"ponder {command['commandName']} has no option {name}"
            elif options[name] == "option" and not equals:
                if not words:
                    return f"{name} lacks its value"
                words.pop(0)
        if command is self.program and count:
            return "there is no such command"
        if count and not positional:
            return f"ponder {command['commandName']} takes no argument"
        return None

    @staticmethod
    def child(command, word):
        for child in command.get("subcommands", []):
            if word == child["commandName"] or word in child.get("aliases", []):
                return child
        return None


def put(source, place):
    """A copy, as commands may write to it."""
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, place)


def put_models(folder, text):
    """Tiny checkpoints by the names of those that a text speaks of, but those that it writes and those that are nowhere."""
    for name in re.findall(r"(?<![\w/:.-])(?<!> )((?:[\w.-]+/)?[\w.-]+\.gguf)\b", text):
        if name not in re.findall(r"> (\S+)", text) and not name.startswith("nowhere"):
            put(MODELS / ("moe/gguf/moe-Q8_0.gguf" if re.search(r"A\d+B", name) else "dense-tied/gguf/dense-tied-Q8_0.gguf"), folder / name)
    for name in re.findall(r"(?<![\w/:.-])(Qwen3[\w.-]*)/", text):
        put(MODELS / ("moe/hf" if re.search(r"A\d+B", name) else "dense-tied/hf"), folder / name)


class Workshop:
    """A folder in which the commands of a block find what they name."""

    def __init__(self, folder, hub, port):
        self.folder, self.port = folder, port
        self.home = folder / "home"
        self.tools = folder / "tools"
        for place in (self.home / "models", self.tools):
            place.mkdir(parents=True)
        self.place = folder / "here"
        self.place.mkdir()
        self.variables = environment(
            HOME=str(self.home), PATH=f"{self.tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            PONDER_EXECUTABLE=str(EXECUTABLE), PONDER_REPOSITORY=str(REPOSITORY), HF_ENDPOINT=hub.url,
            MODELSCOPE_ENDPOINT=hub.url, HF_HOME="", HF_HUB_CACHE="", HF_TOKEN="", XDG_CACHE_HOME="", XDG_STATE_HOME="",
            HTTP_PROXY="", HTTPS_PROXY="", NO_PROXY="*", KEY="a-key", TERM="xterm-256color")
        for tool in ("ponder", "make", "curl"):
            script = self.tools / tool
            script.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name('document_tools.py')} {tool} \"$@\"\n")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def prepare(self, text):
        """Puts there what the text names, and has it speak to the server that is there."""
        put_models(self.place, text)
        put(MODELS / "dense-tied/gguf/dense-tied-Q8_0.gguf", self.home / "models" / "tiny.gguf")
        for name in ("README.md", "config"):
            put(REPOSITORY / name, self.place / name)
        self.write("notes.txt", "Strawberries are red.\n")
        self.write("schema.json", '{"type": "object", "properties": {"city": {"type": "string"}}}\n')
        self.write("grammar.gbnf", 'root ::= "yes" | "no"\n')
        self.write("keys", "a-key infer alice\n")
        if ".pem" in text or ".key" in text:
            self.make_certificates(re.findall(r"(?<![\w/])([\w-]+\.(?:pem|key))\b", text))
        return SERVER.sub(f"127.0.0.1:{self.port}", text)

    def write(self, name, text):
        if not (self.place / name).exists():
            (self.place / name).write_text(text)

    def make_certificates(self, names):
        """One certificate with its key for all names, whichever of the two they are for."""
        pair = self.folder / "pair.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", self.folder / "key.pem", "-out", pair],
            check=True, capture_output=True)
        pair.write_bytes(pair.read_bytes() + (self.folder / "key.pem").read_bytes())
        for name in names:
            shutil.copy(pair, self.place / name)

    def run(self, command, timeout=240):
        """The completed process of a shell's text, output and errors together as a terminal shows them."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command], cwd=self.place, env=self.variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)

    def run_python(self, text, timeout=240):
        return subprocess.run(
            [sys.executable, "-c", text], cwd=self.place, env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=timeout)


def loosely(line):
    """What of a line has to be the same on every machine: words, not numbers or spaces."""
    return re.sub(r"\s+", " ", re.sub(r"\d[\d,.]*", "#", line)).strip()


def missing_line(expected, output):
    """The first expected line that does not come, in order; `…` stands for anything. None where all do."""
    rest = [loosely(line) for line in output.splitlines()]
    for line in expected:
        if not line.strip() or line.strip() == "…":
            continue
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in loosely(line).split("…")))
        while rest and not pattern.fullmatch(rest[0]):
            rest.pop(0)
        if not rest:
            return line
        rest.pop(0)
    return None


def printed(text):
    """What comments behind `print` say it prints."""
    return re.findall(r"^\s*print\(.*\)\s+# (.+)$", text, re.MULTILINE)
