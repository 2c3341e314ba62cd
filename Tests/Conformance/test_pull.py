"""`ponder pull` and what sees to models that are here, with a stand-in for the hubs."""

import json
import os
import subprocess
from pathlib import Path

import huggingface_hub
import pexpect
import pyte
import pytest
from hub_stand_in import Repository
from ponder_process import EXECUTABLE, FIXTURES, Ponder, environment, run
from pulling import GGUF, NAME, TENSORS, blobs, blobs_of, cache, error, folder_files, home, hub, pull  # noqa: F401, F811


def test_a_model_is_fetched_listed_shown_served_and_removed(hub, home):
    result = pull(home, NAME)
    assert f"{NAME}: safetensors" in result.stdout and "licence apache-2.0" in result.stderr + result.stdout
    assert not hub.asked("model.onnx")
    assert any("%" in line or "model.safetensors" in line for line in result.stderr.splitlines())

    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == NAME and listed["commit"] == hub.repositories[NAME].branches["main"]
    assert NAME in run("list", **home).stdout
    shown = run("show", NAME, **home).stdout
    assert "apache-2.0" in shown and "model.safetensors" in shown and "parameters" in shown

    # Nothing is fetched twice: the second pull asks for the list alone.
    before = len(hub.requests)
    pull(home, NAME)
    assert len(hub.requests) == before + 1

    with Ponder(NAME, **home) as server:
        assert server.name == NAME

    removed = run("rm", NAME, **home)
    assert removed.returncode == 0 and "free again" in removed.stdout
    assert json.loads(run("list", "--json", **home).stdout) == []
    assert not list(cache(home).glob("models--*"))
    assert "no model" in error(run("rm", NAME, **home))


@pytest.mark.parametrize("arguments, name", [
    ([f"{GGUF}:q8_0"], "Tiny-Q8_0.gguf"), ([f"hf.co/{GGUF}:Tiny-F16.gguf"], "Tiny-F16.gguf"), ([GGUF], "Tiny-Q8_0.gguf")])
def test_one_quantisation_is_chosen(hub, home, arguments, name):
    pull(home, *arguments)
    assert {request["path"].split("/")[-1] for request in hub.requests if request["path"].endswith(".gguf")} == {name}
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["path"].endswith(name) and listed["name"].startswith(f"{GGUF}:")
    assert "has no 'q3_k_m'" in error(pull(home, f"{GGUF}:q3_k_m", status=1))


def test_a_tag_of_ollamas_library_is_a_repository(hub, home):
    hub.repositories["Qwen/Qwen3-0.6B-GGUF"] = hub.repositories[GGUF]
    pull(home, "qwen3:0.6b-q8_0")
    with Ponder("qwen3:0.6b", **home) as server:
        assert server.name == "qwen3:0.6b"
    assert run("rm", "qwen3:0.6b", **home).returncode == 0
    assert json.loads(run("list", "--json", **home).stdout) == []


def split_repository():
    """A model in two files, each with a part of the tensors, and what names them."""
    head = int.from_bytes(TENSORS[:8], "little")
    records = json.loads(TENSORS[8:8 + head])
    records.pop("__metadata__", None)
    names = sorted(records)
    files = {name: data for name, data in folder_files(FIXTURES / "models" / "dense-tied" / "hf").items()
             if name != "model.safetensors"}
    index = {}
    for number, part in ((1, names[::2]), (2, names[1::2])):
        file = f"model-0000{number}-of-00002.safetensors"
        data, header = b"", {}
        for name in part:
            begin, end = records[name]["data_offsets"]
            piece = TENSORS[8 + head + begin:8 + head + end]
            header[name] = records[name] | {"data_offsets": [len(data), len(data) + len(piece)]}
            data += piece
            index[name] = file
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        files[file] = len(text).to_bytes(8, "little") + text + data
    files["model.safetensors.index.json"] = json.dumps({"weight_map": index}).encode()
    return files


