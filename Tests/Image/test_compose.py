"""config/compose.yaml, started: the container answers, is ready by its own health check, keeps its volume and stops in order."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from container import ENGINE, IMAGE, engine, free_port
from deployment import compose
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
    """The composition under a name and on ports of its own: what runs its commands, the name, Ponder's and Prometheus' port."""
    if not tool():
        pytest.skip("there is neither docker compose nor podman-compose")
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    name, port, watcher = f"ponder-test-{os.getpid()}", free_port(), free_port()
    path = tmp_path / "config" / "compose.yaml"
    text = path.read_text().replace("name: ponder\n", f"name: {name}\n").replace("image: ponder\n", f"image: {IMAGE}\n")
    text = text.replace("127.0.0.1:8000:8000", f"127.0.0.1:{port}:8000")
    path.write_text(text.replace("127.0.0.1:9090:9090", f"127.0.0.1:{watcher}:9090"))

    def run(*arguments):
        result = subprocess.run([*tool(), "--file", path, *arguments], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    yield run, name, port, watcher
    run("--profile", "monitoring", "down", "--volumes")


def is_ready(port):
    try:
        return request(port, "GET", "/ready").status == 200
    except OSError:
        return False


def test_a_chat_through_the_composition(project):
    run, name, port, _ = project
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


def test_prometheus_of_the_composition_reads_ponder(project):
    run, _, _, watcher = project
    wanted = compose()["services"]["prometheus"]["image"].replace("${PROMETHEUS_TAG:-", "").removesuffix("}")
    if engine("image", "inspect", wanted).returncode and engine("pull", wanted).returncode:
        pytest.skip(f"{wanted} is not to be had")
    run("--profile", "monitoring", "up", "--detach", "--no-build", "ponder", "prometheus")

    def told(path):
        try:
            return json.loads(request(watcher, "GET", f"/api/v1/{path}").body)["data"]
        except (OSError, ValueError):
            return {}

    assert eventually(lambda: [one["health"] for one in told("targets").get("activeTargets", [])] == ["up"], timeout=90)
    # A rule that has been evaluated is ok or has an error.
    def rules():
        return [rule["health"] for group in told("rules").get("groups", []) for rule in group["rules"]]

    assert eventually(lambda: rules() and set(rules()) == {"ok"}, timeout=90), rules()
