"""What a new user types: `make run`, then a request."""

import os
import re
import signal
import subprocess

from ponder_process import REPOSITORY, environment
from wire import stream


def test_make_run_serves_the_built_in_model():
    make = subprocess.Popen(
        ["make", "--no-print-directory", "run", "PORT=0"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={name: value for name, value in environment().items() if not name.startswith("MAKE")},
    )
    try:
        for line in make.stdout:
            if ready := re.match(r"ponder: serving (\S+) at http://127\.0\.0\.1:(\d+)$", line):
                break
        assert ready, "make run ended without serving"
        name, port = ready[1], int(ready[2])
        messages = [{"role": "user", "content": "Hello!"}]
        reply = stream(port, "/v1/chat/completions", {"model": name, "messages": messages, "max_tokens": 8})
        assert reply.events[-1].data == "[DONE]"
        os.kill(server_under(make.pid), signal.SIGTERM)
        assert make.wait(60) == 0
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGKILL)
            make.wait()


def server_under(pid):
    """The process id of the ponder that make started."""
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    [child] = [int(child) for child in children]
    return child
