"""What happened to the most similar earlier posts, found by a search that never looks ahead."""

from dataclasses import dataclass

import numpy as np

from heads.history import View
from heads.posts import Floats, Indices, Mask, Posts, Vectors

NEAR_DUPLICATE = 0.98
"""Cosine from which an earlier post is the same post again, and no neighbour."""

BLOCK = 512
"""Posts searched for at once; bounds the memory."""


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
) -> Found:
    """The k most similar earlier posts of each post whose labels it may see.

    Never the post itself, one of the same instant, a later one, or a near-duplicate.

    Parameters
    ----------
    posts : Posts
        The posts, in time order.
    seen : View
        Which labels are known, and how far each post looks.
    vectors : array, shape (n, dim), float32
        At length 1; a post without a vector has no neighbours and is none.
    k : int
        How many.
    other_accounts, other_companies : bool
        Look only among other accounts, or other companies.
    """
    there = np.isfinite(vectors[:, 0])
    memory = np.flatnonzero(seen.known & there)
    time, kept = posts.time[memory], vectors[memory]
    row = np.full((len(posts), k), -1, dtype=np.int64)
    score = np.zeros((len(posts), k), dtype=np.float32)
    queries = np.flatnonzero(there)
    for start in range(0, len(queries), BLOCK):
        asked = queries[start : start + BLOCK]
        reach = np.searchsorted(time, seen.cutoff[asked], "left")
        last = int(reach.max(initial=0))
        if last == 0:
            continue
        alike = vectors[asked] @ kept[:last].T
        barred = (np.arange(last)[None] >= reach[:, None]) | (alike >= NEAR_DUPLICATE)
        if other_accounts:
            barred |= posts.account[asked][:, None] == posts.account[memory[:last]][None]
        if other_companies:
            barred |= posts.company[asked][:, None] == posts.company[memory[:last]][None]
        alike[barred] = -2
        count = min(k, last)
        best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(alike, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        best, values = np.take_along_axis(best, order, 1), np.take_along_axis(values, order, 1)
        usable = values > -2
        row[asked, :count] = np.where(usable, memory[best], -1)
        score[asked, :count] = np.where(usable, values, 0)
    return Found(row, score)


def weighted(found: Found, values: Floats, *, sharpness: float = 12.0) -> Floats:
    """Mean of the neighbours' values, nearer ones counting more; NaN without neighbours.

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
