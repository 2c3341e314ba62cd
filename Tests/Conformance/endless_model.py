"""A checkpoint whose replies go on for as long as a test needs them."""

import json

from ponder_process import FIXTURES


def write_endless_model(folder):
    """Writes one into the folder: it never draws an end token, and its context is long."""
    source = FIXTURES / "models" / "dense-tied" / "hf"
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    settings = json.loads((source / "config.json").read_text()) | {"max_position_embeddings": 200_000}
    (folder / "config.json").write_text(json.dumps(settings))
    clear_rows(folder / "model.safetensors", "model.embed_tokens.weight", end_tokens(folder))


def end_tokens(folder):
    tokens = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    return [token["id"] for token in tokens if token["content"] in ("<|im_end|>", "<|endoftext|>")]


def clear_rows(file, name, rows):
    """Zeroes rows of a safetensors file's matrix: as a head's, their logit is 0, far below the best twenty of a random model."""
    data = bytearray(file.read_bytes())
    header = 8 + int.from_bytes(data[:8], "little")
    tensor = json.loads(data[8:header])[name]
    begin, end = (header + offset for offset in tensor["data_offsets"])
    width = (end - begin) // tensor["shape"][0]
    for row in rows:
        data[begin + row * width:begin + (row + 1) * width] = bytes(width)
    file.write_bytes(data)
