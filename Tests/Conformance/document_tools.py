"""What `ponder`, `make` and `curl` are to the commands of documents: the real ones, made to come to an end.

A server is stopped once it is ready, a conversation ends at its first prompt, `make run` runs what it would, without the
build, and `curl` fails where the answer is an error.
"""

import os
import re
import shlex
import signal
import subprocess
import sys

import pexpect

EXECUTABLE = os.environ["PONDER_EXECUTABLE"]
REPOSITORY = os.environ["PONDER_REPOSITORY"]


def ponder(arguments):
    if arguments[:1] == ["serve"] and not {"--dry-run", "--help"} & set(arguments):
        return serve(arguments)
    if arguments[:1] in (["chat"], ["run"]) and sys.stdout.isatty() is False:
        return chat(arguments)
    return subprocess.run([EXECUTABLE, *arguments]).returncode


def serve(arguments):
    """Until it is ready; then it is stopped as an operator would."""
    words = []
    for word in arguments:
        words.append("0" if words and words[-1] == "--port" else word)
    if "--port" not in words:
        words += ["--port", "0"]
    process = subprocess.Popen([EXECUTABLE, *words], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    print(line, end="", flush=True)
    if line.startswith("ponder: serving"):
        process.send_signal(signal.SIGTERM)
    return process.wait(60)


def chat(arguments):
    """One answer where there is a prompt, and otherwise a conversation at a terminal, which ends at once."""
    answer = subprocess.run([EXECUTABLE, *arguments], capture_output=True, text=True)
    if "there is no prompt" not in answer.stderr:
        sys.stdout.write(answer.stdout)
        sys.stderr.write(answer.stderr)
        return answer.returncode
    terminal = pexpect.spawn(EXECUTABLE, arguments, encoding="utf-8", timeout=60)
    terminal.expect(">>> ")
    terminal.send("\x04")
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


def make(arguments):
    """What a target would do; the server that `make run` starts is started."""
    plan = subprocess.run(["make", "-n", "-C", REPOSITORY, *arguments], capture_output=True, text=True, env=without_tools())
    if plan.returncode:
        sys.stderr.write(plan.stderr)
        return plan.returncode
    for line in plan.stdout.splitlines():
        if re.match(r"^exec \S*release/ponder ", line):
            return ponder(shlex.split(line)[2:])
    return 0


def curl(arguments):
    return subprocess.run(["curl", "--fail-with-body", "--max-time", "120", *arguments], env=without_tools()).returncode


def without_tools():
    paths = os.environ["PATH"].split(":")
    return os.environ | {"PATH": ":".join(paths[1:])}


sys.exit({"ponder": ponder, "make": make, "curl": curl}[sys.argv[1]](sys.argv[2:]))
