"""How a pretrained language model attends, here.

The library keeps what is registered with it until the interpreter ends: this module imports
nothing of ours, so that nothing of ours is kept with it.
"""

from typing import Any

import torch
from torch import Tensor, nn


def choose(device: str, dtype: torch.dtype) -> str:
    """How attention is computed: by the fused kernel, by plain products in bfloat16 on a CPU.

    There the fused kernel is slower in bfloat16, and the library's plain one copies the keys
    for every head that shares them: a third of the time of a step. In float32 the fused kernel
    makes a step of fine-tuning half again as fast as plain products.
    """
    if dtype == torch.float32 or device != "cpu":
        return "sdpa"
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register("grouped", grouped_attention)
    AttentionMaskInterface.register("grouped", eager_mask)
    return "grouped"


def grouped_attention(
    module: nn.Module,  # noqa: ARG001
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention whose query heads share keys and values (Ainslie et al., 2023).

    Parameters
    ----------
    module : Module
        Not looked at.
    query : tensor, shape (B, H, L, D)
        Queries.
    key, value : tensor, shape (B, H / group, S, D)
        Keys and values.
    attention_mask : tensor, shape (B, 1, L, S), optional
        Added to the scores.
    scaling : float
        Of the scores.

    Returns
    -------
    output, None
        Shape (B, L, H, D).
    """
    batch, heads, length, size = query.shape
    shared = key.shape[1]
    rows = (query * scaling).reshape(batch, shared, -1, size)
    score = (rows @ key.transpose(-1, -2)).view(batch, shared, heads // shared, length, -1)
    if attention_mask is not None:
        score = score + attention_mask[:, :, None, :, : key.shape[2]]
    weight = score.softmax(-1).view(batch, shared, -1, key.shape[2])
    mixed = (weight @ value).view(batch, heads, length, size)
    return mixed.transpose(1, 2).contiguous(), None