def test_shards_come_together(hub, home):
    hub.repositories[NAME] = Repository(split_repository())
    pull(home, NAME)
    with Ponder(NAME, **home) as server:
        assert server.name == NAME
    # What an index names and is not there is no whole model.
    repository = cache(home) / f"models--{NAME.replace('/', '--')}"
    next(repository.glob("snapshots/*/model-00002-of-00002.safetensors")).unlink()
    assert json.loads(run("list", "--json", **home).stdout) == []
    assert "ponder pull" in error(run("serve", NAME, "--port", "0", **home))


def test_revisions_are_pinned_to_commits_and_share_files(hub, home):
    repository = hub.repositories[NAME]
    pull(home, NAME)
    first = repository.branches["main"]
    files = dict(repository.commits[first])
    second = repository.commit(files | {"config.json": files["config.json"] + b"\n"}, branch="v2")
    hub.requests.clear()
    pull(home, f"{NAME}@v2")
    assert not hub.asked("model.safetensors")
    names = {entry["name"]: entry["commit"] for entry in json.loads(run("list", "--json", **home).stdout)}
    assert names == {NAME: first, f"{NAME}@v2": second}
    assert second in run("show", f"{NAME}@{second[:10]}", **home).stdout
    # What the other revision uses stays.
    assert run("rm", f"{NAME}@v2", **home).returncode == 0
    assert [entry["commit"] for entry in json.loads(run("list", "--json", **home).stdout)] == [first]
    assert set(blobs_of(hub)[name] for name in ("model.safetensors", "config.json")) <= set(blobs(home))


def test_one_of_several_quantisations_is_removed(hub, home):
    pull(home, f"{GGUF}:q8_0", f"{GGUF}:bf16")
    assert run("rm", f"{GGUF}:bf16", **home).returncode == 0
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == f"{GGUF}:Q8_0"
    assert blobs_of(hub, GGUF)["Tiny-BF16.gguf"] not in blobs(home, GGUF)
    assert blobs_of(hub, GGUF)["README.md"] in blobs(home, GGUF)


