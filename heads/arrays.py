"""The arrays that heads hand to each other: numbers, vectors, rows, masks and times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors

__all__ = [
    "Extended",
    "Floats",
    "Indices",
    "Mask",
    "PostVectors",
    "Times",
    "Vectors",
    "stored_of",
    "there",
    "unit_or_nan",
]

Floats = NDArray[np.float64]
"""Numbers, one for each post, shape (n,), float64."""

Mask = NDArray[np.bool_]
"""A choice of posts, shape (n,), bool."""

Times = NDArray[np.datetime64]
"""Moments in UTC, shape (n,), datetime64[us]."""


def unit_or_nan(vectors: Vectors) -> Vectors:
    """Scale vectors of shape (n, dim) to length 1; a vector of zeros becomes NaN, which is none.

    `embedstore.arrays.unit` keeps zeros, since an index needs a number; here a post without a
    vector must be told from one whose vector is small.
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(length > 0, vectors / length, np.nan), dtype=np.float32)


@dataclass(frozen=True)
class Extended:
    """Vectors of stored posts with those of drafts behind them; the former are not copied.

    Attributes
    ----------
    stored : array, shape (n, dim), float32
    drafts : array, shape (m, dim), float32
    """

    stored: Vectors
    drafts: Vectors

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions, as of an array."""
        return len(self.stored) + len(self.drafts), self.stored.shape[1]

    def __len__(self) -> int:
        return len(self.stored) + len(self.drafts)

    def __getitem__(self, rows: Indices) -> Vectors:
        """Gather rows, shape (rows, dim)."""
        drafted = rows >= len(self.stored)
        if drafted.all():
            return self.drafts[rows - len(self.stored)]
        found: Vectors = self.stored[np.where(drafted, 0, rows)]
        found[drafted] = self.drafts[rows[drafted] - len(self.stored)]
        return found


PostVectors = Vectors | Extended
"""A vector for each post; NaN where there is none."""


def stored_of(vectors: PostVectors) -> Vectors:
    """Return the vectors of the posts that are no drafts."""
    return vectors.stored if isinstance(vectors, Extended) else vectors


def there(vectors: PostVectors) -> Mask:
    """Mark the posts that have a vector, shape (n,)."""
    if isinstance(vectors, Extended):
        return np.append(there(vectors.stored), there(vectors.drafts))
    return np.asarray(np.isfinite(vectors[:, 0]))
