"""The server that is soaked: one process, and what the kernel says of it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXECUTABLE = os.environ.get("PONDER", Path(__file__).resolve().parents[2] / ".build" / "release" / "ponder")


class Server:
    """The release executable with its built-in model, on a port that the system chooses."""

    def __init__(self):
        self.log = tempfile.TemporaryFile()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PONDER")}
        # The cache holds 8 long streams, and is so small that it is full before the comparison begins.
        self.process = subprocess.Popen(
            [EXECUTABLE, "serve", "--port", "0", "--kv-cache-memory", "96MiB", "--log-level", "warning"],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        line = self.process.stdout.readline()
        match = re.search(r":(\d+)$", line.strip())
        if not match:
            written = os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0).decode()
            sys.exit(f"soak: the server does not start: {line}{written}")
        self.port = int(match[1])

    def state(self):
        """Descriptors, threads, resident bytes."""
        folder = Path(f"/proc/{self.process.pid}")
        status = (folder / "status").read_text()
        number = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1])
        return len(list((folder / "fd").iterdir())), number("Threads"), number("VmRSS") * 1024

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settled_state(self, patience=90):
        """The state once nothing of it has fallen for ten seconds."""
        lowest, since, end = self.state(), time.monotonic(), time.monotonic() + patience
        while time.monotonic() < end and time.monotonic() - since < 10:
            time.sleep(0.5)
            state = tuple(map(min, self.state(), lowest))
            if state != lowest:
                lowest, since = state, time.monotonic()
        return self.state()

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
