"""Self-attention over packed texts: no padding, no mask.

On a GPU in half precision one kernel takes texts of any lengths
(`torch.nn.attention.varlen`), if this torch has it. Elsewhere the texts of one length are
computed together, one length after the other.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

from embedstore.encoders.runtime.transfer import to_device


@dataclass(frozen=True)
class LengthGroup:
    """Consecutive texts of one length in a packed batch.

    Attributes
    ----------
    start, stop : int
        Their rows of the packed matrix, [start, stop).
    texts : int
        Number of texts.
    length : int
        Tokens of each.
    """

    start: int
    stop: int
    texts: int
    length: int


@dataclass(frozen=True)
class Packing:
    """Layout of a packed batch: its texts lie one after the other in a single matrix.

    Attributes
    ----------
    lengths : array, shape (n,), int64
        Tokens of each text; texts of equal length are consecutive.
    device : torch.device
        Where the matrix is.
    """

    lengths: NDArray[np.int64]
    device: torch.device

    @cached_property
    def groups(self) -> list[LengthGroup]:
        """Consecutive texts of equal length."""
        changes = np.flatnonzero(np.diff(self.lengths)) + 1
        groups: list[LengthGroup] = []
        start = 0
        for block in np.split(self.lengths, changes):
            texts, length = len(block), int(block[0])
            groups.append(LengthGroup(start, start + texts * length, texts, length))
            start += texts * length
        return groups

    @cached_property
    def bounds(self) -> Tensor:
        """First row of each text, then the end of the last; shape (n + 1,), int32."""
        bounds = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int32)
        return to_device(bounds, self.device)

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return int(self.lengths.max())


def has_varlen_kernel(tensor: Tensor) -> bool:
    """Tell if one kernel takes texts of all lengths at this tensor's precision and device."""
    return (
        tensor.device.type == "cuda"
        and tensor.dtype in (torch.bfloat16, torch.float16)
        and _varlen() is not None
    )


@cache
def _varlen() -> Any:
    """Import that kernel; None if this torch has none.

    Only where it is of use: it brings torch's compiler along, which takes 2 seconds.
    """
    try:
        from torch.nn.attention import varlen
    except ImportError:  # torch before 2.10
        return None
    return varlen


def attention(
    qkv: Tensor, packing: Packing, heads: int, *, scale: float | None, causal: bool, fused: bool
) -> Tensor:
    """Compute self-attention within each text.

    Parameters
    ----------
    qkv : Tensor, shape (tokens, 3 · width)
        Queries, keys and values side by side.
    packing : Packing
        Layout of the texts.
    heads : int
        Attention heads, which share the width evenly.
    scale : float, optional
        Factor of the query-key products; ``head_size ** -0.5`` if not said.
    causal : bool
        Each token attends only to itself and earlier tokens. Implies torch's fused attention.
    fused : bool
        Use torch's fused attention instead of plain products and softmax.

    Returns
    -------
    Tensor, shape (tokens, width)
        Zero in rows that belong to no text.
    """
    width = qkv.shape[1] // 3
    size = width // heads
    if has_varlen_kernel(qkv):
        return _varlen_attention(qkv, packing, heads, scale=scale, causal=causal)
    context = qkv.new_zeros(len(qkv), width)
    for group in packing.groups:
        rows, shape = slice(group.start, group.stop), (group.texts, group.length)
        parts = qkv[rows].view(*shape, 3, heads, size)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if fused or causal:
            out = F.scaled_dot_product_attention(query, key, value, scale=scale, is_causal=causal)
        else:
            scaled = query if scale == 1.0 else query * (scale or size**-0.5)
            out = (scaled @ key.transpose(-1, -2)).softmax(-1) @ value
        context[rows].view(*shape, heads, size).copy_(out.transpose(1, 2))
    return context


def _varlen_attention(
    qkv: Tensor, packing: Packing, heads: int, *, scale: float | None, causal: bool
) -> Tensor:
    """Compute `attention` by the kernel that takes texts of all lengths at once."""
    parts = qkv.view(len(qkv), 3, heads, -1)
    query, key, value = (part.contiguous() for part in parts.unbind(1))
    bounds, longest = packing.bounds, packing.longest
    window = (-1, 0 if causal else -1)
    out: Any = _varlen().varlen_attn(
        query, key, value, bounds, bounds, longest, longest, scale=scale, window_size=window
    )
    context: Tensor = out.reshape(len(qkv), -1)
    return context
