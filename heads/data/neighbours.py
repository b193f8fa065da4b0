"""The most similar earlier posts, found by a search that never looks ahead."""

from dataclasses import dataclass

import numpy as np

from embedstore.index.brute_force import Barred, has_gpu, nearest
from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.history import View
from heads.data.posts import Posts

NEAR_DUPLICATE = 0.98
"""Cosine from which an earlier post counts as the same post again: it is no neighbour."""


@dataclass(frozen=True)
class Found:
    """Neighbours of each post, nearest first.

    Attributes
    ----------
    row : array, shape (n, k), int64
        Rows of the neighbours; −1 where there are not so many.
    score : array, shape (n, k), float32
        Cosine similarity; 0 where there is none.
    """

    row: Indices
    score: Vectors


def nearest_before(
    posts: Posts,
    seen: View,
    vectors: Vectors,
    *,
    k: int,
    other_accounts: bool = False,
    other_companies: bool = False,
    rows: Indices | None = None,
) -> Found:
    """Find the k most similar earlier posts of each post whose labels it may see.

    Never the post itself, one of the same instant, a later one, or a near-duplicate.

    Parameters
    ----------
    posts : Posts
        The posts, in time order.
    seen : View
        Labels that are known, and the moment up to which each post looks.
    vectors : array, shape (n, dim), float32
        At length 1; a post without a vector has no neighbours and is none.
    k : int
        Number of neighbours.
    other_accounts, other_companies : bool
        Look only among other accounts, or other companies.
    rows : array, shape (m,), int64, optional
        Rows of the posts whose neighbours are wanted; the result has a row for each. All posts
        by default.
    """
    there = np.isfinite(vectors[:, 0])
    asked = np.arange(len(posts)) if rows is None else rows
    place = np.flatnonzero(there[asked])
    memory, queries = np.flatnonzero(seen.known & there), asked[place]
    groups = [posts.account] * other_accounts + [posts.company] * other_companies
    scores, nearby = nearest(
        _rows(vectors, queries),
        _rows(vectors, memory),
        k,
        reach=np.searchsorted(posts.time[memory], seen.cutoff[queries], "left"),
        barred=[Barred(group[queries], group[memory]) for group in groups],
        below=NEAR_DUPLICATE,
        device="cuda" if has_gpu() else "cpu",
    )
    found = nearby >= 0
    row = np.full((len(asked), k), -1, dtype=np.int64)
    score = np.zeros((len(asked), k), dtype=np.float32)
    row[place] = np.where(found, memory[nearby] if len(memory) else -1, -1)
    score[place] = np.where(found, scores, 0)
    return Found(row, score)


def _rows(vectors: Vectors, rows: Indices) -> Vectors:
    """Select rows; all of them are not copied, since they may be more than fits in memory."""
    return vectors if len(rows) == len(vectors) else vectors[rows]


def weighted(found: Found, values: Floats, *, sharpness: float = 12.0) -> Floats:
    """Average the neighbours' values, nearer ones counting more; NaN without neighbours.

    Parameters
    ----------
    found : Found
        The neighbours.
    values : array, shape (n,)
        A value for each post.
    sharpness : float
        A neighbour's weight is exp(sharpness · cosine).
    """
    some: Mask = found.row >= 0
    weight = np.where(some, np.exp(sharpness * found.score.astype(np.float64)), 0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean: Floats = (weight * np.where(some, values[found.row], 0)).sum(axis=1) / total
    return mean
