"""Trains the built-in model from nothing on fresh synthetic conversations, for a time or a number of steps.

    python train.py --minutes 90 --output build/model

The learning rate follows the clock (or the steps): a short warm-up, a plateau, then a line to zero, so that a run always
ends annealed. An interrupted run goes on from its last checkpoint with the same command.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from batches import Batches, loader
from conversations import compose
from model import Model, PackedAttention, Shape, load_model, save_model
from muon import Muon

HERE = Path(__file__).parent


def positive(kind):
    """The type of an option above zero: a training of less than nothing would never end."""
    def number(text):
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return value
    return number


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, default=HERE / "build/tokenizer")
    parser.add_argument("--output", type=Path, default=HERE / "build/model", help="weights and the log")
    parser.add_argument("--state", type=Path, help="the optimizers' state, for going on; default: beside the weights")
    parser.add_argument("--start-from", type=Path, help="weights to start from instead of random ones")
    parser.add_argument("--minutes", type=positive(float), default=90)
    parser.add_argument("--steps", type=positive(int), help="instead of minutes")
    parser.add_argument("--tokens", type=int, default=0, help="tokens a step; default 65536 on a GPU, 8192 on a CPU")
    parser.add_argument("--matrix-rate", type=float, default=0.02, help="peak learning rate of Muon")
    parser.add_argument("--other-rate", type=float, default=0.004, help="peak learning rate of AdamW")
    parser.add_argument("--balance", type=float, default=0.01, help="weight of the load-balancing loss")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="processes that make data")
    parser.add_argument("--layers", type=int, default=Shape.layers)
    parser.add_argument("--hidden", type=int, default=Shape.hidden)
    parser.add_argument("--save-every", type=float, default=120, help="seconds between checkpoints")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-curriculum", action="store_true", help="problems of every size from the start")
    parser.add_argument("--more-of", nargs="*", default=[], help="tasks that come three times as often: for a short second training")
    return parser.parse_args()


class Trainer:
    def __init__(self, options):
        self.options = options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        on_gpu = self.device.type == "cuda"
        self.dtype = torch.bfloat16 if on_gpu else torch.float32
        self.token_count = options.tokens or (65536 if on_gpu else 8192)
        self.batches = Batches(options.tokenizer, self.token_count, Shape.context, options.seed)
        for task in options.more_of:
            share, make = compose.TASKS[task]
            compose.TASKS[task] = (3 * share, make)
        self.fused = on_gpu
        torch.manual_seed(options.seed)
        torch.backends.cuda.matmul.allow_tf32 = True
        shape = Shape(layers=options.layers, hidden=options.hidden)
        self.model = load_model(options.start_from) if options.start_from else Model(shape)
        self.model.to(self.device)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim > 1 and name.startswith("layers") and "router" not in name]
        known = set(map(id, matrices))
        others = [p for p in self.model.parameters() if id(p) not in known]
        self.optimizers = [
            Muon(matrices, lr=options.matrix_rate),
            torch.optim.AdamW(others, lr=options.other_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        ]
        self.step, self.seconds, self.seen_tokens, self.seen_samples = 0, 0.0, 0, 0
        self.state_file = (options.state or options.output) / "state.pt"
        self.log = []

    def resume(self):
        if not self.state_file.exists():
            return
        state = torch.load(self.state_file, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        self.step, self.seconds, self.seen_tokens, self.seen_samples = state["counts"]
        # Other data than before the interruption.
        self.batches.seed = f"{self.options.seed}+{self.step}"
        print(f"going on at step {self.step}, {self.seconds:.0f} s", flush=True)

    def save(self, with_state=True):
        self.options.output.mkdir(parents=True, exist_ok=True)
        save_model(self.model, self.options.output)
        (self.options.output / "log.json").write_text(json.dumps({
            "steps": self.step, "seconds": self.seconds, "tokens": self.seen_tokens, "samples": self.seen_samples,
            "log": self.log}, indent=0))
        if with_state:
            self.state_file.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"model": self.model.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers],
                        "counts": (self.step, self.seconds, self.seen_tokens, self.seen_samples)}, self.state_file)

    def progress(self):
        if self.options.steps:
            return self.step / self.options.steps
        return self.seconds / (60 * self.options.minutes)

    def set_rates(self, progress):
        share = min(1, (self.step + 1) / 100, progress / 0.01 if not self.options.steps else 1)
        share = max(share, 0.01) * min(1, (1 - progress) / 0.65)
        for optimizer, peak in zip(self.optimizers, (self.options.matrix_rate, self.options.other_rate)):
            for group in optimizer.param_groups:
                group["lr"] = peak * max(share, 0)

    def losses(self, batch):
        attention = PackedAttention(batch["starts"], batch["longest"], self.model.shape, self.fused)
        hidden, balance = self.model(batch["tokens"], batch["positions"], attention, self.dtype)
        return self.answer_loss(self.model.embedding, hidden, batch["learned_at"], batch["targets"], self.dtype), balance

    @staticmethod
    def answer_loss(embedding, hidden, learned_at, targets, dtype):
        logits = F.linear(hidden[learned_at].to(dtype), embedding.to(dtype)).float()
        return F.cross_entropy(logits, targets, ignore_index=-100)

    def run(self):
        options = self.options
        self.resume()
        workers = options.workers if options.workers is not None else (15 if self.device.type == "cuda" else 1)
        self.batches.progress.value = 1.0 if options.no_curriculum else self.progress()
        source = loader(self.batches, workers)
        if self.device.type == "cuda" and not options.no_compile:
            self.model.compile()
            self.answer_loss = torch.compile(Trainer.answer_loss)
        begun, last_save, window = time.time() - self.seconds, time.time(), []
        waited = 0.0
        while (progress := self.progress()) < 1:
            waiting = time.time()
            batch = next(source)
            waited += time.time() - waiting
            self.seen_samples += batch["samples"]
            batch = {key: value.to(self.device, non_blocking=True) if torch.is_tensor(value) else value
                     for key, value in batch.items()}
            self.set_rates(progress)
            loss, balance = self.losses(batch)
            (loss + options.balance * balance).backward()
            for optimizer in self.optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            window.append(loss.detach())
            self.step += 1
            self.seen_tokens += self.token_count
            if self.step % 100 == 0 or self.step in (1, 10) or self.device.type == "cpu" and self.step % 20 == 0:
                self.report(window, balance, waited, begun)
                window, waited = [], 0.0
            self.seconds = time.time() - begun
            if not options.no_curriculum:
                self.batches.progress.value = self.progress()
            if time.time() - last_save > options.save_every:
                self.save()
                last_save = time.time()
        self.save()
        print(f"done: {self.step} steps, {self.seen_tokens / 1e6:.1f} M tokens, {self.seconds:.0f} s", flush=True)

    def report(self, window, balance, waited, begun):
        loss = torch.stack(window).mean().item()
        self.seconds = time.time() - begun
        use = torch.stack(self.model.expert_use)
        entry = {"step": self.step, "seconds": round(self.seconds, 1), "loss": round(loss, 5), "balance": round(balance.item(), 4),
                 "least_used": round(use.min().item(), 4), "tokens": self.seen_tokens, "waited": round(waited, 2)}
        self.log.append(entry)
        rate = self.seen_tokens / max(self.seconds, 1e-9)
        print(f"step {self.step:6} {self.seconds:7.1f} s  loss {loss:.5f}  balance {entry['balance']:.3f} "
              f"least used {entry['least_used']:.3f}  {rate / 1000:.0f}k tokens/s  waited {waited:.2f} s", flush=True)
        if loss != loss:
            sys.exit("the loss is not a number")


if __name__ == "__main__":
    Trainer(arguments()).run()
