#!/usr/bin/env python3
"""Writes the checkpoints of this folder: random weights as other programs' quantisers store them, and what they stand for.

Needs numpy, torch, transformers and safetensors. Every method is written out here by its published layout, packing and
dequantisation apart, so that the reference depends on no library of the method: GPTQ (AutoGPTQ's QuantLinear), AWQ (AutoAWQ's
WQLinear_GEMM), FP8 (transformers' finegrained_fp8), compressed-tensors (pack-quantized, float-quantized).

NAME/config.json, NAME/model.safetensors   the checkpoint
NAME/logits.f32.bin                        [tokens x vocabulary]: float32 of transformers with the dequantised weights
NAME/rows.f32.bin                          the dequantised rows 0, 9 and 31 of each matrix of `rows` in NAME/reference.json
NAME/reference.json                        the tokens, and the names of those matrices
"""

import json
import shutil
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

FOLDER = Path(__file__).resolve().parent
TOKENS = [5, 61, 7, 7, 0, 33, 12, 48, 19, 2, 55, 30, 21, 9, 40, 63, 1]
ROWS = [0, 9, 31]
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]  # which row stands at which place of a word


def pack_words(codes, bits, axis):
    """Codes, lowest bits first, into 32-bit words along an axis."""
    codes = numpy.moveaxis(codes.astype(numpy.uint32), axis, -1)
    parts = codes.reshape(*codes.shape[:-1], -1, 32 // bits)
    words = sum(parts[..., place] << numpy.uint32(place * bits) for place in range(32 // bits))
    return torch.from_numpy(numpy.moveaxis(words.astype(numpy.uint32).view(numpy.int32), -1, axis).copy())


def integers(random, rows, columns, bits, group, symmetric):
    codes = random.integers(0, 1 << bits, (rows, columns))
    groups = columns // group
    zeros = numpy.full((rows, groups), 1 << (bits - 1))
    if not symmetric:
        zeros = random.integers(0, 1 << bits, (rows, groups))
    scales = random.uniform(0.5, 1.5, (rows, groups)) * 0.25 / (1 << (bits - 1))
    return codes, zeros, scales.astype(numpy.float16)


def gptq(random, name, rows, columns, bits=4, group=32, symmetric=True, version=1, reorders=False):
    codes, zeros, scales = integers(random, rows, columns, bits, group, symmetric)
    owner = numpy.arange(columns) // group
    if reorders:
        owner = owner[random.permutation(columns)]
    weights = (codes - zeros[:, owner]).astype(numpy.float32) * scales.astype(numpy.float32)[:, owner]
    stored = (zeros - 1) % (1 << bits) if version == 1 else zeros
    return weights, {
        f"{name}.qweight": pack_words(codes.T, bits, 0),
        f"{name}.qzeros": pack_words(stored.T, bits, 1),
        f"{name}.scales": torch.from_numpy(scales.T.copy()),
        f"{name}.g_idx": torch.from_numpy(owner.astype(numpy.int32)),
    }


def awq(random, name, rows, columns, group=32):
    codes, zeros, scales = integers(random, rows, columns, 4, group, False)
    owner = numpy.arange(columns) // group
    weights = (codes - zeros[:, owner]).astype(numpy.float32) * scales.astype(numpy.float32)[:, owner]

    def ordered(values):  # [.., rows] with the rows of each word in AWQ's order
        return values.reshape(*values.shape[:-1], -1, 8)[..., AWQ_ORDER].reshape(values.shape)

    return weights, {
        f"{name}.qweight": pack_words(ordered(codes.T), 4, 1),
        f"{name}.qzeros": pack_words(ordered(zeros.T), 4, 1),
        f"{name}.scales": torch.from_numpy(scales.T.copy()),
    }


def compressed_integers(random, name, rows, columns, group=32, symmetric=True):
    codes, zeros, scales = integers(random, rows, columns, 4, group, symmetric)
    owner = numpy.arange(columns) // group
    scales = torch.from_numpy(scales).to(torch.bfloat16)
    weights = (codes - zeros[:, owner]).astype(numpy.float32) * scales.float().numpy()[:, owner]
    tensors = {
        f"{name}.weight_packed": pack_words(codes, 4, 1),
        f"{name}.weight_scale": scales,
        f"{name}.weight_shape": torch.tensor([rows, columns]),
    }
    if not symmetric:
        tensors[f"{name}.weight_zero_point"] = pack_words(zeros, 4, 0)
    return weights, tensors


def float8(random, name, rows, columns, block, scale_type, suffix="weight_scale_inv"):
    values = torch.from_numpy(random.standard_normal((rows, columns)).astype(numpy.float32) * 60)
    codes = values.clamp(-448, 448).to(torch.float8_e4m3fn)
    height, width = block or (1, columns)
    shape = (-(-rows // height), -(-columns // width))
    scales = torch.from_numpy(random.uniform(0.5, 1.5, shape).astype(numpy.float32) / 600).to(scale_type)
    spread = scales.float().repeat_interleave(height, 0).repeat_interleave(width, 1)[:rows, :columns]
    return (codes.float() * spread).numpy(), {f"{name}.weight": codes, f"{name}.{suffix}": scales}


def write(name, seed, quantize, settings, **sizes):
    random = numpy.random.default_rng(seed)
    shape = {
        "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 32, "max_position_embeddings": 256, "tie_word_embeddings": True,
        "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, **sizes,
    }
    mixture = "num_experts" in sizes
    config = (Qwen3MoeConfig if mixture else Qwen3Config)(**shape)
    torch.manual_seed(seed)
    model = (Qwen3MoeForCausalLM if mixture else Qwen3ForCausalLM)(config).float().eval()
    tensors, rows, weights = {}, [], {}

    def quantized(module, height, width):
        weight, stored = quantize(random, module, height, width)
        tensors.update({key: value.contiguous() for key, value in stored.items()})
        rows.append({"name": f"{module}.weight", "rows": height, "columns": width})
        weights[module] = weight
        return torch.from_numpy(weight)

    state = model.state_dict()
    for key, value in list(state.items()):
        if key == "lm_head.weight":
            continue
        if key.endswith("_proj.weight"):
            state[key] = quantized(key.removesuffix(".weight"), *value.shape)
        elif key.endswith("experts.gate_up_proj"):
            base, inner = key.removesuffix("gate_up_proj"), value.shape[1] // 2
            for expert in range(value.shape[0]):
                parts = [quantized(f"{base}{expert}.{part}_proj", inner, value.shape[2]) for part in ("gate", "up")]
                state[key][expert] = torch.cat(parts)
        elif key.endswith("experts.down_proj"):
            for expert in range(value.shape[0]):
                state[key][expert] = quantized(f"{key.removesuffix('down_proj')}{expert}.down_proj", *value.shape[1:])
        else:
            scale = 0.1 if value.dim() > 1 else 1
            noise = torch.from_numpy(random.standard_normal(tuple(value.shape)).astype(numpy.float32))
            stored = (noise * scale if value.dim() > 1 else 1 + 0.1 * noise).to(torch.bfloat16)
            tensors[key] = stored
            state[key] = stored.float()
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state)
    with torch.no_grad():
        logits = model(torch.tensor([TOKENS])).logits[0].numpy()

    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    kind = "Qwen3Moe" if mixture else "Qwen3"
    described = {
        "architectures": [f"{kind}ForCausalLM"], "model_type": "qwen3_moe" if mixture else "qwen3", "hidden_act": "silu",
        "torch_dtype": "bfloat16", **shape, "quantization_config": settings,
    }
    (folder / "config.json").write_text(json.dumps(described, indent=1) + "\n")
    save_file(tensors, folder / "model.safetensors")
    logits.astype("<f4").tofile(folder / "logits.f32.bin")
    numpy.concatenate([weights[row["name"].removesuffix(".weight")][ROWS].ravel() for row in rows]).astype("<f4").tofile(
        folder / "rows.f32.bin")
    (folder / "reference.json").write_text(json.dumps({"tokens": TOKENS, "rows": rows}) + "\n")


def compressed_settings(form, **weights):
    return {
        "quant_method": "compressed-tensors", "format": form, "ignore": ["lm_head"],
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights, "input_activations": None}},
    }


def main():
    gptq_settings = {"quant_method": "gptq", "bits": 4, "group_size": 32, "sym": True, "desc_act": False}
    write("gptq-4-bits", 1, gptq, gptq_settings)
    write("gptq-8-bits", 2, lambda *a: gptq(*a, bits=8), {**gptq_settings, "bits": 8})
    write("gptq-v2-asymmetric", 3, lambda *a: gptq(*a, symmetric=False, version=2),
          {**gptq_settings, "sym": False, "checkpoint_format": "gptq_v2"})
    write("gptq-reordered", 4, lambda *a: gptq(*a, symmetric=False, reorders=True),
          {**gptq_settings, "sym": False, "desc_act": True, "checkpoint_format": "gptq"})
    write("awq-mixture", 5, awq,
          {"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": True, "version": "gemm",
           "modules_to_not_convert": ["gate"]},
          num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True)
    float8_settings = {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3"}
    write("fp8-blocks", 6, lambda *a: float8(*a, (128, 128), torch.bfloat16),
          {**float8_settings, "weight_block_size": [128, 128]}, hidden_size=160, intermediate_size=192)
    write("fp8-mixture", 7, lambda *a: float8(*a, (32, 16), torch.float32),
          {**float8_settings, "weight_block_size": [32, 16]},
          num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True)
    write("compressed-4-bits", 8, lambda *a: compressed_integers(*a, symmetric=False),
          compressed_settings("pack-quantized", num_bits=4, type="int", symmetric=False, strategy="group", group_size=32))
    write("compressed-fp8", 9, lambda *a: float8(*a, None, torch.bfloat16, "weight_scale"),
          compressed_settings("float-quantized", num_bits=8, type="float", symmetric=True, strategy="channel"))


if __name__ == "__main__":
    sys.exit(main())
