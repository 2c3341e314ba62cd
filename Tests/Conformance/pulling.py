"""What the tests of `ponder pull` share: a home, a stand-in for the hubs, and what to ask them."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from hub_stand_in import Hub, Repository, digest
from ponder_process import FIXTURES, run

NAME = "Qwen/Tiny-0.1B"
GGUF = "Qwen/Tiny-0.1B-GGUF"
CARD = b"---\nlicense: apache-2.0\n---\nA tiny model.\n"
TENSORS = (FIXTURES / "models" / "dense-tied" / "hf" / "model.safetensors").read_bytes()


def folder_files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def hub():
    hub = Hub()
    files = folder_files(FIXTURES / "models" / "dense-tied" / "hf") | {"README.md": CARD, "onnx/model.onnx": b"not wanted"}
    hub.repositories[NAME] = Repository(files)
    weights = folder_files(FIXTURES / "models" / "dense-tied" / "gguf")
    hub.repositories[GGUF] = Repository(
        {f"Tiny-{name.removeprefix('dense-tied-')}": data for name, data in weights.items()} | {"README.md": CARD})
    yield hub
    hub.stop()


@pytest.fixture
def home(tmp_path, hub):
    """The environment of somebody whose home is empty and whose hub is the stand-in."""
    return {"HOME": str(tmp_path), "HF_ENDPOINT": hub.url, "MODELSCOPE_ENDPOINT": hub.url, "XDG_CACHE_HOME": "",
            "HF_HOME": "", "HF_TOKEN": "", "HF_HUB_CACHE": "", "HTTPS_PROXY": "", "HTTP_PROXY": "", "NO_PROXY": "*"}


@pytest.fixture
def secure(tmp_path):
    """A hub that speaks TLS, and what proves who it is."""
    pem = tmp_path / "hub.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-keyout", tmp_path / "key.pem", "-out", pem, "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text(pem.read_text() + (tmp_path / "key.pem").read_text())
    hub = Hub(both)
    hub.repositories[NAME] = Repository(folder_files(FIXTURES / "models" / "dense-tied" / "hf"))
    yield hub, pem
    hub.stop()


def cache(home):
    return Path(home["HOME"]) / ".cache" / "huggingface" / "hub"


def blobs(home, name=NAME):
    return sorted(path.name for path in (cache(home) / f"models--{name.replace('/', '--')}" / "blobs").iterdir())


def blobs_of(hub, name=NAME):
    repository = hub.repositories[name]
    return {file: digest(file, data) for file, data in repository.commits[repository.branches["main"]].items()}


def pull(home, *arguments, status=0):
    result = run("pull", *arguments, **home)
    assert result.returncode == status, result.stderr
    return result


def error(result):
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def sizes(paths):
    """The files' sizes, of those that are still there."""
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found.append(path.stat().st_size)
    return found
