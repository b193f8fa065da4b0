"""The most similar earlier posts, found by a search that never looks ahead."""

from dataclasses import dataclass

import numpy as np

from embedstore.index.brute_force import Barred, has_gpu, nearest
from heads.arrays import Floats, Indices, Mask, PostVectors, Vectors, stored_of, there
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
    vectors: PostVectors,
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
    asked = np.arange(len(posts)) if rows is None else rows
    every = stored_of(vectors)
    queries = vectors[asked]
    place = np.flatnonzero(there(queries))
    rows = asked[place]
    barred = [
        Barred(group[rows], group[: len(every)])
        for group in [posts.account] * other_accounts + [posts.company] * other_companies
    ]
    usable = seen.known[: len(every)] & there(every)
    if not usable.all():
        # Cheaper than a copy of the others.
        barred.append(Barred(np.zeros(len(rows), np.int64), usable.astype(np.int64)))
    scores, nearby = nearest(
        queries[place],
        every,
        k,
        reach=np.searchsorted(posts.time[: len(every)], seen.cutoff[rows], "left"),
        barred=barred,
        below=NEAR_DUPLICATE,
        device="cuda" if has_gpu() else "cpu",
    )
    row = np.full((len(asked), k), -1, dtype=np.int64)
    score = np.zeros((len(asked), k), dtype=np.float32)
    row[place] = nearby
    score[place] = np.where(nearby >= 0, scores, 0)
    return Found(row, score)


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
