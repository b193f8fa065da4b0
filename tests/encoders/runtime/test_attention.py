"""Attention over packed texts equals attention with masks over padded ones."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from embedstore.encoders.runtime import attention as module
from embedstore.encoders.runtime.attention import Packing, attention

LENGTHS = np.array([7, 7, 5, 1, 1, 1])
HEADS, SIZE = 2, 8


def with_masks(qkv: Tensor, *, scale: float | None, causal: bool) -> Tensor:
    longest = int(LENGTHS.max())
    rows = torch.from_numpy(np.arange(longest) < LENGTHS[:, None])
    padded = qkv.new_zeros(len(LENGTHS), longest, qkv.shape[1])
    padded[rows] = qkv
    parts = padded.view(len(LENGTHS), longest, 3, HEADS, SIZE).permute(2, 0, 3, 1, 4)
    seen = rows[:, None, None, :].expand(-1, 1, longest, -1)
    if causal:
        seen = seen & torch.ones(longest, longest, dtype=torch.bool).tril()
    out = F.scaled_dot_product_attention(*parts, attn_mask=seen, scale=scale)
    return out.transpose(1, 2).flatten(2)[rows]


@pytest.fixture(scope="module")
def qkv() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(int(LENGTHS.sum()), 3 * HEADS * SIZE)


@pytest.mark.parametrize(
    ("scale", "causal", "fused"),
    [(1.0, False, True), (1.0, False, False), (None, False, False), (None, True, True)],
)
def test_packed_attention_equals_exact_masks(
    qkv: Tensor, scale: float | None, causal: bool, fused: bool
) -> None:
    packing = Packing(LENGTHS, qkv.device)
    found = attention(qkv, packing, HEADS, scale=scale, causal=causal, fused=fused)
    torch.testing.assert_close(found, with_masks(qkv, scale=scale, causal=causal))


@pytest.mark.parametrize("causal", [False, True])
def test_the_kernel_for_all_lengths_is_told_where_each_text_is(
    qkv: Tensor, monkeypatch: pytest.MonkeyPatch, causal: bool
) -> None:
    """No GPU is needed to see what the kernel is asked: a stand-in answers with masks."""
    asked: dict[str, Any] = {}

    class Kernel:
        @staticmethod
        def varlen_attn(*arguments: Any, **options: Any) -> Tensor:
            query, key, value, first, second, *longest = arguments
            asked.update(options, bounds=[first.tolist(), second.tolist()], longest=longest)
            both = torch.cat([part.flatten(1) for part in (query, key, value)], dim=1)
            return with_masks(both, scale=options["scale"], causal=causal).view_as(query)

    monkeypatch.setattr(module, "_varlen", lambda: Kernel)
    monkeypatch.setattr(module, "has_varlen_kernel", lambda _: True)
    packing = Packing(LENGTHS, qkv.device)
    found = attention(qkv, packing, HEADS, scale=None, causal=causal, fused=True)
    torch.testing.assert_close(found, with_masks(qkv, scale=None, causal=causal))
    assert asked["bounds"] == [[0, 7, 14, 19, 20, 21, 22]] * 2
    assert asked["longest"] == [7, 7]
    assert asked["window_size"] == (-1, 0 if causal else -1)


def test_a_cpu_and_float32_have_no_such_kernel(qkv: Tensor) -> None:
    assert not module.has_varlen_kernel(qkv.bfloat16())
