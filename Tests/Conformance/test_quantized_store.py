"""What `--quantize` keeps for the next start: listed, removed, and made anew where it is damaged."""

import json
import shutil

import ollama
import pytest
from ponder_process import FIXTURES, Ponder, run

NAME = "Qwen/Tiny-0.1B"
COMMIT = "0123456789" * 4
CHECKPOINT = FIXTURES / "models" / "dense-tied" / "hf"


@pytest.fixture
def home(tmp_path):
    """The environment of somebody who has one model in Hugging Face's cache."""
    repository = tmp_path / ".cache" / "huggingface" / "hub" / "models--Qwen--Tiny-0.1B"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    shutil.copytree(CHECKPOINT, repository / "snapshots" / COMMIT)
    return {"HOME": str(tmp_path), "XDG_CACHE_HOME": "", "HF_HOME": "", "HF_HUB_CACHE": "", "HF_HUB_OFFLINE": "1"}


def serve_once(model, home, recipe="q8_0"):
    """Its log, whole: lines are written behind what they tell of, and all of them before the process ends."""
    with Ponder(model, "--quantize", recipe, **home) as server:
        assert server.stop() == 0
        return server.log_text()


def listed(home):
    return json.loads(run("list", "--json", **home).stdout)


def kept(tmp_path):
    return sorted((tmp_path / ".cache" / "ponder" / "quantized").glob("*.gguf"))


def test_what_is_kept_is_listed_below_its_model_and_goes_with_it(home, tmp_path):
    serve_once(NAME, home)
    serve_once(NAME, home, "q6_k")
    [model] = listed(home)
    assert model["name"] == NAME and [copy["recipe"] for copy in model["quantized"]] == ["q6_k", "q8_0"]
    assert [copy["path"] for copy in model["quantized"]] == [str(path) for path in kept(tmp_path)]
    lines = run("list", **home).stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[NAME, lines[1].split()[1]], ["as", "q6_k"], ["as", "q8_0"]]
    removed = run("rm", NAME, **home)
    assert removed.returncode == 0, removed.stderr
    assert listed(home) == [] and kept(tmp_path) == []


def test_a_client_that_deletes_a_model_removes_what_is_kept_of_it(home, tmp_path):
    serve_once(NAME, home)
    serve_once(CHECKPOINT, home)
    assert len(kept(tmp_path)) == 2
    with Ponder("--allow-pull", **home) as server:
        ollama.Client(host=server.url, timeout=60).delete(NAME)
    [stray] = listed(home)
    assert stray["name"] == str(CHECKPOINT) and [stray["path"]] == [str(path) for path in kept(tmp_path)]


def test_what_is_kept_can_be_removed_alone(home, tmp_path):
    serve_once(NAME, home)
    serve_once(CHECKPOINT, home)
    model, stray = listed(home)
    assert len(model["quantized"]) == 1 and stray["name"] == str(CHECKPOINT) and stray["format"] == "quantized"
    assert f"{CHECKPOINT}" in run("list", **home).stdout
    assert run("rm", "--quantized", NAME, **home).returncode == 0
    assert listed(home)[0]["quantized"] == [] and len(kept(tmp_path)) == 1
    refused = run("rm", "--quantized", NAME, **home)
    assert refused.returncode != 0 and "keeps nothing of" in refused.stderr
    assert run("rm", "--quantized", CHECKPOINT, **home).returncode == 0 and kept(tmp_path) == []
    serve_once(CHECKPOINT, home)
    assert run("rm", "--quantized", **home).returncode == 0 and kept(tmp_path) == []
    assert run("rm", **home).returncode != 0


def test_a_byte_that_changed_on_the_disk_is_found_and_mended(home, tmp_path):
    serve_once(NAME, home)
    [path] = kept(tmp_path)
    whole = path.read_bytes()
    assert "damaged" not in serve_once(NAME, home)
    path.write_bytes(whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:])
    assert "damaged and made anew" in serve_once(NAME, home)
    assert path.read_bytes() == whole
    assert "damaged" not in serve_once(NAME, home)
