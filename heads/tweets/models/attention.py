"""Attention of pretrained language models on a CPU.

The library keeps what is registered with it until the interpreter ends: this module imports
nothing of ours, so that nothing of ours is kept with it.
"""

from typing import Any

import torch
from torch import Tensor, nn


def choose(device: str) -> str:
    """Choose the attention: the library's fused kernel on a GPU, `grouped_attention` on a CPU."""
    if device != "cpu":
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
    """Attend with query heads that share keys and values (Ainslie et al., 2023), on a CPU.

    In float32 the fused kernel reads whole texts; a step of fine-tuning is half again as fast.
    In bfloat16 plain products are faster, and so they are, four times, for the one token of a
    text that is being written. The library's own copy the keys for every head that shares them.

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
    if query.dtype == torch.float32 and length > 1:
        whole = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=attention_mask, scale=scaling, enable_gqa=True,
            is_causal=attention_mask is None,
        )  # fmt: skip
        return whole.transpose(1, 2).contiguous(), None
    shared = key.shape[1]
    rows = (query * scaling).reshape(batch, shared, -1, size)
    score = (rows @ key.transpose(-1, -2)).view(batch, shared, heads // shared, length, -1)
    if attention_mask is not None:
        score = score + attention_mask[:, :, None, :, : key.shape[2]]
    weight = score.softmax(-1).view(batch, shared, -1, key.shape[2])
    mixed = (weight @ value).view(batch, heads, length, size)
    return mixed.transpose(1, 2).contiguous(), None
