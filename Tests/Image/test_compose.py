"""config/compose.yaml, started: the container answers, is ready by its own health check, keeps its volume and stops in order."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from container import ENGINE, IMAGE, engine, free_port
from ponder_process import REPOSITORY, eventually
from test_image import ask, image  # noqa: F401
from wire import request


def tool():
    """What composes for the engine under test."""
    if ENGINE == "docker" and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    podman_compose = Path(sys.executable).with_name("podman-compose")
    return [podman_compose] if ENGINE == "podman" and podman_compose.exists() else None


@pytest.fixture
def project(tmp_path):
    """The composition under a name and on a port of its own: what runs its commands, the name, and the port."""
    if not tool():
        pytest.skip("there is neither docker compose nor podman-compose")
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    name, port = f"ponder-test-{os.getpid()}", free_port()
    path = tmp_path / "config" / "compose.yaml"
    text = path.read_text().replace("name: ponder\n", f"name: {name}\n").replace("image: ponder\n", f"image: {IMAGE}\n")
    path.write_text(text.replace("127.0.0.1:8000:8000", f"127.0.0.1:{port}:8000"))

    def run(*arguments):
        result = subprocess.run([*tool(), "--file", path, *arguments], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    yield run, name, port
    run("down", "--volumes")


def is_ready(port):
    try:
        return request(port, "GET", "/ready").status == 200
    except OSError:
        return False


def test_a_chat_through_the_composition(project):
    run, name, port = project
    run("up", "--detach", "--no-build", "ponder")
    [container] = engine("ps", "--quiet", "--filter", f"name={name}", check=True).stdout.split()
    assert eventually(lambda: is_ready(port), timeout=60), run("logs")
    assert ask(port) == "There are 3 r's in strawberries."
    found = json.loads(engine("inspect", container, check=True).stdout)[0]
    assert found["HostConfig"]["ReadonlyRootfs"]
    check = found["Config"]["Healthcheck"]["Test"]
    assert check[0] == "CMD" and engine("exec", container, *check[1:]).stdout.endswith(" is ready\n")
    run("stop")
    state = json.loads(engine("inspect", container, check=True).stdout)[0]["State"]
    assert not state["Running"] and state["ExitCode"] == 0
    assert f"{name}_models" in engine("volume", "ls", "--quiet", check=True).stdout.split()
