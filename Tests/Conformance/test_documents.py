"""Every command of the documents is run, or a note beside it says why it cannot be; then its options are at least known."""

import importlib.util
import json
import re

import pytest
from chat_terminal import PROMPT, ChatTerminal
from documents import (
    PROGRAMS, RUN, SHOWN, Declarations, Workshop, blocks, command_lines, console_commands, documents, missing_line,
    printed, program_calls, put_models,
)
from hub_stand_in import Hub, Repository
from ponder_process import EXECUTABLE, FIXTURES, REPOSITORY, Ponder, run

BLOCKS = [block for path in documents() for block in blocks(path)]
COMMANDS = [block for block in BLOCKS if block.language in RUN]
# Examples of --help that take a machine's time for minutes with any model, or ask servers that are somewhere else.
NOT_RUN = re.compile(r"ponder (bench|health)|ponder doctor .*--url")


class EveryRepository(dict):
    """A hub that has whatever is asked for: tiny checkpoints by every name."""

    def get(self, name, default=None):
        if not name or "/" not in name:
            return default
        if name not in self:
            self[name] = EveryRevision(self.files(name))
        return self[name]

    def __missing__(self, name):
        return self.get(name)

    @staticmethod
    def files(name):
        if not name.endswith("-GGUF"):
            folder = FIXTURES / "models" / "dense-tied" / "hf"
            return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        weights = (FIXTURES / "models" / "dense-tied" / "gguf" / "dense-tied-Q8_0.gguf").read_bytes()
        short = name.split("/")[1].removesuffix("-GGUF")
        return {f"{short}-{kind}.gguf": weights for kind in ("Q4_K_M", "Q8_0", "BF16")}


class EveryRevision(Repository):
    def find(self, revision):
        number, files = super().find(revision)
        return (number, files) if files else super().find("main")


@pytest.fixture(scope="module")
def hub():
    hub = Hub()
    hub.repositories = EveryRepository()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def declarations():
    return Declarations()


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A server for each way in which documents want one."""
    running = {}

    def start(note):
        key = note or ""
        if key not in running:
            folder = tmp_path_factory.mktemp("served")
            put_models(folder, key)
            words = key.split()[2:]
            running[key] = Ponder(*(folder / word if (folder / word).exists() else word for word in words))
        return running[key]

    yield start
    for server in running.values():
        server.stop()


@pytest.fixture
def workshop(tmp_path, hub, servers, request):
    block = getattr(request, "param", None)
    return Workshop(tmp_path, hub, servers(block.notes.get("run with") if block else None).port)


def test_every_block_says_what_it_is():
    complaints = []
    for block in BLOCKS:
        if block.language not in RUN | SHOWN:
            complaints.append(f"{block.place}: a block of the language '{block.language}', which no test knows")
        elif block.language in SHOWN:
            lines = [line for line in block.text.splitlines() if re.match(rf"^(\$ )?({'|'.join(PROGRAMS)}) [\w./-]", line)]
            complaints += [f"{block.place}: '{line}' is a command, and {block.language} is not run" for line in lines]
        if block.language == "json" and "…" not in block.text:
            try:
                json.loads(block.text)
            except ValueError as error:
                complaints.append(f"{block.place}: no JSON: {error}")
        if any(note in block.notes for note in ("not run", "run with")) and block.language not in RUN:
            complaints.append(f"{block.place}: a note of how it is run, and it is no block of commands")
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_option_that_is_written_of_is_there(path, declarations):
    complaints = []
    for block in blocks(path):
        if block.language in ("sh", "console"):
            text = block.text
            if block.language == "console":
                # What is to fail may have options that are none.
                text = "\n".join(command for command, _ in console_commands(text) if "|| true" not in command)
            calls = program_calls(text)
        else:
            # Service files, container commands: what starts ponder stands on one line.
            lines = re.findall(r"(?:ExecStart=|^CMD |^ENTRYPOINT )\S*ponder (.+)$", block.text, re.MULTILINE)
            calls = [line.split() for line in lines if "[" not in line]
        complaints += [f"{block.place}: {text}" for text in map(declarations.complaint, calls) if text]
    prose = re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for span in re.findall(r"`(ponder [^`\n]+)`", prose):
        try:
            calls = program_calls(span)
        except ValueError:
            continue
        complaints += [f"{path.name}: `{span}`: {text}" for text in map(declarations.complaint, calls) if text]
    assert not complaints, "\n".join(complaints)


RUNNABLE = [block for block in COMMANDS if "not run" not in block.notes]


@pytest.mark.parametrize("workshop", [block for block in RUNNABLE if block.language == "sh"], indirect=True,
                         ids=lambda block: block.place)
def test_commands_run(workshop, request):
    block = request.node.callspec.params["workshop"]
    result = workshop.run(workshop.prepare(block.text))
    assert result.returncode == 0, f"{block.place}:\n{block.text}\n{result.stdout}"


@pytest.mark.parametrize("workshop", [block for block in RUNNABLE if block.language == "console"], indirect=True,
                         ids=lambda block: block.place)
def test_commands_answer_as_shown(workshop, request, tmp_path):
    block = request.node.callspec.params["workshop"]
    for command, expected in console_commands(block.text):
        if any(line.startswith(PROMPT) for line in expected):
            output = converse(tmp_path / "talk", command, expected)
        else:
            output = workshop.run(workshop.prepare(command)).stdout
        missing = missing_line(expected, output)
        assert missing is None, f"{block.place}: '{missing}' does not come of\n{command}\n{output}"


def converse(home, command, expected):
    """A conversation in a terminal, with what is entered in it: what stands on the screen at its end."""
    words = command.split()
    with ChatTerminal(home, *words[2:], command=words[1]) as chat:
        for line in expected:
            if line.startswith(PROMPT):
                chat.enter(line.removeprefix(PROMPT))
        return "\n".join(chat.lines)


@pytest.mark.parametrize("workshop", [block for block in RUNNABLE if block.language == "python"], indirect=True,
                         ids=lambda block: block.place)
def test_python_runs(workshop, request):
    block = request.node.callspec.params["workshop"]
    for module in set(re.findall(r"^(?:from|import) (\w+)", block.text, re.MULTILINE)):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    result = workshop.run_python(workshop.prepare(block.text))
    assert result.returncode == 0, f"{block.place}:\n{result.stdout}"
    missing = missing_line(printed(block.text), result.stdout)
    assert missing is None, f"{block.place}: '{missing}' is not printed:\n{result.stdout}"


def help_examples():
    """The lines below EXAMPLES of every command's help."""
    for command in Declarations().commands():
        if not command.get("shouldDisplay", True):
            continue
        path = [*command.get("superCommands", []), command["commandName"]]
        text = command.get("discussion", "").partition("EXAMPLES:\n")[2]
        yield " ".join(path), [line.strip() for line in text.splitlines() if line.strip()]


