"""Prefix vectors: facts about a post, added to the embeddings of a language model."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from heads.arrays import Indices
from heads.tweets.data.material import Material, level_codes
from heads.tweets.models.level import Level


class Prefix(nn.Module):
    """Vectors added to the embeddings of tokens: facts before a post, the level throughout it."""

    def __init__(self, company: int, image: int, clock: int, width: int) -> None:
        super().__init__()
        self.company = nn.Linear(company, width, bias=False)
        self.image = nn.Linear(max(1, image), width, bias=False)
        self.clock = nn.Linear(clock, width, bias=False)
        self.level = Level(width)
        self.media = nn.Embedding(4, width)
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, material: Material, rows: Indices) -> Tensor:
        """Compute the vectors of posts, shape (rows, width), for the token before each."""
        images = np.nan_to_num(material.images[rows])
        if not images.shape[1]:
            images = np.zeros((len(rows), 1), dtype=np.float32)
        total: Tensor = (
            self.company(self._there(material.company_vectors[rows]))
            + self.image(self._there(images))
            + self.clock(self._there(material.clock[rows]))
            + self.media(self._there(material.media[rows]))
        )
        return total

    def levels(self, material: Material, rows: Indices) -> Tensor:
        """Compute the vectors of levels, shape (rows, width), for every token of each post."""
        found: Tensor = self.level(self._there(level_codes(material, rows)))
        return found

    def _there(self, values: Any) -> Tensor:
        """Move an array to the device of the weights."""
        return torch.from_numpy(values).to(self.media.weight.device)
