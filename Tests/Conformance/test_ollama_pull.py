"""Ollama's official client fetches and removes models, where the server's operator lets it."""

import json

import ollama
import pytest
from hub_stand_in import Hub, Repository
from ponder_process import FIXTURES, Ponder, eventually, run

NAME = "Qwen/Tiny-0.1B-GGUF"
WEIGHTS = (FIXTURES / "models" / "dense-tied" / "gguf" / "dense-tied-Q8_0.gguf").read_bytes()


@pytest.fixture(scope="module")
def hub():
    hub = Hub()
    hub.repositories[NAME] = Repository({"Tiny-Q8_0.gguf": WEIGHTS, "README.md": b"---\nlicense: mit\n---\n"}, license="mit")
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def home(hub, tmp_path_factory):
    return {"HOME": str(tmp_path_factory.mktemp("home")), "HF_ENDPOINT": hub.url, "HF_HOME": "", "HF_TOKEN": "",
            "HF_HUB_CACHE": "", "XDG_CACHE_HOME": "", "HTTP_PROXY": "", "HTTPS_PROXY": "", "NO_PROXY": "*"}


@pytest.fixture(scope="module")
def server(home, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text("boss admin\nguest infer\n")
    with Ponder("--allow-pull", "--api-key-file", keys, **home) as server:
        yield server


@pytest.fixture(scope="module")
def boss(server):
    return ollama.Client(host=server.url, headers={"Authorization": "Bearer boss"}, timeout=60)


def stored(home):
    return [model["name"] for model in json.loads(run("list", "--json", **home).stdout)]


def test_a_model_is_fetched_with_progress_and_removed(boss, home):
    steps = list(boss.pull(f"{NAME}:Q8_0", stream=True))
    assert steps[0].status == "pulling manifest" and steps[-1].status == "success"
    parts = [step for step in steps if step.status == "downloading Tiny-Q8_0.gguf"]
    assert parts[-1].total == parts[-1].completed == len(WEIGHTS) and parts[-1].digest.startswith("sha256:")
    assert stored(home) == [f"{NAME}:Q8_0"]
    assert boss.delete(f"{NAME}:Q8_0").status == "success"
    assert stored(home) == []


def test_a_pull_without_a_stream_is_one_answer(boss, home):
    assert boss.pull(f"hf.co/{NAME}").status == "success"
    assert stored(home) == [f"{NAME}:Q8_0"]
    boss.delete(f"hf.co/{NAME}:Q8_0")


@pytest.mark.parametrize("name, status", [("../../etc", 400), ("Qwen/Nothing", 403), (f"{NAME}:q2_k", 404)])
def test_what_cannot_be_fetched_has_a_status(boss, name, status):
    with pytest.raises(ollama.ResponseError) as refusal:
        boss.pull(name)
    assert refusal.value.status_code == status and refusal.value.error
    with pytest.raises(ollama.ResponseError):
        list(boss.pull(name, stream=True))


def test_what_is_not_here_or_is_served_is_not_removed(boss, server):
    for name, status in (("Qwen/Nothing", 404), (server.name, 400)):
        with pytest.raises(ollama.ResponseError) as refusal:
            boss.delete(name)
        assert refusal.value.status_code == status


def test_a_client_that_goes_away_ends_its_pull(boss, hub, home):
    hub.faults["Tiny-Q8_0.gguf"] = [None, "stall"]
    hub.gate.clear()
    stream = boss.pull(NAME, stream=True)
    for step in stream:
        if step.completed and step.status.startswith("downloading Tiny"):
            break
    stream.close()
    # The lock of a pull that still went on would keep the next one waiting: the stand-in sends the first one nothing more.
    assert boss.pull(NAME).status == "success"
    hub.gate.set()
    boss.delete(NAME)


def test_only_operators_fetch_and_only_where_it_is_allowed(server, hub, home):
    guest = ollama.Client(host=server.url, headers={"Authorization": "Bearer guest"})
    for call in (lambda: guest.pull(NAME), lambda: guest.delete(NAME)):
        with pytest.raises(ollama.ResponseError) as refusal:
            call()
        assert refusal.value.status_code == 403
    before = len(hub.requests)
    with Ponder(**home) as closed:
        client = ollama.Client(host=closed.url)
        for call in (lambda: client.pull(NAME), lambda: client.delete(NAME)):
            with pytest.raises(ollama.ResponseError) as refusal:
                call()
            assert refusal.value.status_code == 403 and "--allow-pull" in refusal.value.error
    assert len(hub.requests) == before


def test_a_pull_does_not_keep_a_server_from_stopping(hub, home):
    hub.faults["Tiny-Q8_0.gguf"] = [None, "stall"]
    hub.gate.clear()
    with Ponder("--allow-pull", **home) as server:
        stream = ollama.Client(host=server.url).pull(NAME, stream=True)
        assert any(step.completed for step in stream)
        server.signal(15)
        assert server.wait(20) == 0
    hub.gate.set()
    assert eventually(lambda: run("rm", NAME, **home).returncode == 0)
