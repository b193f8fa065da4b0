"""The optimizer Muon for matrices (Jordan et al., 2024), in the precision of their gradients.

torch's own rounds to bfloat16, which takes most of a step on a processor that only emulates it.
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

STEPS = 5
"""Newton–Schulz steps; each brings the singular values nearer to 1."""

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of such a step, from the authors."""


class Muon(torch.optim.Optimizer):
    """Moves each matrix along its momentum with all singular values brought near 1.

    The step has the size that AdamW's would have (Liu et al., 2025), so that both share a
    learning rate.

    Parameters
    ----------
    matrices : iterable of Parameter
        Of two dimensions.
    lr : float
        Learning rate.
    weight_decay : float
        Decoupled.
    momentum : float
        Of the gradients, by Nesterov's rule.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        *,
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(list(matrices), defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Move every matrix that has a gradient; there is no use for a closure."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._move(matrix, group)

    def _move(self, matrix: Tensor, group: dict[str, Any]) -> None:
        """Move one matrix along its momentum."""
        grad = matrix.grad
        assert grad is not None
        state = self.state[matrix]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(grad)
        mean = state["momentum"].lerp_(grad, 1 - group["momentum"])
        ahead = grad.lerp(mean, group["momentum"])
        matrix.mul_(1 - group["lr"] * group["weight_decay"])
        size = 0.2 * math.sqrt(max(matrix.shape))
        matrix.add_(orthogonal(ahead), alpha=-group["lr"] * size)


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring the singular values of a matrix to between about 0.7 and 1.2."""
    a, b, c = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / found.norm().clamp(min=1e-7)
    for _ in range(STEPS):
        square = found @ found.T
        found = torch.addmm(found, torch.addmm(square, square, square, beta=b, alpha=c), found,
                            beta=a)  # fmt: skip
    return found.T if tall else found
