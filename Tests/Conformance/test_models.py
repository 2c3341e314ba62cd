"""Several models in one server: loaded when a request names them, and given up again."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import ollama
import openai
import pytest
from ponder_process import FIXTURES, Ponder, run
from references import GREETING
from wire import Connection, request

MODELS = FIXTURES / "models"
TIED = MODELS / "dense-tied" / "hf"
UNTIED = MODELS / "dense-untied" / "hf"
QUANTIZED = MODELS / "dense-k" / "gguf" / "dense-k-Q4_K_M.gguf"
CACHE = ("--kv-cache-memory", "16MiB")


def chat(server, model, **members):
    body = {"model": model, "messages": GREETING, "max_tokens": 12, "temperature": 0} | members
    return request(server.port, "POST", "/v1/chat/completions", body)


def answer(server, model):
    reply = chat(server, model)
    assert reply.status == 200, reply.body
    body = reply.json()
    return body["choices"][0]["message"], body["system_fingerprint"]


def states(server):
    models = request(server.port, "GET", "/v1/models").json()["data"]
    return {model["id"]: model["status"]["value"] for model in models}


def wait_for(server, **expected):
    for _ in range(600):
        if states(server).items() >= expected.items():
            return
        time.sleep(0.05)
    raise AssertionError(f"{states(server)} instead of {expected}")


def resident(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024


def thread_count(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


@pytest.fixture
def folder(tmp_path):
    """A folder with a GGUF file, a checkpoint folder and a broken file."""
    (tmp_path / "quantized.gguf").symlink_to(QUANTIZED)
    (tmp_path / "publisher").mkdir()
    (tmp_path / "publisher" / "plain").symlink_to(TIED)
    (tmp_path / "broken.gguf").write_bytes(QUANTIZED.read_bytes()[:5000])
    return tmp_path


def test_requests_name_their_model_and_replies_do_not_depend_on_the_others():
    alone = {}
    for name, path in (("tied", TIED), ("untied", UNTIED)):
        with Ponder(f"{name}={path}", *CACHE) as server:
            assert server.name == name
            alone[name] = answer(server, name)
    with Ponder(f"tied={TIED}", f"untied={UNTIED}", *CACHE) as server:
        assert server.name == "tied"
        assert states(server) == {"tied": "loaded", "untied": "unloaded"}
        names = ["tied", "untied"] * 6
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(lambda name: answer(server, name), names)) == [alone[name] for name in names]
        assert states(server) == {"tied": "loaded", "untied": "loaded"}
        assert request(server.port, "POST", "/models/unload", {"model": "untied"}).json() == {"success": True}
        assert states(server) == {"tied": "loaded", "untied": "unloaded"}
        assert answer(server, "untied") == alone["untied"]
        assert server.stop() == 0
        assert server.log_text().count("untied: ") == 2


def test_an_unknown_model_is_a_404_and_any_name_can_be_allowed():
    with Ponder(f"tied={TIED}", f"untied={UNTIED}", *CACHE) as server:
        reply = chat(server, "other")
        assert reply.status == 404
        assert "'tied', 'untied'" in reply.json()["error"]["message"]
    with Ponder(f"tied={TIED}", f"untied={UNTIED}", "--any-model-name", *CACHE) as server:
        assert chat(server, "other").json()["model"] == "tied"


def test_a_folder_of_models_is_served_on_demand(folder):
    with Ponder("--models-dir", folder, *CACHE) as server:
        assert request(server.port, "GET", "/ready").status == 200
        assert states(server) == {"broken": "unloaded", "plain": "unloaded", "quantized": "unloaded"}
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=2)
        reply = client.chat.completions.create(model="quantized", messages=GREETING, max_tokens=4)
        assert reply.model == "quantized"
        # The official client takes the server at its word and does not try again.
        started = request(server.port, "GET", "/metrics").body.decode()
        with pytest.raises(openai.InternalServerError) as failure:
            client.chat.completions.create(model="broken", messages=GREETING)
        assert failure.value.status_code == 503
        assert failure.value.body["code"] == "model_load_failed"
        rejected = request(server.port, "GET", "/metrics").body.decode()
        assert 'reason="model_load_failed"' not in started
        assert 'ponder_rejected_total{reason="model_load_failed"} 1\n' in rejected
        assert answer(server, "plain") and answer(server, "quantized")
        assert request(server.port, "GET", "/ready").status == 200
        listed = request(server.port, "GET", "/v1/models").json()["data"]
        assert [model["status"].get("failed", False) for model in listed] == [True, False, False]


def test_a_folder_may_be_empty_and_a_model_of_it_loaded_at_the_start(folder, tmp_path_factory):
    with Ponder("--models-dir", tmp_path_factory.mktemp("empty")) as server:
        assert request(server.port, "GET", "/ready").status == 200
        assert states(server) == {}
        assert chat(server, "any").status == 404
    with Ponder("--models-dir", folder, "--preload", "plain", *CACHE) as server:
        assert server.name == "plain"
        assert states(server)["plain"] == "loaded"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--models-dir", "/nowhere"), "--models-dir is '/nowhere'; expected"),
        ((TIED, "--preload", "other"), "there is no model other"),
        ((TIED, TIED), "two models are called hf"),
        ((TIED, "--idle-unload", "soon"), "--idle-unload is 'soon'; expected"),
    ],
)
def test_what_cannot_be_meant_stops_the_start_with_a_line(arguments, words):
    result = run("serve", *arguments, "--port", "0")
    assert result.returncode == 1
    assert words in result.stderr


def test_concurrent_first_requests_load_a_model_once(full_vocabulary):
    with Ponder(f"tied={TIED}", f"big={full_vocabulary}", *CACHE) as server:
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: answer(server, "big"), range(8)))
        assert all(reply == replies[0] for reply in replies)
        assert 'ponder_model_changes_total{model_name="big",change="loaded"} 1\n' in (
            request(server.port, "GET", "/metrics").body.decode())


def test_the_model_used_longest_ago_makes_room_within_the_memory_limit():
    limit = ("--kv-cache-memory", "64MiB", "--memory-limit", "240MiB")
    with Ponder(f"a={TIED}", f"b={UNTIED}", f"c={QUANTIZED}", *limit) as server:
        first = answer(server, "a")
        answer(server, "b")
        assert states(server) == {"a": "loaded", "b": "loaded", "c": "unloaded"}
        answer(server, "c")
        assert states(server) == {"a": "unloaded", "b": "loaded", "c": "loaded"}
        assert answer(server, "a") == first
        assert states(server) == {"a": "loaded", "b": "unloaded", "c": "loaded"}
    with Ponder(f"a={QUANTIZED}", f"large={UNTIED}", "--kv-cache-memory", "64MiB", "--memory-limit", "110MiB") as server:
        # Interleaved requests come to their turn one after the other.
        with ThreadPoolExecutor(4) as pool:
            assert all(list(pool.map(lambda name: answer(server, name), ["a", "large"] * 4)))


def test_what_cannot_fit_is_refused_with_the_numbers(full_vocabulary):
    with Ponder(f"a={QUANTIZED}", f"large={full_vocabulary}", *CACHE, "--memory-limit", "60MiB") as server:
        reply = chat(server, "large")
        assert reply.status == 503 and reply.headers["x-should-retry"] == "false"
        message = reply.json()["error"]["message"]
        assert "large needs " in message and "60 MiB is its limit" in message
        assert answer(server, "a")


def test_an_idle_model_gives_back_its_memory_and_threads_and_comes_back_the_same(full_vocabulary):
    # Steps of so many rows need room to work in, which makes even this model large.
    settings = (*CACHE, "--threads", "3", "--idle-unload", "1", "--max-batch-tokens", "65536")
    with Ponder(full_vocabulary, "--alias", "big", *settings) as server:
        first = answer(server, "big")
        loaded, threads = resident(server), thread_count(server)
        wait_for(server, big="unloaded")
        # The engine's thread and its two workers.
        assert thread_count(server) <= threads - 3
        assert resident(server) < loaded / 2
        assert request(server.port, "GET", "/ready").status == 200
        assert request(server.port, "GET", "/props").json()["is_sleeping"] is True
        assert states(server) == {"big": "unloaded"}
        assert answer(server, "big") == first


def test_keep_alive_is_what_ollamas_client_says():
    with Ponder(f"start={QUANTIZED}", f"other={TIED}", *CACHE) as server:
        native = ollama.Client(host=server.url, timeout=60)
        options = {"num_predict": 4, "temperature": 0}
        assert [model.model for model in native.list().models] == ["start", "other"]
        assert {"completion", "tools", "thinking"} <= set(native.show("other:latest").capabilities)
        assert [model.model for model in native.ps().models] == ["start"]
        assert native.generate(model="other").done_reason == "load"
        running = {model.model: model for model in native.ps().models}
        left = running["other"].expires_at.timestamp() - time.time()
        assert 200 < left <= 300
        assert running["other"].size > 16 * 2**20
        assert running["start"].expires_at.year > 2200
        native.chat(model="other", messages=GREETING, options=options, keep_alive="2h")
        left = native.ps().models[1].expires_at.timestamp() - time.time()
        assert 7000 < left <= 7200
        native.embed(model="other", input="", keep_alive=-1)
        assert native.ps().models[1].expires_at.year > 2200
        streamed = list(native.chat(model="other", messages=GREETING, options=options, keep_alive=0, stream=True))
        assert streamed[-1].done
        wait_for(server, other="unloaded")
        assert native.generate(model="other", keep_alive=0).done_reason == "unload"
        native.generate(model="other", prompt="Hello", options=options, keep_alive=1)
        wait_for(server, other="unloaded")
        # The model of the start stays.
        native.generate(model="start", prompt="Hello", options=options, keep_alive=0)
        assert [model.model for model in native.ps().models] == ["start"]
        with pytest.raises(ollama.ResponseError) as refusal:
            native.generate(model="other", prompt="Hello", keep_alive="soon")
        assert refusal.value.status_code == 400


def test_a_client_that_goes_away_while_its_model_is_loaded_leaves_no_trace(full_vocabulary):
    with Ponder(f"tied={TIED}", f"big={full_vocabulary}", *CACHE) as server:
        for _ in range(3):
            with Connection(server.port) as connection:
                body = {"model": "big", "messages": GREETING, "stream": True}
                connection.send("POST", "/v1/chat/completions", body)
            assert answer(server, "tied")
        assert answer(server, "big")
        for _ in range(600):
            if request(server.port, "GET", "/load").json()["server_load"] == 0:
                break
            time.sleep(0.05)
        assert request(server.port, "GET", "/load").json()["server_load"] == 0


def test_models_of_a_folder_come_and_go_while_it_is_served(folder):
    with Ponder("--models-dir", folder, *CACHE) as server:
        assert list(states(server)) == ["broken", "plain", "quantized"]
        assert chat(server, "late").status == 404
        (folder / "late.gguf").symlink_to(QUANTIZED)
        # Named before anybody has asked for a list.
        assert answer(server, "late") and states(server)["late"] == "loaded"
        (folder / "publisher" / "deep").mkdir()
        (folder / "publisher" / "deep" / "deep.gguf").symlink_to(QUANTIZED)
        assert "deep" in states(server)
        (folder / "late.gguf").unlink()
        (folder / "publisher" / "deep" / "deep.gguf").unlink()
        assert list(states(server)) == ["broken", "plain", "quantized"]
        assert chat(server, "late").status == chat(server, "deep").status == 404
        (folder / "late.gguf").symlink_to(QUANTIZED)
        assert answer(server, "late")


def test_a_file_that_is_repaired_is_loaded(folder, tmp_path):
    with Ponder("--models-dir", folder, *CACHE) as server:
        assert chat(server, "broken").status == 503
        shutil.copyfile(QUANTIZED, tmp_path / "broken.gguf")
        assert chat(server, "broken").status == 503
        assert request(server.port, "POST", "/models/load", {"model": "broken"}).json() == {"success": True}
        assert answer(server, "broken")[0] == answer(server, "quantized")[0]
