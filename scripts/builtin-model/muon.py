"""Muon (Jordan et al., 2024): momentum whose update is made orthogonal, for matrices; AdamW for everything else."""

import torch


def orthogonal(update):
    """The nearest orthogonal matrices by five Newton-Schulz steps, for a stack of matrices."""
    x = update.bfloat16() if update.is_cuda else update
    tall = x.size(-2) > x.size(-1)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * (square @ square)) @ x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Parameters of two dimensions, or stacks of them; those of one shape are updated together."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_size = {}
            for parameter in group["params"]:
                by_size.setdefault(parameter.shape[-2:], []).append(parameter)
            for size, parameters in by_size.items():
                self.step_together(group, size, parameters)

    def step_together(self, group, size, parameters):
        momentum = group["momentum"]
        gradients, buffers = [parameter.grad for parameter in parameters], []
        for parameter in parameters:
            state = self.state[parameter]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(parameter)
            buffers.append(state["momentum"])
        torch._foreach_lerp_(buffers, gradients, 1 - momentum)
        updates = torch._foreach_lerp(gradients, buffers, momentum)
        stacked = torch.cat([update.reshape(-1, *size) for update in updates])
        stacked = orthogonal(stacked) * max(1, size[0] / size[1]) ** 0.5
        pieces = stacked.split([update.numel() // (size[0] * size[1]) for update in updates])
        torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(parameters, [piece.view_as(parameter) for piece, parameter in zip(pieces, parameters)],
                            alpha=-group["lr"])
