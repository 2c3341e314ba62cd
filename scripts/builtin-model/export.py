"""Writes the trained model as a Hugging Face folder and as GGUF (F32 and Q8_0), and measures what Q8_0 costs.

    python export.py --model build/model --folder build/hf --gguf build/builtin

The GGUF has llama.cpp's names for qwen3moe. Matrices are Q8_0; norms and routers stay F32.
"""

import argparse
import json
import shutil
from pathlib import Path

import gguf
import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from conversations.judging import MEASURED, question
from model import PackedAttention, load_model, to_huggingface
from vocabulary import ADDED, CONTROL, Encoder

HERE = Path(__file__).parent
TEMPERATURE, TOP_P, TOP_K = 0.6, 0.95, 20
TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"]


def write_folder(model, encoder, tokenizer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copy(tokenizer / name, folder / name)
    save_file(to_huggingface(model), folder / "model.safetensors", metadata={"format": "pt"})
    configuration = model.shape.configuration(encoder.end, encoder.end_of_text)
    (folder / "config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    (folder / "generation_config.json").write_text(json.dumps({
        "bos_token_id": encoder.end_of_text, "do_sample": True, "eos_token_id": [encoder.end, encoder.end_of_text],
        "pad_token_id": encoder.end_of_text, "temperature": TEMPERATURE, "top_k": TOP_K, "top_p": TOP_P,
        "transformers_version": "4.51.0"}, indent=2) + "\n")


def tensors(model):
    """(GGUF name, array), in llama.cpp's order."""
    yield "token_embd.weight", model.embedding
    for index, layer in enumerate(model.layers):
        for name, value in {
            "attn_norm": layer.attention_norm, "attn_q": layer.query, "attn_k": layer.key, "attn_v": layer.value,
            "attn_q_norm": layer.query_norm, "attn_k_norm": layer.key_norm, "attn_output": layer.output,
            "ffn_norm": layer.expert_norm, "ffn_gate_inp": layer.router, "ffn_gate_exps": layer.gate,
            "ffn_up_exps": layer.up, "ffn_down_exps": layer.down.transpose(1, 2),
        }.items():
            yield f"blk.{index}.{name}.weight", value
    yield "output_norm.weight", model.norm


def quantised(name, value, quantise):
    return quantise and value.ndim > 1 and "ffn_gate_inp" not in name


def write_gguf(model, encoder, tokenizer, path, quantise):
    shape = model.shape
    writer = gguf.GGUFWriter(path, "qwen3moe")
    writer.add_type("model")
    writer.add_sampling_top_k(TOP_K)
    writer.add_sampling_top_p(TOP_P)
    writer.add_sampling_temp(TEMPERATURE)
    writer.add_name("Ponder built-in")
    writer.add_description("A tiny mixture of experts of the Qwen3 architecture that thinks step by step. "
                           "Made for Ponder from nothing, on synthetic data; not by the Qwen team.")
    writer.add_license("apache-2.0")
    writer.add_size_label(f"{sum(p.numel() for p in model.parameters()) / 1e6:.0f}M")
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_feed_forward_length(shape.expert_size * shape.experts_used)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_value_heads)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_expert_count(shape.experts)
    writer.add_expert_used_count(shape.experts_used)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quantise else gguf.LlamaFileType.ALL_F32)
    writer.add_expert_feed_forward_length(shape.expert_size)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_tokenizer(writer, encoder, tokenizer)
    for name, value in tensors(model):
        array = value.detach().float().contiguous().numpy()
        if quantised(name, value, quantise):
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer, encoder, tokenizer):
    tokens = [encoder.tokenizer.id_to_token(index) for index in range(encoder.size)]
    special, plain = set(CONTROL), set(ADDED)
    types = [gguf.TokenType.CONTROL if token in special else gguf.TokenType.USER_DEFINED if token in plain
             else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges((tokenizer / "merges.txt").read_text().splitlines()[1:])
    writer.add_eos_token_id(encoder.end)
    writer.add_pad_token_id(encoder.end_of_text)
    writer.add_bos_token_id(encoder.end_of_text)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(json.loads((tokenizer / "tokenizer_config.json").read_text())["chat_template"])


def quantised_copy(model, folder):
    """The model whose weights are what Q8_0 keeps of them."""
    copy = load_model(folder)
    with torch.no_grad():
        for (name, value), (_, target) in zip(tensors(model), tensors(copy)):
            if quantised(name, value, True):
                kind = gguf.GGMLQuantizationType.Q8_0
                array = value.detach().float().contiguous().numpy()
                kept = gguf.quants.dequantize(gguf.quants.quantize(array, kind), kind)
                target.copy_(torch.from_numpy(numpy.ascontiguousarray(kept)))
    return copy


@torch.inference_mode()
def held_out_loss(model, encoder, count=8):
    """Mean loss of the right replies to held-out questions, thinking on and off: (per token, tokens)."""
    total, tokens = 0.0, 0
    for task in MEASURED:
        for index in range(count):
            asked = question(task, f"loss/{task}/{index}", thinking=index % 2 == 0)
            before, after = encoder.text(asked.prompt), encoder.text(asked.reply) + [encoder.end]
            ids = torch.tensor(before + after)
            attention = PackedAttention(torch.tensor([0, len(ids)]), len(ids), model.shape, fused=False)
            hidden, _ = model(ids, torch.arange(len(ids)), attention)
            logits = model.logits(hidden[len(before) - 1:-1])
            total += F.cross_entropy(logits, ids[len(before):], reduction="sum").item()
            tokens += len(after)
    return total / tokens, tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=HERE / "build/model")
    parser.add_argument("--tokenizer", type=Path, default=HERE / "build/tokenizer")
    parser.add_argument("--folder", type=Path, default=HERE / "build/hf")
    parser.add_argument("--gguf", type=Path, default=HERE / "build/builtin", help="path without -F32.gguf and -Q8_0.gguf")
    parser.add_argument("--install", type=Path, help="copy the Q8_0 file here")
    options = parser.parse_args()
    model, encoder = load_model(options.model).eval(), Encoder(options.tokenizer)
    write_folder(model, encoder, options.tokenizer, options.folder)
    for kind in ("F32", "Q8_0"):
        path = Path(f"{options.gguf}-{kind}.gguf")
        write_gguf(model, encoder, options.tokenizer, path, quantise=kind == "Q8_0")
        print(f"{path}: {path.stat().st_size / 2**20:.2f} MiB")
    if options.install:
        shutil.copy(f"{options.gguf}-Q8_0.gguf", options.install)
    plain, tokens = held_out_loss(model, encoder)
    kept, _ = held_out_loss(quantised_copy(model, options.model), encoder)
    print(f"held-out loss a token: F32 {plain:.5f}, Q8_0 {kept:.5f} ({tokens} tokens)")


if __name__ == "__main__":
    main()
