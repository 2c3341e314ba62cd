"""Containers of the image under test, run by docker or podman ($ENGINE picks) as docs/deployment.md says."""

import json
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time

from wire import request

IMAGE = os.environ.get("IMAGE", "ponder")
# No root, no capabilities, nothing that can be written to but volumes; and the host's network, so that nothing is published.
CONFINED = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=host"]


def works(engine):
    return shutil.which(engine) and subprocess.run([engine, "info"], capture_output=True).returncode == 0


ENGINE = os.environ.get("ENGINE") or next(filter(works, ["docker", "podman"]), None)


def engine(*arguments, **options):
    return subprocess.run([ENGINE, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def configuration():
    """What the image says of itself."""
    found = json.loads(engine("image", "inspect", IMAGE, check=True).stdout)[0]
    # podman has the health check beside the rest, docker in it.
    return ({"Healthcheck": found["Healthcheck"]} if "Healthcheck" in found else {}) | found["Config"]


def files():
    """Every file of the image: its entry in a tar archive and its first bytes, by its path."""
    container = engine("create", IMAGE, check=True).stdout.strip()
    try:
        with tempfile.TemporaryFile() as archive:
            subprocess.run([ENGINE, "export", container], stdout=archive, check=True)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as entries:
                return {entry.name: (entry, entries.extractfile(entry).read(4) if entry.isfile() else b"") for entry in entries}
    finally:
        engine("rm", "--volumes", container)


class Container:
    """A confined server on a free port of the loopback interface; `options` go to the engine, `arguments` to Ponder."""

    def __init__(self, *options, arguments=(), **environment):
        self.port = free_port()
        environment = {"PONDER_HOST": "127.0.0.1", "PONDER_PORT": self.port} | environment
        variables = [f"--env={name}={value}" for name, value in environment.items()]
        begin = time.monotonic()
        self.name = engine("run", "--detach", *CONFINED, *variables, *options, IMAGE, *arguments, check=True).stdout.strip()
        self.wait_until_ready()
        self.start_seconds = time.monotonic() - begin

    def wait_until_ready(self, timeout=60):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                if request(self.port, "GET", "/ready").status in (200, 401):
                    return
            except OSError:
                assert self.state()["Running"], self.logs()
            time.sleep(0.02)
        raise AssertionError(f"not ready after {timeout} seconds:\n{self.logs()}")

    def state(self):
        return json.loads(engine("inspect", self.name, check=True).stdout)[0]["State"]

    def logs(self):
        result = engine("logs", self.name)
        return result.stdout + result.stderr

    def execute(self, *command):
        return engine("exec", self.name, *command)

    def begin_stop(self, *options):
        """`docker stop`, which waits for the end; the process that does so."""
        return subprocess.Popen([ENGINE, "stop", *map(str, options), self.name], stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        engine("rm", "--force", "--volumes", self.name)
