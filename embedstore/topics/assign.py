"""Assign posts to topics: the nearest centre, if it is near enough."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors

BLOCK = 16_384
"""Vectors compared with all centres at once."""


@dataclass(frozen=True)
class Centres:
    """What topics are known by.

    Attributes
    ----------
    vectors : array, shape (k, dim), float32
        Mean directions, at length 1.
    reach : array, shape (k,), float32
        The least cosine similarity of a post that belongs to it.
    """

    vectors: Vectors
    reach: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.reach)


def assign(vectors: Vectors, centres: Centres) -> tuple[Indices, NDArray[np.float32]]:
    """Find the nearest centre of each vector.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1.
    centres : Centres
        At least one.

    Returns
    -------
    nearest : array, shape (n,), int64
        Row of the centre; −1 for an outlier, which is nearer to none than its reach.
    score : array, shape (n,), float32
        Cosine similarity to the nearest centre, whether it is in reach or not.
    """
    nearest = np.empty(len(vectors), dtype=np.int64)
    score = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        similar = vectors[start : start + BLOCK] @ centres.vectors.T
        best = similar.argmax(axis=1)
        score[start : start + BLOCK] = similar[np.arange(len(best)), best]
        nearest[start : start + BLOCK] = best
    nearest[~(score >= centres.reach[nearest])] = -1
    return nearest, score
