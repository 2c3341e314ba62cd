"""How often each expert of each layer is chosen, on held-out questions and right replies; draws it as a heat map.

    python experts.py --pictures ../../docs
"""

import argparse
from pathlib import Path

import torch

from conversations.judging import MEASURED, question
from model import PackedAttention, load_model
from vocabulary import Encoder

HERE = Path(__file__).parent


@torch.inference_mode()
def expert_use(model, encoder, count):
    """{task: [layer, expert]}: shares of the choices; even would be one over the number of experts."""
    use = {}
    for task in MEASURED:
        asked = [question(task, f"experts/{task}/{index}", index % 2 == 0) for index in range(count)]
        ids = [encoder.text(each.prompt + each.reply) for each in asked]
        starts = torch.tensor([0, *torch.tensor([len(each) for each in ids]).cumsum(0)]).int()
        positions = torch.cat([torch.arange(len(each)) for each in ids])
        model(torch.tensor(sum(ids, [])), positions, PackedAttention(starts, 0, model.shape, fused=False))
        use[task] = torch.stack(model.expert_use)
    return use


def draw(use, folder):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    matplotlib.rcParams["svg.hashsalt"] = "ponder"
    mean = torch.stack(list(use.values())).mean(0)
    by_task = torch.cat([each for each in use.values()]).view(len(use), -1)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.6), dpi=150, width_ratios=(1, 2.4))
    image = left.imshow(100 * mean, cmap="viridis", vmin=0, vmax=30, aspect="auto")
    for layer in range(mean.shape[0]):
        for expert in range(mean.shape[1]):
            left.text(expert, layer, f"{100 * mean[layer, expert]:.0f}", ha="center", va="center", fontsize=7,
                      color="white" if mean[layer, expert] < 0.2 else "black")
    left.set_title("all tasks: share of choices (%)", fontsize=9)
    left.set_xlabel("expert")
    left.set_ylabel("layer")
    right.imshow(100 * by_task, cmap="viridis", vmin=0, vmax=30, aspect="auto")
    right.set_yticks(range(len(use)), list(use), fontsize=7)
    right.set_xticks(range(0, by_task.shape[1], mean.shape[1]), [f"layer {layer}" for layer in range(mean.shape[0])], fontsize=7, ha="left")
    right.set_title("by task: experts specialise", fontsize=9)
    figure.colorbar(image, ax=right, fraction=0.03, label="%")
    figure.tight_layout()
    for kind in ("svg", "png"):
        figure.savefig(folder / f"expert-use.{kind}", metadata={"Date": None} if kind == "svg" else None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=HERE / "build/model")
    parser.add_argument("--tokenizer", type=Path, default=HERE / "build/tokenizer")
    parser.add_argument("--count", type=int, default=20, help="conversations a task")
    parser.add_argument("--pictures", type=Path, help="draw into this folder")
    options = parser.parse_args()
    found = expert_use(load_model(options.model).eval(), Encoder(options.tokenizer), options.count)
    mean = torch.stack(list(found.values())).mean(0)
    for layer, shares in enumerate(mean.tolist()):
        print(f"layer {layer}: " + " ".join(f"{100 * share:5.1f} %" for share in shares))
    print(f"least used expert: {100 * mean.min():.1f} % of its layer's choices, most used: {100 * mean.max():.1f} %")
    if options.pictures:
        draw(found, options.pictures)
