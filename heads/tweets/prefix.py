"""What a language model is told of a post besides its words: vectors added to an embedding."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from heads.posts import Indices
from heads.tweets.material import LEVEL_CODES, Material, level_codes


class Prefix(nn.Module):
    """What is added to the embeddings of tokens before posts."""

    def __init__(self, company: int, image: int, clock: int, width: int) -> None:
        super().__init__()
        self.company = nn.Linear(company, width, bias=False)
        self.image = nn.Linear(max(1, image), width, bias=False)
        self.clock = nn.Linear(clock, width, bias=False)
        self.level = nn.Embedding(LEVEL_CODES, width)
        self.media = nn.Embedding(4, width)
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, material: Material, rows: Indices) -> Tensor:
        """Vectors of posts, shape (rows, width)."""
        device = self.level.weight.device
        images = np.nan_to_num(material.images[rows])
        if not images.shape[1]:
            images = np.zeros((len(rows), 1), dtype=np.float32)

        def there(values: Any) -> Tensor:
            return torch.from_numpy(values).to(device)

        total: Tensor = (
            self.company(there(material.company_vectors[rows]))
            + self.image(there(images))
            + self.clock(there(material.clock[rows]))
            + self.level(there(level_codes(material, rows)))
            + self.media(there(material.media[rows]))
        )
        return total
