"""Attention among the tokens of each text of a packed batch.

Where torch has it, on a GPU in half precision, one kernel takes texts of any lengths
(`torch.nn.attention.varlen`). Elsewhere each run of texts of one length is a block of its
own. Neither computes anything for padding, nor needs a mask.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

from embedstore.encoders.runtime.transfer import to_device

try:
    from torch.nn.attention import varlen as _varlen
except ImportError:  # torch before 2.10
    _varlen = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Run:
    """Texts of one length: rows [start, stop) of the packed matrix."""

    start: int
    stop: int
    texts: int
    length: int


@dataclass(frozen=True)
class Packing:
    """How the texts of a batch lie in its matrix, one after the other.

    Attributes
    ----------
    lengths : array, shape (n,), int64
        Tokens of each text; equal lengths stand side by side.
    device : torch.device
    """

    lengths: NDArray[np.int64]
    device: torch.device

    @cached_property
    def runs(self) -> list[Run]:
        """Neighbours of equal length."""
        changes = np.flatnonzero(np.diff(self.lengths)) + 1
        runs: list[Run] = []
        start = 0
        for block in np.split(self.lengths, changes):
            texts, length = len(block), int(block[0])
            runs.append(Run(start, start + texts * length, texts, length))
            start += texts * length
        return runs

    @cached_property
    def bounds(self) -> Tensor:
        """Where each text begins, and the end of the last; shape (n + 1,), int32."""
        bounds = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int32)
        return to_device(bounds, self.device)

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return int(self.lengths.max())


def one_kernel(tensor: Tensor) -> bool:
    """Whether one kernel can take texts of all lengths in this precision, on this device."""
    return (
        _varlen is not None
        and tensor.device.type == "cuda"
        and tensor.dtype in (torch.bfloat16, torch.float16)
    )


def attention(
    qkv: Tensor, packing: Packing, heads: int, *, scale: float | None, causal: bool, fused: bool
) -> Tensor:
    """Self-attention within each text; (tokens, 3 · width) to (tokens, width).

    Parameters
    ----------
    qkv : Tensor
        Queries, keys and values side by side.
    packing : Packing
        Where each text is.
    heads : int
        They share the width evenly.
    scale : float, optional
        Of the products of queries and keys; by default the root of a head's size, inverted.
    causal : bool
        Whether a token sees only what comes before it.
    fused : bool
        Whether to use torch's fused attention rather than plain products and softmax, which
        know nothing of `causal`.
    """
    width = qkv.shape[1] // 3
    size = width // heads
    if one_kernel(qkv):
        return _at_once(qkv, packing, heads, scale=scale, causal=causal)
    # Zeros for rows that belong to no text.
    context = qkv.new_zeros(len(qkv), width)
    for run in packing.runs:
        shape = (run.texts, run.length, heads, size)
        parts = qkv[run.start : run.stop].view(run.texts, run.length, 3, heads, size)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if fused or causal:
            out = F.scaled_dot_product_attention(query, key, value, scale=scale, is_causal=causal)
        else:
            scaled = query if scale == 1.0 else query * (scale or size**-0.5)
            out = (scaled @ key.transpose(-1, -2)).softmax(-1) @ value
        context[run.start : run.stop].view(shape).copy_(out.transpose(1, 2))
    return context


def _at_once(
    qkv: Tensor, packing: Packing, heads: int, *, scale: float | None, causal: bool
) -> Tensor:
    assert _varlen is not None
    parts = qkv.view(len(qkv), 3, heads, -1)
    query, key, value = (part.contiguous() for part in parts.unbind(1))
    bounds, longest = packing.bounds, packing.longest
    window = (-1, 0 if causal else -1)
    out: Any = _varlen.varlen_attn(
        query, key, value, bounds, bounds, longest, longest, scale=scale, window_size=window
    )
    context: Tensor = out.reshape(len(qkv), -1)
    return context