def test_a_terminal_sees_a_bar(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    terminal = pexpect.spawn(str(EXECUTABLE), ["pull", NAME], env=environment(**home), encoding="utf-8", timeout=60)
    terminal.expect("█░+ [0-9]+ %, .* of 741 KiB")
    hub.gate.set()
    terminal.expect(f"ponder serve {NAME}")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_bar_stays_on_one_line_of_a_narrow_window(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    terminal = pexpect.spawn(str(EXECUTABLE), ["pull", NAME], env=environment(**home), timeout=60, dimensions=(24, 36))
    screen = pyte.Screen(36, 24)
    stream = pyte.ByteStream(screen)
    for _ in range(4):
        terminal.expect(rb"\r\x1b\[K[^\r\n]*[0-9]+ %, [^\r\n]+")
        stream.feed(terminal.before + terminal.after)
    assert sum(" %, " in line for line in screen.display) == 1, screen.display
    hub.gate.set()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_bar_goes_on_while_nothing_comes(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    terminal = pexpect.spawn(str(EXECUTABLE), ["pull", NAME], env=environment(**home), encoding="utf-8", timeout=60)
    terminal.expect("nothing for [0-9]+ s")
    hub.gate.set()
    terminal.expect(f"ponder serve {NAME}")
    terminal.expect(pexpect.EOF)
    terminal.close()


def test_json_tells_what_happens(hub, home):
    lines = [json.loads(line) for line in pull(home, NAME, "--json").stdout.splitlines()]
    assert lines[0] == {"status": "pulling manifest"}
    assert lines[1]["license"] == "apache-2.0" and lines[1]["commit"] == hub.repositories[NAME].branches["main"]
    ends = [line for line in lines if line["status"] == "downloading model.safetensors"]
    assert ends[-1]["completed"] == ends[-1]["total"] == len(TENSORS) and ends[-1]["digest"].startswith("sha256:")
    assert lines[-1] == {"status": "success", "model": NAME}


def test_huggingface_hub_and_ponder_use_the_same_files(hub, home, monkeypatch, tmp_path):
    pull(home, NAME)
    path = huggingface_hub.snapshot_download(NAME, cache_dir=cache(home), local_files_only=True)
    assert (Path(path) / "model.safetensors").read_bytes() == TENSORS
    [repository] = huggingface_hub.scan_cache_dir(cache(home)).repos
    assert repository.repo_id == NAME and [sorted(revision.refs) for revision in repository.revisions] == [["main"]]

    other = tmp_path / "other"
    script = "import sys, huggingface_hub; print(huggingface_hub.snapshot_download(sys.argv[1], ignore_patterns=['onnx/*']))"
    variables = environment(**home) | {"HF_HUB_CACHE": str(other), "HF_HUB_DISABLE_XET": "1"}
    theirs = subprocess.run(
        [os.sys.executable, "-c", script, NAME], env=variables, capture_output=True, text=True, timeout=60)
    assert theirs.returncode == 0, theirs.stderr
    [listed] = json.loads(run("list", "--json", **home | {"HF_HUB_CACHE": str(other)}).stdout)
    assert listed["name"] == NAME and listed["path"] == theirs.stdout.strip()
    hub.requests.clear()
    pull(home | {"HF_HUB_CACHE": str(other)}, NAME)
    assert len(hub.requests) == 1
    with Ponder(NAME, **home | {"HF_HUB_CACHE": str(other), "HF_HUB_OFFLINE": "1"}) as server:
        assert server.name == NAME


def test_modelscope_is_a_hub_too(hub, home):
    pull(home, f"modelscope:{NAME}")
    assert not hub.asked("revision/main")
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == f"modelscope:{NAME}"
    hub.requests.clear()
    pull(home | {"VLLM_USE_MODELSCOPE": "True", "MODELSCOPE_API_TOKEN": "ms"}, NAME)
    assert [request["fields"]["cookie"] for request in hub.requests] == ["m_session_id=ms"]
    with Ponder(f"modelscope:{NAME}", **home) as server:
        assert server.name == NAME
    assert run("rm", f"modelscope:{NAME}", **home).returncode == 0
    assert "has no model 'Qwen/Nothing'" in error(pull(home, "modelscope:Qwen/Nothing", status=1))


def test_folders_of_other_programs_are_used_in_place(hub, home):
    studio = Path(home["HOME"]) / ".lmstudio" / "models" / "lmstudio-community" / "Tiny-GGUF"
    studio.mkdir(parents=True)
    (studio / "Tiny-Q8_0.gguf").write_bytes((FIXTURES / "models/dense-tied/gguf/dense-tied-Q8_0.gguf").read_bytes())
    scope = Path(home["HOME"]) / ".cache" / "modelscope" / "hub" / "models" / "Qwen" / "Tiny-0___1B"
    scope.mkdir(parents=True)
    for name, data in folder_files(FIXTURES / "models" / "dense-tied" / "hf").items():
        (scope / name).write_bytes(data)
    places = {entry["name"]: entry["place"] for entry in json.loads(run("list", "--json", **home).stdout)}
    assert places == {"lmstudio-community/Tiny-GGUF:Q8_0": "LM Studio", "modelscope:Qwen/Tiny-0.1B": "ModelScope's cache"}
    with Ponder("lmstudio-community/Tiny-GGUF", **home) as server:
        assert server.name == "lmstudio-community/Tiny-GGUF"
    assert "belongs to LM Studio" in error(run("rm", "lmstudio-community/Tiny-GGUF", **home))
    assert (studio / "Tiny-Q8_0.gguf").exists()
    assert not hub.requests


def test_serve_says_how_and_run_fetches(hub, home):
    said = error(run("serve", NAME, "--port", "0", **home))
    assert f"ponder pull {NAME}" in said and "--pull" in said
    with Ponder(NAME, "--pull", **home) as server:
        assert server.name == NAME
    assert run("rm", NAME, **home).returncode == 0
    result = subprocess.run(
        [EXECUTABLE, "run", NAME, "--max-tokens", "4", "--temperature", "0", "Hi"], env=environment(**home),
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    assert json.loads(run("list", "--json", **home).stdout)[0]["name"] == NAME
    assert "safetensors" not in error(run("serve", "no/such/path", "--port", "0", **home))
