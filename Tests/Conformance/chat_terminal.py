"""`ponder chat` in a real pseudo-terminal, with a terminal emulator that shows what a person would see."""

import re
import resource
import signal
import subprocess
import termios
import time

import pexpect
import pyte
from ponder_process import EXECUTABLE, environment

PROMPT = ">>> "
UP, DOWN, LEFT, ALT_ENTER, CONTROL_C, CONTROL_D, CONTROL_R, CONTROL_G = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b\r", "\x03", "\x04", "\x12", "\x07"

# What the built-in model knows for sure, and what folds its reasoning.
GREEDY = ("--temperature", "0")
QUESTION = "How many r's in strawberries?"
ANSWER = "There are 3 r's in strawberries."
FOLDED = re.compile(r"^thought for \d+\.\d+ s, (\d+) tokens; /reasoning shows it$")


def pipe(*arguments, text=None):
    """Runs the executable without a terminal; `text` is its input."""
    return subprocess.run(
        [EXECUTABLE, *map(str, arguments)], input=text, stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True, text=True, timeout=60, env=environment())


def begin_afresh():
    """In the child: no core files, and a hang-up that ends it even where the tests run under `nohup`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class ChatTerminal:
    """The command at a terminal of 80 by 24; `home` holds its history."""

    def __init__(self, home, *arguments, command="chat", columns=80, rows=24, greets=True):
        variables = environment(HOME=str(home), TERM="xterm-256color", SWIFT_BACKTRACE="enable=no")
        variables.pop("XDG_STATE_HOME", None)
        self.process = pexpect.spawn(
            str(EXECUTABLE), [command, *map(str, arguments)], env=variables, dimensions=(rows, columns), timeout=60,
            preexec_fn=begin_afresh)
        self.process.delaybeforesend = None
        self.mode_before = termios.tcgetattr(self.process.child_fd)
        self.screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        if greets:
            self.wait_for_prompt()

    def read(self, timeout=0.05):
        """Takes in what the command has written; false at its end."""
        try:
            chunk = self.process.read_nonblocking(65_536, timeout)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.written += chunk
        self.stream.feed(chunk)
        return True

    @property
    def lines(self):
        """What can be read on the screen and above it."""
        above = ["".join(row[column].data for column in range(self.screen.columns)) for row in self.screen.history.top]
        lines = [line.rstrip() for line in above + list(self.screen.display)]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def wait_until(self, condition, timeout=90):
        """A bound against hanging, no measurement."""
        end = time.monotonic() + timeout
        while not condition():
            assert self.read() or condition(), "the command ended:\n" + "\n".join(self.lines)
            assert time.monotonic() < end, "this stayed on the screen:\n" + "\n".join(self.lines)

    def wait_for_text(self, text):
        self.wait_until(lambda: any(text in line for line in self.lines))

    def wait_for_prompt(self):
        """Until the cursor stands behind an empty prompt."""
        self.wait_until(
            lambda: self.screen.cursor.x == len(PROMPT)
            and self.screen.display[self.screen.cursor.y].rstrip() == PROMPT.rstrip())

    def type(self, text):
        self.process.send(text)

    def enter(self, text):
        """Types a line and waits for what comes of it: the lines between it and the next prompt."""
        before = len(self.lines)
        mark = len(self.written)
        self.type(text + "\r")
        self.wait_until(lambda: len(self.written) > mark and len(self.lines) > before)
        self.wait_for_prompt()
        return [line for line in self.lines[before:-1] if line]

    def interrupt(self):
        """Ctrl-C, and the prompt that follows."""
        mark = len(self.written)
        self.type(CONTROL_C)
        self.wait_until(lambda: len(self.written) > mark)
        self.wait_for_prompt()

    @property
    def mode(self):
        return termios.tcgetattr(self.process.child_fd)

    @property
    def echoes(self):
        return bool(self.mode[3] & termios.ECHO)

    def read_to_end(self, timeout=90):
        end = time.monotonic() + timeout
        while self.read():
            assert time.monotonic() < end, "the command goes on:\n" + "\n".join(self.lines)

    def end(self):
        """The exit status, or minus the signal's number."""
        self.read_to_end()
        self.process.close(force=False)
        return self.process.exitstatus if self.process.exitstatus is not None else -self.process.signalstatus

    def is_dim(self, text):
        """Whether the text was written dimmed."""
        pattern = re.compile(rb"\x1b\[2m([^\x1b]*)\x1b\[0m")
        dimmed = b"".join(pattern.findall(self.written)).decode(errors="replace")
        return text in dimmed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close(force=True)