HELP = list(help_examples()) if EXECUTABLE.exists() else []


@pytest.mark.parametrize("command, examples", HELP, ids=[command for command, _ in HELP])
def test_help_has_examples_that_run(command, examples, workshop, declarations):
    assert examples, f"{command} --help has no examples"
    for example in examples:
        for call in program_calls(example):
            assert declarations.complaint(call) is None
        if NOT_RUN.match(example):
            continue
        for folder in re.findall(r"> ~/(\S+)/", example):
            (workshop.home / folder).mkdir(parents=True, exist_ok=True)
        if re.search(r"\bponder (show|rm) ", example):
            names = " ".join(re.findall(r"ponder (?:show|rm) (?:--quantized ?)?([^-\s]\S*)", example)) or "Qwen/Qwen3-0.6B"
            assert workshop.run(f"ponder pull {names}").returncode == 0
            if "--quantized" in example:
                assert workshop.run(f"ponder run {names} --quantize q8_0 --max-tokens 1 Hi").returncode == 0
        if " serve " in example and "--pull" not in example and "Qwen/" in example:
            continue
        result = workshop.run(workshop.prepare(example))
        assert result.returncode == 0, f"{example}\n{result.stdout}"


def test_tables_of_generated_documents_are_current():
    written = (REPOSITORY / "docs" / "configuration.md").read_text()
    assert run("manual", "--settings").stdout.strip() in written, "`make reference` writes the table of settings anew"


def test_a_block_is_cut_as_a_shell_reads_it():
    text = "curl x --json '{\n  \"a\": 1}' | head\nponder serve a.gguf \\\n  --port 1 # here\nPONDER_PORT=1 ponder chat\n"
    assert len(command_lines(text)) == 3
    assert program_calls(text) == [["serve", "a.gguf", "--port", "1"], ["chat"]]
    assert missing_line(["a 1 b", "…", "c…d"], "x\na  2.5 b\nc 3 e d\n") is None
    assert missing_line(["a"], "b\n") == "a"
    assert console_commands("$ a 'x\ny'\nout\n$ b\n") == [("a 'x\ny'", ["out"]), ("b", [])]
