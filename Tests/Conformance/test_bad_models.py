"""A file that is no model stops the start with one line and status 1, and never with a crash."""

import json
import struct

import pytest
from ponder_process import FIXTURES, run

MODELS = FIXTURES / "models"
GGUF = MODELS / "dense-tied" / "gguf" / "dense-tied-Q8_0.gguf"
FOLDER = MODELS / "dense-tied" / "hf"


def gguf(*, magic=b"GGUF", version=3, tensors=0, entries=0, rest=b""):
    return magic + struct.pack("<IQQ", version, tensors, entries) + rest


def folder(target, **changes):
    """A copy of a checkpoint folder in which a file has other bytes, or is missing where they are None."""
    target.mkdir()
    for file in FOLDER.iterdir():
        content = changes.get(file.name, file.read_bytes())
        if content is not None:
            (target / file.name).write_bytes(content)
    return target


def safetensors(header):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


FILES = {
    "empty.gguf": b"",
    "short.gguf": b"GGU",
    "text.gguf": b"This is no model.\n" * 10,
    "version.gguf": gguf(version=99),
    "counts.gguf": gguf(tensors=2**63, entries=2**63),
    "entries.gguf": gguf(entries=1),
    "key.gguf": gguf(entries=1, rest=struct.pack("<Q", 2**64 - 1)),
    "array.gguf": gguf(entries=1, rest=struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 4, 2**62)),
    "nothing.gguf": gguf(),
    "cut-header.gguf": GGUF.read_bytes()[:1000],
    "cut-tensors.gguf": GGUF.read_bytes()[:-5000],
}

WEIGHTS = "model.safetensors"
FOLDERS = {
    "no-config": {"config.json": None},
    "no-tokenizer": {"tokenizer.json": None},
    "no-weights": {WEIGHTS: None},
    "bad-config": {"config.json": b"{"},
    "other-architecture": {"config.json": b'{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}'},
    "bad-tokenizer": {"tokenizer.json": b"[]"},
    "empty-weights": {WEIGHTS: b""},
    "long-header": {WEIGHTS: struct.pack("<Q", 2**63) + b"{}"},
    "no-tensor": {WEIGHTS: safetensors({})},
    "past-the-end": {WEIGHTS: safetensors({"model.norm.weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}})},
    "overflow": {
        WEIGHTS: safetensors({"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 16]}}) + b"\0" * 16
    },
    "negative": {WEIGHTS: safetensors({"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}) + b"\0" * 16},
    "cut-weights": {WEIGHTS: (FOLDER / WEIGHTS).read_bytes()[:-1000]},
    "huge-layers": {
        "config.json": json.dumps(json.loads((FOLDER / "config.json").read_text()) | {"num_hidden_layers": 2**40}).encode()
    },
    "zero-heads": {
        "config.json": json.dumps(json.loads((FOLDER / "config.json").read_text()) | {"num_attention_heads": 0}).encode()
    },
}


def check_refused(path):
    result = run("serve", path, "--port", "0")
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.mark.parametrize("name", FILES)
def test_a_bad_gguf_file_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert path.stem in check_refused(path)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_bad_checkpoint_folder_is_refused(tmp_path, name):
    check_refused(folder(tmp_path / name, **FOLDERS[name]))


def test_a_path_that_is_not_there_is_refused():
    assert "/no/such/model.gguf" in check_refused("/no/such/model.gguf")


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_never_crashes(tmp_path, seed):
    """Either the damage hits numbers, and the model serves them, or the start is refused: nothing else."""
    import random

    from ponder_process import Ponder

    draw = random.Random(seed)
    content = bytearray(GGUF.read_bytes())
    header = 60_000
    for _ in range(draw.randint(1, 20)):
        content[draw.randrange(header)] = draw.randrange(256)
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    server = Ponder(path, wait=False)
    line = server.process.stdout.readline()
    if line:
        assert line.startswith("ponder: serving ")
    else:
        assert server.wait() == 1, server.log_text()
    server.stop()
