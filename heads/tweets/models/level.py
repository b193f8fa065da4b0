"""A relative level of likes as a vector that every token of a post gets."""

import torch
from torch import Tensor, nn

from heads.tweets.data.material import LEVEL_CODES, LEVELS


class Level(nn.Module):
    """Vectors of level codes (see `heads.tweets.data.material.level_codes`).

    A code's vector is one of its own plus, for each kind of level (got, or wanted), a direction
    that is gone along further the higher the level: what more likes read like is learned from
    the posts of all levels together.

    Parameters
    ----------
    width : int
        Of the vectors.
    """

    place: Tensor
    kind: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own = nn.Embedding(LEVEL_CODES, width)
        self.along = nn.Embedding(2, width)
        code = torch.arange(LEVEL_CODES)
        middle = (LEVELS - 1) / 2
        place = torch.where(code < 2 * LEVELS, (code % LEVELS - middle) / middle, 0.0)
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("kind", (code // LEVELS).clamp(max=1), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Look up the vectors of codes, shape (*codes.shape, width)."""
        along = self.place[codes][..., None] * self.along(self.kind[codes])
        found: Tensor = self.own(codes) + along
        return found
