"""Ollama's official client fetches and removes models, where the server's operator lets it."""

import json

import ollama
import openai
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
    keys.write_text("boss admin infer\nguest infer\n")
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


def tags(client):
    return [model.model for model in client.list().models]


def test_what_is_pulled_is_served_and_what_is_deleted_is_gone(hub, home, boss):
    hub.repositories["Qwen/Qwen3-0.6B-GGUF"] = hub.repositories[NAME]
    for name in stored(home):
        boss.delete(name)
    assert tags(boss) == ["built-in"]
    boss.pull("qwen3:0.6b-q8_0")
    assert tags(boss) == ["built-in", "Qwen/Qwen3-0.6B-GGUF:Q8_0"]
    # By whichever of its names.
    messages = [{"role": "user", "content": "Hi"}]
    for name in ("qwen3:0.6b", "Qwen/Qwen3-0.6B-GGUF:Q8_0", "hf.co/Qwen/Qwen3-0.6B-GGUF"):
        assert boss.chat(model=name, messages=messages, options={"num_predict": 2}).done
    assert boss.show("qwen3:0.6b").modelinfo["general.architecture"] == "qwen3"
    assert len(boss.ps().models) == 2
    boss.delete("qwen3:0.6b")
    assert tags(boss) == ["built-in"] and stored(home) == []
    assert eventually(lambda: len(boss.ps().models) == 1)
    with pytest.raises(ollama.ResponseError) as refusal:
        boss.chat(model="qwen3:0.6b", messages=messages)
    assert refusal.value.status_code == 404


def test_the_store_is_served_on_demand(hub, home, tmp_path):
    home = home | {"HOME": str(tmp_path)}
    cache = tmp_path / ".cache" / "huggingface" / "hub" / "models--acme--other"
    (cache / "snapshots" / ("1" * 40)).mkdir(parents=True)
    # Other programs keep there what is not ours to serve.
    (cache / "snapshots" / ("1" * 40) / "model.safetensors").write_bytes(b"no checkpoint")
    (cache / "snapshots" / ("1" * 40) / "config.json").write_text('{"model_type": "bert"}')
    with Ponder("--pulled-models", **home) as server:
        client = ollama.Client(host=server.url, timeout=60)
        assert tags(client) == []
        assert run("pull", f"{NAME}:Q8_0", **home).returncode == 0
        listed = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused").models.list().data
        assert [model.id for model in listed] == [f"{NAME}:Q8_0"]
        assert client.generate(model=f"{NAME}:Q8_0", prompt="Hi", options={"num_predict": 2}).done
        assert run("rm", f"{NAME}:Q8_0", **home).returncode == 0
        assert tags(client) == []
