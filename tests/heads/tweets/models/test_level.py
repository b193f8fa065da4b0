"""Vectors of levels."""

import torch
from torch import nn

from heads.tweets.data.material import LEVEL_CODES, LEVELS
from heads.tweets.models.level import Level


def test_what_more_likes_read_like_is_one_direction_for_all_levels() -> None:
    level = Level(4)
    nn.init.zeros_(level.own.weight)
    found = level(torch.arange(LEVEL_CODES))
    steps = found[1:LEVELS] - found[: LEVELS - 1]
    assert torch.allclose(steps, steps[:1].expand_as(steps), atol=1e-6)
    assert not torch.allclose(found[:LEVELS], found[LEVELS : 2 * LEVELS])
    assert not found[-1].any()
