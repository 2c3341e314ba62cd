"""Samples many replies at once with PyTorch, and measures held-out accuracy with them: a quick look during training.

    python generate.py --model build/model --count 200

The measurement of record is evaluate.py, through the server.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from conversations.judging import MEASURED, judged, question
from model import load_model
from vocabulary import Encoder

HERE = Path(__file__).parent


class Decoding:
    """A batch of sequences being written: keys and values of all of them, [layer][sequence, head, position, size]."""

    def __init__(self, model, prompts, new_tokens, dtype):
        self.model, self.dtype, shape = model, dtype, model.shape
        self.device = model.embedding.device
        self.count, self.lengths = len(prompts), torch.tensor([len(p) for p in prompts], device=self.device)
        self.width = max(map(len, prompts))
        room = self.width + new_tokens
        size = (self.count, shape.key_value_heads, room, shape.head_size)
        self.keys = [torch.zeros(size, dtype=dtype, device=self.device) for _ in range(shape.layers)]
        self.values = [torch.zeros(size, dtype=dtype, device=self.device) for _ in range(shape.layers)]
        self.columns = torch.arange(room, device=self.device)
        self.prompts = torch.zeros(self.count, self.width, dtype=torch.long, device=self.device)
        for row, prompt in enumerate(prompts):
            self.prompts[row, :len(prompt)] = torch.tensor(prompt)

    def prefill(self):
        """Logits after each prompt. What is right of a shorter prompt is overwritten before anyone looks at it."""
        positions = torch.arange(self.width, device=self.device).repeat(self.count)

        def attention(layer, q, k, v):
            q, k, v = (x.unflatten(0, (self.count, self.width)).transpose(1, 2) for x in (q, k, v))
            self.keys[layer][:, :, :self.width], self.values[layer][:, :, :self.width] = k, v
            return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True).transpose(1, 2).flatten(0, 1)

        hidden, _ = self.model(self.prompts.flatten(), positions, attention, self.dtype)
        last = hidden.unflatten(0, (self.count, self.width))[torch.arange(self.count), self.lengths - 1]
        return self.model.logits(last, self.dtype)

    def next(self, tokens):
        """Logits after one more token of every sequence."""
        rows, at = torch.arange(self.count, device=self.device), self.lengths
        seen = (self.columns <= at[:, None])[:, None, None]

        def attention(layer, q, k, v):
            self.keys[layer][rows, :, at], self.values[layer][rows, :, at] = k, v
            return F.scaled_dot_product_attention(q[:, :, None], self.keys[layer], self.values[layer], attn_mask=seen,
                                                  enable_gqa=True)[:, :, 0]

        hidden, _ = self.model(tokens, at, attention, self.dtype)
        self.lengths = self.lengths + 1
        return self.model.logits(hidden, self.dtype)


def chosen(logits, temperature, top_p, top_k):
    """One token a row, as the server samples by default."""
    if temperature == 0:
        return logits.argmax(-1)
    values, ids = (logits / temperature).topk(top_k)
    probabilities = values.softmax(-1)
    probabilities[probabilities.cumsum(-1) - probabilities >= top_p] = 0
    return ids.gather(-1, torch.multinomial(probabilities, 1))[:, 0]


@torch.inference_mode()
def replies(model, encoder, prompts, new_tokens=500, temperature=0.6, top_p=0.95, top_k=20, dtype=torch.float32, budgets=None):
    """The ids written after each prompt, without the one that ends the turn. `budgets`: most tokens of reasoning, each."""
    decoding = Decoding(model, prompts, new_tokens, dtype)
    logits = decoding.prefill()
    written, ended = [[] for _ in prompts], [False] * len(prompts)
    forced = [[] for _ in prompts]
    for _ in range(new_tokens):
        tokens = chosen(logits, temperature, top_p, top_k)
        drawn = tokens.tolist()
        changed = False
        for row, token in enumerate(drawn):
            if ended[row]:
                continue
            if budgets is not None and budgets[row] is not None:
                if not forced[row] and len(written[row]) == budgets[row] + 1 and encoder.think_end not in written[row]:
                    forced[row] = list(encoder.early_stop) if token != encoder.think_end else []
                if forced[row]:
                    token, changed = forced[row].pop(0), True
                    drawn[row] = token
            if token in (encoder.end, encoder.end_of_text):
                ended[row] = True
            else:
                written[row].append(token)
        if all(ended):
            break
        logits = decoding.next(torch.tensor(drawn, device=decoding.device) if changed else tokens)
    return written, ended


def measure(model, encoder, count, tasks=MEASURED, modes=("on", "off"), seed=7, batch=2000, dtype=torch.float32, budgets=(None,),
            new_tokens=500, examples=None):
    """{(task, mode, budget): share right}, and the failures."""
    cases = [(task, mode, budget, question(task, f"{seed}/{task}/{index}", mode == "on"))
             for task in tasks for mode in modes for index in range(count) for budget in (budgets if mode == "on" else (None,))]
    cases.sort(key=lambda case: len(case[3].prompt))
    right, failures = {}, []
    for start in range(0, len(cases), batch):
        group = cases[start:start + batch]
        prompts = [encoder.text(case[3].prompt) for case in group]
        written, ended = replies(model, encoder, prompts, new_tokens, dtype=dtype, budgets=[case[2] for case in group])
        for (task, mode, budget, asked), ids, is_done in zip(group, written, ended):
            text = encoder.tokenizer.decode(ids, skip_special_tokens=False)
            verdict = judged(asked, text, is_done)
            right.setdefault((task, mode, budget), []).append(verdict.right)
            right.setdefault(("mode kept", mode, budget), []).append(verdict.mode_kept)
            if not verdict.right:
                failures.append((task, mode, budget, asked.prompt[-300:], text[-400:], str(asked.expected)))
            elif examples is not None and len(examples) < 60 and len(right[task, mode, budget]) < 3:
                examples.append((task, mode, budget, asked.prompt[-200:], text))
    return {key: sum(values) / len(values) for key, values in right.items()}, failures


def table(result):
    lines = []
    for task in sorted({key[0] for key in result}):
        cells = [f"{mode}{'' if budget is None else ' ' + str(budget)}: {share:.3f}"
                 for (name, mode, budget), share in sorted(result.items(), key=str) if name == task]
        lines.append(f"{task:16} " + "  ".join(cells))
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=HERE / "build/model")
    parser.add_argument("--tokenizer", type=Path, default=HERE / "build/tokenizer")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--tasks", nargs="*", default=MEASURED)
    parser.add_argument("--budgets", nargs="*", type=int, help="also measure the accuracy at these budgets")
    parser.add_argument("--failures", type=Path, help="write the wrong answers here")
    parser.add_argument("--new-tokens", type=int, default=500)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    model, encoder = load_model(options.model).to(device).eval(), Encoder(options.tokenizer)
    begun, examples = time.time(), []
    result, failures = measure(model, encoder, options.count, options.tasks, dtype=dtype, examples=examples,
                               new_tokens=options.new_tokens)
    print(table(result), f"\n{time.time() - begun:.1f} s", flush=True)
    if options.budgets:
        sweep, _ = measure(model, encoder, options.count, [t for t in options.tasks if t in ("counting", "adding", "multiplying", "reversing")],
                           ("on",), dtype=dtype, budgets=options.budgets, new_tokens=options.new_tokens)
        print(table(sweep), f"\n{time.time() - begun:.1f} s", flush=True)
    if options.failures:
        options.failures.write_text(json.dumps({"failures": failures, "examples": examples}, ensure_ascii=False, indent=0))
