"""Qwen3-MoE for training: the same function as transformers' Qwen3MoeForCausalLM, on packed rows of tokens.

All sequences of a batch stand one after another in one row, so that every product has the same shape whatever their lengths.
On a GPU the experts are one wide product whose columns are weighted by the router, zero for experts not chosen: the same
result as choosing them, and faster than gathering at this size. On a CPU each expert sees its own tokens only.
`to_huggingface` gives the published names; a test compares the two.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Shape:
    vocabulary: int = 2048
    hidden: int = 256
    layers: int = 6
    heads: int = 6
    key_value_heads: int = 2
    head_size: int = 64
    experts: int = 8
    experts_used: int = 2
    expert_size: int = 256
    context: int = 4096
    rope_theta: float = 1_000_000.0
    epsilon: float = 1e-6

    def configuration(self, end, end_of_text):
        """config.json with the keys of the published checkpoints."""
        return {
            "architectures": ["Qwen3MoeForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
            "bos_token_id": end_of_text, "decoder_sparse_step": 1, "eos_token_id": end, "head_dim": self.head_size,
            "hidden_act": "silu", "hidden_size": self.hidden, "initializer_range": 0.02,
            "intermediate_size": self.expert_size * self.experts_used, "max_position_embeddings": self.context,
            "max_window_layers": self.layers, "mlp_only_layers": [], "model_type": "qwen3_moe",
            "moe_intermediate_size": self.expert_size, "norm_topk_prob": True, "num_attention_heads": self.heads,
            "num_experts": self.experts, "num_experts_per_tok": self.experts_used, "num_hidden_layers": self.layers,
            "num_key_value_heads": self.key_value_heads, "output_router_logits": False, "rms_norm_eps": self.epsilon,
            "rope_scaling": None, "rope_theta": self.rope_theta, "router_aux_loss_coef": 0.001, "sliding_window": None,
            "tie_word_embeddings": True, "torch_dtype": "float32", "transformers_version": "4.51.0", "use_cache": True,
            "use_sliding_window": False, "vocab_size": self.vocabulary,
        }


def normalised(x, weight, epsilon):
    x = x.float()
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        s, d = shape, shape.head_size
        self.attention_norm = nn.Parameter(torch.ones(s.hidden))
        self.query = matrix(s.heads * d, s.hidden)
        self.key = matrix(s.key_value_heads * d, s.hidden)
        self.value = matrix(s.key_value_heads * d, s.hidden)
        self.query_norm = nn.Parameter(torch.ones(d))
        self.key_norm = nn.Parameter(torch.ones(d))
        self.output = matrix(s.hidden, s.heads * d, zero=True)
        self.expert_norm = nn.Parameter(torch.ones(s.hidden))
        self.router = matrix(s.experts, s.hidden)
        self.gate = matrix(s.experts, s.expert_size, s.hidden)
        self.up = matrix(s.experts, s.expert_size, s.hidden)
        # One row an intermediate value: the transpose of the published down_proj.
        self.down = matrix(s.experts, s.expert_size, s.hidden, zero=True)

    def before_attention(self, x, cosine, sine, dtype):
        """Queries, keys and values: [tokens, heads, head size]."""
        s = self.shape
        n = normalised(x, self.attention_norm, s.epsilon).to(dtype)
        q = F.linear(n, self.query.to(dtype)).unflatten(-1, (s.heads, s.head_size))
        k = F.linear(n, self.key.to(dtype)).unflatten(-1, (s.key_value_heads, s.head_size))
        v = F.linear(n, self.value.to(dtype)).unflatten(-1, (s.key_value_heads, s.head_size))
        q = rotated(normalised(q, self.query_norm, s.epsilon), cosine, sine).to(dtype)
        k = rotated(normalised(k, self.key_norm, s.epsilon), cosine, sine).to(dtype)
        return q, k, v

    def after_attention(self, x, attended, dtype):
        """The layer's result; each expert's share of the choices and its mean probability."""
        s = self.shape
        x = x + F.linear(attended.flatten(-2), self.output.to(dtype)).float()
        n = normalised(x, self.expert_norm, s.epsilon)
        # The smallest of the chosen experts' probabilities decides; probabilities are never equal in practice.
        probabilities = F.linear(n, self.router).softmax(-1)
        least = probabilities
        for _ in range(s.experts_used - 1):
            least = least.masked_fill(least == least.amax(-1, keepdim=True), -1)
        chosen = probabilities >= least.amax(-1, keepdim=True)
        weights = probabilities * chosen
        weights = weights / weights.sum(-1, keepdim=True)
        n = n.to(dtype)
        shares = chosen.float().mean(0) / s.experts_used, probabilities.mean(0)
        if not n.is_cuda:
            return self.each_expert(x, n, weights), *shares
        gate = F.linear(n, self.gate.flatten(0, 1).to(dtype))
        up = F.linear(n, self.up.flatten(0, 1).to(dtype))
        inner = (F.silu(gate.float()) * up.float()).unflatten(-1, (s.experts, s.expert_size)) * weights[..., None]
        return x + (inner.flatten(-2).to(dtype) @ self.down.flatten(0, 1).to(dtype)).float(), *shares

    def each_expert(self, x, n, weights):
        for expert in range(self.shape.experts):
            rows = weights[:, expert].nonzero()[:, 0]
            mine = n[rows]
            inner = F.silu(mine @ self.gate[expert].T) * (mine @ self.up[expert].T) * weights[rows, expert, None]
            x = x.index_add(0, rows, inner @ self.down[expert])
        return x


def matrix(*size, zero=False):
    parameter = torch.zeros(*size) if zero else torch.randn(*size) * 0.5 * size[-1] ** -0.5
    return nn.Parameter(parameter)


def rotated(x, cosine, sine):
    """x: [tokens, heads, size]; cosine and sine: [tokens, 1, size]."""
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.hidden) * 0.02)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.hidden))
        frequencies = shape.rope_theta ** -(torch.arange(0, shape.head_size, 2).float() / shape.head_size)
        angles = torch.outer(torch.arange(shape.context).float(), frequencies).repeat(1, 2)
        self.register_buffer("cosines", angles.cos()[:, None], persistent=False)
        self.register_buffer("sines", angles.sin()[:, None], persistent=False)
        self.before, self.after = Layer.before_attention, Layer.after_attention

    def compile(self):
        self.before, self.after = torch.compile(Layer.before_attention), torch.compile(Layer.after_attention)

    def forward(self, tokens, positions, attention, dtype=torch.float32):
        """Hidden states [tokens, hidden] after the last norm, and the load-balancing loss.

        `attention(layer index, q, k, v)` knows which tokens see which.
        """
        x = self.embedding[tokens].float()
        cosine, sine = self.cosines[positions], self.sines[positions]
        loads, self.expert_use = 0.0, []
        for index, layer in enumerate(self.layers):
            q, k, v = self.before(layer, x, cosine, sine, dtype)
            x, share, probability = self.after(layer, x, attention(index, q, k, v), dtype)
            self.expert_use.append(share.detach())
            loads = loads + (share * probability).sum() * self.shape.experts
        return normalised(x, self.norm, self.shape.epsilon), loads / len(self.layers)

    def logits(self, hidden, dtype=torch.float32):
        return F.linear(hidden.to(dtype), self.embedding.to(dtype)).float()


class PackedAttention:
    """Causal attention inside each of the sequences of a row: sequence i is rows starts[i] ..< starts[i + 1]."""

    def __init__(self, starts, longest, shape, fused):
        self.starts, self.longest, self.fused = starts, longest, fused
        self.group = shape.heads // shape.key_value_heads
        self.lengths = None if fused else starts.diff().tolist()

    def __call__(self, _, q, k, v):
        k, v = k.repeat_interleave(self.group, 1), v.repeat_interleave(self.group, 1)
        if self.fused:
            return torch.ops.aten._flash_attention_forward(
                q, k, v, self.starts, self.starts, self.longest, self.longest, 0.0, True, False)[0]
        sequences = zip(*(x.transpose(0, 1).split(self.lengths, 1) for x in (q, k, v)))
        return torch.cat([F.scaled_dot_product_attention(*each, is_causal=True) for each in sequences], 1).transpose(0, 1)


def to_huggingface(model):
    """The parameters under their published names."""
    state = {"model.embed_tokens.weight": model.embedding, "model.norm.weight": model.norm}
    for index, layer in enumerate(model.layers):
        prefix = f"model.layers.{index}."
        state |= {prefix + name: value for name, value in {
            "input_layernorm.weight": layer.attention_norm, "self_attn.q_proj.weight": layer.query,
            "self_attn.k_proj.weight": layer.key, "self_attn.v_proj.weight": layer.value,
            "self_attn.q_norm.weight": layer.query_norm, "self_attn.k_norm.weight": layer.key_norm,
            "self_attn.o_proj.weight": layer.output, "post_attention_layernorm.weight": layer.expert_norm,
            "mlp.gate.weight": layer.router,
        }.items()}
        for expert in range(model.shape.experts):
            state |= {f"{prefix}mlp.experts.{expert}.{name}.weight": value[expert] for name, value in {
                "gate_proj": layer.gate, "up_proj": layer.up, "down_proj": layer.down.transpose(1, 2)}.items()}
    return {name: value.detach().float().contiguous().clone() for name, value in state.items()}


def save_model(model, folder, pieces=4):
    """The weights in files of about equal size, small enough to be sent anywhere."""
    state = model.state_dict()
    groups, sizes = [{} for _ in range(pieces)], [0] * pieces
    for name in sorted(state, key=lambda name: -state[name].numel()):
        smallest = sizes.index(min(sizes))
        groups[smallest][name] = state[name].detach().float().cpu().clone()
        sizes[smallest] += state[name].numel()
    for index, group in enumerate(groups):
        torch.save({"shape": asdict(model.shape), "weights": group}, folder / f"weights-{index}.pt")


def load_model(folder):
    pieces = [torch.load(path, weights_only=True) for path in sorted(folder.glob("weights-*.pt"))]
    model = Model(Shape(**pieces[0]["shape"]))
    model.load_state_dict({name: value for piece in pieces for name, value in piece["weights"].items()})
    return model
