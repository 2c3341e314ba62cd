"""Starts other programs, and tells what is wrong with them."""

import json
import os
import subprocess


class EngineError(Exception):
    """An engine's program failed, or said something that nobody understands."""


def plain_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}


def run(command, with_errors=False):
    """A command's standard output, and what it wrote to standard error after it if that is wanted, too."""
    command = list(map(str, command))
    try:
        result = subprocess.run(command, capture_output=True, text=True, errors="replace", env=plain_environment())
    except OSError as error:
        raise EngineError(f"{command[0]}: {error.strerror}") from error
    if result.returncode != 0:
        raise EngineError(f"{' '.join(command)} ended with {result.returncode}: {result.stderr.strip()[-500:]}")
    return result.stdout + result.stderr if with_errors else result.stdout


def only_json(text, command):
    try:
        [record] = json.loads(text)
        return record
    except ValueError as error:
        raise EngineError(f"{command} printed no single result") from error
