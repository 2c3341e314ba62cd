"""`ponder pull` where hubs, networks, disks and users do what they do wrong."""

import json
import os
import signal
import subprocess
from pathlib import Path

import huggingface_hub
import pytest
from hub_stand_in import Repository
from ponder_process import EXECUTABLE, environment, eventually, run
from pulling import CARD, NAME, TENSORS, blobs, blobs_of, cache, error, home, hub, pull, sizes  # noqa: F401, F811


def test_a_killed_pull_goes_on_where_it_ended(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    process = subprocess.Popen(
        [EXECUTABLE, "pull", NAME], env=environment(**home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    half = len(TENSORS) // 2
    assert eventually(lambda: half in sizes(partial.glob("*.incomplete")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.gate.set()
    hub.requests.clear()
    pull(home, NAME)
    [request] = [request for request in hub.asked("model.safetensors") if request["server"] == "StoreHandler"]
    assert request["fields"]["range"] == f"bytes={half}-"
    assert not any(name.endswith(".incomplete") for name in blobs(home))
    assert huggingface_hub.hf_hub_download(
        NAME, "model.safetensors", cache_dir=cache(home), local_files_only=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_pull(hub, home, number):
    hub.faults["model.safetensors"] = [None, "stall"]
    process = subprocess.Popen([EXECUTABLE, "serve", NAME, "--pull"], env=environment(**home), stderr=subprocess.PIPE, text=True)
    assert eventually(lambda: len(hub.asked("model.safetensors")) == 2)
    process.send_signal(number)
    assert "goes on where it ended" in process.stderr.read()
    assert process.wait(20) == 128 + number
    hub.gate.set()
    pull(home, NAME)


@pytest.mark.parametrize("fault", ["cut", (503, {"Retry-After": "0"}), (429, {"Retry-After": "1"}), (500, {})])
def test_what_passes_is_tried_again(hub, home, fault):
    hub.faults["model.safetensors"] = [None, fault, None, (403, {})]
    hub.faults["revision/main"] = [fault] if isinstance(fault, tuple) else []
    hub.faults["config.json"] = [fault]
    result = pull(home, NAME)
    assert "trying again" in result.stderr


def test_a_hub_that_wants_to_be_left_alone_is_not_pressed(hub, home):
    hub.faults["revision/main"] = [(429, {"Retry-After": "86400"})]
    assert "86400 seconds" in error(pull(home, NAME, status=1))
    assert len(hub.asked("revision/main")) == 1


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_wrong_byte_is_noticed(hub, home, file):
    hub.faults[f"/{file}"] = [None, "corrupt"] if file == "model.safetensors" else ["corrupt"]
    result = pull(home, NAME)
    assert "does not have its digest" in result.stderr
    assert run("rm", NAME, **home).returncode == 0
    hub.faults[f"/{file}"] = [None, "corrupt", None, "corrupt"] if file == "model.safetensors" else ["corrupt"] * 2
    assert "sends wrong bytes" in error(pull(home, NAME, status=1))
    assert json.loads(run("list", "--json", **home).stdout) == []


def test_leftovers_that_are_wrong_do_not_stay(hub, home):
    blob = blobs_of(hub)["model.safetensors"]
    folder = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    folder.mkdir(parents=True)
    (folder / f"{blob}.incomplete").write_bytes(b"x" * 1000)
    assert "does not have its digest" in pull(home, NAME).stderr
    (folder / blob).unlink()
    # A server that knows no ranges sends the whole, and a file that is too long is no part of anything.
    (folder / f"{blob}.incomplete").write_bytes(TENSORS[:1000])
    hub.faults["model.safetensors"] = [None, "whole"]
    pull(home, NAME)
    (folder / blob).unlink()
    (folder / f"{blob}.incomplete").write_bytes(TENSORS + b"x")
    pull(home, NAME)
    assert (folder / blob).read_bytes() == TENSORS


def test_more_bytes_than_there_are_end_it(hub, home):
    hub.faults["model.safetensors"] = [None, "longer"]
    assert "sends more than" in error(pull(home, NAME, status=1))


def test_a_token_is_shown_to_the_hub_and_to_nobody_else(hub, home):
    hub.repositories[NAME].token = "hf_secret"
    assert "HF_TOKEN" in error(pull(home, NAME, status=1))
    assert "to this token" in error(pull(home | {"HF_TOKEN": "wrong"}, NAME, status=1))
    hub.requests.clear()
    pull(home | {"HF_TOKEN": "hf_secret"}, NAME)
    servers = {(request["server"], request["fields"].get("authorization")) for request in hub.requests}
    assert servers == {("HubHandler", "Bearer hf_secret"), ("StoreHandler", None)}
    # The file that `hf auth login` writes.
    assert run("rm", NAME, **home).returncode == 0
    token = Path(home["HOME"]) / ".cache" / "huggingface" / "token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("hf_secret\n")
    pull(home, NAME)


def test_refusals_say_what_to_do(hub, home):
    hub.repositories["Qwen/Gated"] = Repository({"config.json": b"{}"}, token="other", gated=True)
    assert "agree to its terms" in error(pull(home | {"HF_TOKEN": "mine"}, "Qwen/Gated", status=1))
    assert "case-sensitive" in error(pull(home | {"HF_TOKEN": "mine"}, "Qwen/Nothing", status=1))
    assert "no revision 'v9'" in error(pull(home, f"{NAME}@v9", status=1))
    assert "is no name of a model" in error(pull(home, "../../etc/passwd", status=1))
    assert "HF_HUB_OFFLINE" in error(pull(home | {"HF_HUB_OFFLINE": "1"}, NAME, status=1))
    hub.repositories["Qwen/Empty"] = Repository({"README.md": CARD})
    assert "holds no model" in error(pull(home, "Qwen/Empty", status=1))


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "a//b.json", "evil\u0000.json"])
def test_names_that_lead_elsewhere_are_refused(hub, home, name):
    repository = hub.repositories[NAME]
    repository.commits[repository.branches["main"]][name] = b"{}"
    assert "may lead anywhere" in error(pull(home, NAME, status=1))
    assert not list(Path(home["HOME"]).rglob("evil*"))


def test_two_pulls_do_not_collide(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    first = subprocess.Popen([EXECUTABLE, "pull", NAME], env=environment(**home), stderr=subprocess.PIPE, text=True)
    folder = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    assert eventually(lambda: len(TENSORS) // 2 in sizes(folder.glob("*.incomplete")))
    second = subprocess.Popen([EXECUTABLE, "pull", NAME], env=environment(**home), stderr=subprocess.PIPE, text=True)
    waiting = ""
    for line in second.stderr:
        waiting += line
        if "it is being fetched already" in line:
            break
    assert "it is being fetched already" in waiting
    hub.gate.set()
    for process in (first, second):
        process.stderr.read()
        assert process.wait(60) == 0
    # Once to its middle, once from there on.
    assert len([request for request in hub.asked("model.safetensors") if request["server"] == "StoreHandler"]) == 2


def test_a_full_disk_is_said_before_anything_comes(hub, home):
    disk = os.statvfs(home["HOME"])
    hub.sizes["model.safetensors"] = disk.f_blocks * disk.f_frsize + 1
    assert "has room for" in error(pull(home, NAME, status=1))
    assert not hub.asked("model.safetensors")
