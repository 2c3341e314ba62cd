"""A checkpoint whose replies go on for as long as a test needs them."""

import json

from ponder_process import FIXTURES

HEAD = "model.embed_tokens.weight"


def write_endless_model(folder, depth=1):
    """
    Writes one into the folder: it never draws an end token, and its context is long. Its layers stand behind each other `depth`
    times, so that it takes so many times as long for a token.
    """
    source = FIXTURES / "models" / "dense-tied" / "hf"
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    settings = json.loads((source / "config.json").read_text())
    layers = settings["num_hidden_layers"]
    settings |= {"max_position_embeddings": 200_000, "num_hidden_layers": depth * layers}
    (folder / "config.json").write_text(json.dumps(settings))
    tensors = read_tensors(folder / "model.safetensors")
    # As a head's, their logit is 0, far below the best twenty of a random model.
    clear_rows(tensors[HEAD], end_tokens(folder))
    deep = {layer_name(name, repetition * layers): tensor for repetition in range(depth) for name, tensor in tensors.items()}
    write_tensors(folder / "model.safetensors", deep)


def end_tokens(folder):
    tokens = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    return [token["id"] for token in tokens if token["content"] in ("<|im_end|>", "<|endoftext|>")]


def layer_name(name, offset):
    """The name of a layer's tensor that many layers further on; other names stay."""
    parts = name.split(".")
    if "layers" in parts:
        place = parts.index("layers") + 1
        parts[place] = str(int(parts[place]) + offset)
    return ".".join(parts)


def read_tensors(file):
    """A safetensors file's tensors: their types, their shapes and their bytes."""
    data = file.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    tensors = {name: tensor for name, tensor in json.loads(data[8:header]).items() if name != "__metadata__"}
    for tensor in tensors.values():
        begin, end = (header + offset for offset in tensor.pop("data_offsets"))
        tensor["bytes"] = bytearray(data[begin:end])
    return tensors


def write_tensors(file, tensors):
    records, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + len(tensor["bytes"])
        records[name] = {"dtype": tensor["dtype"], "shape": tensor["shape"], "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(records).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(tensor["bytes"] for tensor in tensors.values()))


def clear_rows(matrix, rows):
    """Zeroes rows of a matrix."""
    width = len(matrix["bytes"]) // matrix["shape"][0]
    for row in rows:
        matrix["bytes"][row * width:(row + 1) * width] = bytes(width)
