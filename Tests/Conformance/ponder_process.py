"""The server under test: one process of the release executable, on a free port of the loopback interface."""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "Tests" / "Fixtures"
EXECUTABLE = Path(os.environ.get("PONDER", REPOSITORY / ".build" / "release" / "ponder")).resolve()
READY_LINE = re.compile(r"^ponder: serving (.+) at http://127\.0\.0\.1:(\d+)$")


def environment(**extra):
    """The caller's environment without settings of Ponder's that would change what is tested."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PONDER")}
    return kept | extra


class Ponder:
    """`ponder serve` with the arguments; it is ready when the constructor returns."""

    def __init__(self, *arguments, port=0, wait=True, stderr=None, **extra_environment):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [EXECUTABLE, "serve", *map(str, arguments), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=self.log if stderr is None else stderr,
            text=True,
            env=environment(**extra_environment),
        )
        self.name = None
        self.port = None
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self):
        line = self.process.stdout.readline().rstrip("\n")
        match = READY_LINE.match(line)
        assert match, f"the first line on standard output is {line!r}; the log:\n{self.log_text()}"
        self.name, self.port = match[1], int(match[2])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log_text(self):
        # The server writes at this descriptor's own place, which reading must not move.
        descriptor = self.log.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """The exit status."""
        return self.process.wait(timeout)

    def stop(self):
        """Ends the process as an operator would, and fails if that does not work."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.process.stdout.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.log.close()


def run(*arguments, timeout=60, **extra_environment):
    """A command that ends by itself: its completed process, with text output."""
    return subprocess.run(
        [EXECUTABLE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(**extra_environment),
    )


def eventually(condition, timeout=20, pause=0.02):
    """Waits until the condition holds; its last value otherwise. A bound against hanging, no measurement."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)
