"""A linear layer for inference, with its weight laid out once for the processor."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

ROWS = 1024
"""Rows that the layout is chosen for: about the tokens of one batch on a CPU."""


BLOCK = 128
"""Rows that a packed batch is rounded up to on a CPU."""


def whole_blocks(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values of a packed batch with zeros after them, up to the next multiple of `BLOCK`.

    oneDNN makes and keeps a program for each number of rows that it has seen. With as many
    numbers as batches these take half a gigabyte, and longer to make than the rows added here
    take to compute. No text has the added rows, and no other row looks at them.
    """
    return np.pad(values, (0, -len(values) % BLOCK))


class Linear:
    """``hidden @ weight.T + bias``, and GELU after it if wanted.

    On a CPU the weight is kept in oneDNN's own blocked layout, which plain torch would
    make anew in every call, and GELU is part of the product: a tenth faster in bfloat16, a
    quarter in float32. Where torch lacks these operations, it computes the same without.

    Parameters
    ----------
    weight : tensor, shape (out, in)
    bias : tensor, shape (out,)
    gelu : bool
        Whether GELU follows.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        self._bias = bias
        self._gelu = gelu
        packed = _packed(weight)
        self._is_packed = packed is not None
        self._weight = weight if packed is None else packed

    def __call__(self, hidden: Tensor) -> Tensor:
        """Rows of shape (n, in) to rows of shape (n, out)."""
        if self._is_packed:
            kind, exactness = ("gelu", "none") if self._gelu else ("none", "")
            out: Tensor = torch.ops.mkldnn._linear_pointwise(
                hidden, self._weight, self._bias, kind, [], exactness
            )
            return out
        out = F.linear(hidden, self._weight, self._bias)
        return F.gelu(out) if self._gelu else out


@torch.inference_mode()
def _packed(weight: Tensor) -> Tensor | None:
    """The weight in oneDNN's layout, or None where that can't be used."""
    operations = torch.ops.mkldnn
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    try:
        # Not part of torch's documented surface (its compiler uses them): hence the guard.
        if weight.dtype == torch.bfloat16 and not operations._is_mkldnn_bf16_supported():
            return None
        packed: Tensor = operations._reorder_linear_weight(weight, ROWS)
        probe = weight.new_zeros(1, weight.shape[1])
        operations._linear_pointwise(probe, packed, None, "gelu", [], "none")
    except (AttributeError, RuntimeError):
        return None
    return packed
