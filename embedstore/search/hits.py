"""Posts that queries have found: fold them, rank them, and fuse two lists into one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors

RANK_CONSTANT = 60
"""Added to a rank before its reciprocal is taken, so that the first ranks of one list don't decide
alone; the value of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods" (2009)."""


@dataclass(frozen=True)
class Hits:
    """Posts that were found: arrays of shape (n,).

    Attributes
    ----------
    query : array of int64
        Number of the query.
    score : array of float32
        Cosine similarity; of a search by words BM25, or the sum of reciprocal ranks.
    post, content : arrays of int64
        Ids of the post, and of its content that was found.
    position : array of int32
        Position of the picture in the post; 0 for a text.
    """

    query: Indices
    score: Vectors
    post: Indices
    content: Indices
    position: NDArray[np.int32]

    def take(self, rows: NDArray[np.bool_] | Indices) -> "Hits":
        """Select rows, by a mask or by their numbers."""
        return Hits(
            self.query[rows],
            self.score[rows],
            self.post[rows],
            self.content[rows],
            self.position[rows],
        )


def fold(hits: Hits, k: int, *, distinct: bool) -> Hits:
    """Keep the k best of each query: a post once, and a content once if `distinct`."""
    hits = hits.take(np.lexsort((hits.position, hits.post, -hits.score, hits.query)))
    hits = hits.take(_first_of(hits.query, hits.post))
    if distinct:
        hits = hits.take(_first_of(hits.query, hits.content))
    return hits.take(ranks(hits.query) <= k)


def _first_of(query: Indices, item: Indices) -> Indices:
    """Find the rows in which an item appears for the first time in its query."""
    key = query * (int(item.max(initial=0)) + 1) + item
    return np.sort(np.unique(key, return_index=True)[1])


def ranks(query: Indices) -> Indices:
    """Number the rows of each query from 1; rows of a query are adjacent."""
    return np.arange(len(query)) - np.searchsorted(query, query, "left") + 1


def joined(parts: Sequence[Hits]) -> Hits:
    """Concatenate hits and order them by query; rows of one query keep their order."""
    empty = np.empty(0, dtype=np.int64)
    everything = Hits(
        np.concatenate([empty, *(part.query for part in parts)]),
        np.concatenate([empty.astype(np.float32), *(part.score for part in parts)]),
        np.concatenate([empty, *(part.post for part in parts)]),
        np.concatenate([empty, *(part.content for part in parts)]),
        np.concatenate([empty.astype(np.int32), *(part.position for part in parts)]),
    )
    return everything.take(np.argsort(everything.query, kind="stable"))


def fused(lists: Sequence[Hits], k: int) -> Hits:
    """Fuse ranked lists of one query: the k posts with the largest sum of reciprocal ranks.

    Parameters
    ----------
    lists : sequence of Hits
        Each the best first, a post once.
    k : int
        Posts to keep.

    Returns
    -------
    Hits
        `score` is the sum of ``1 / (RANK_CONSTANT + rank)`` over the lists that have the post;
        posts with equal scores by id.
    """
    everything = joined(lists)
    rank = np.concatenate([np.arange(1, len(each.post) + 1) for each in lists])
    _, first, which = np.unique(everything.post, return_index=True, return_inverse=True)
    score = np.bincount(which, weights=1 / (RANK_CONSTANT + rank), minlength=len(first))
    hits = everything.take(first)
    hits = Hits(hits.query, score.astype(np.float32), hits.post, hits.content, hits.position)
    # Equal sums differ in their last digits, which depend on the order of the lists.
    return hits.take(np.lexsort((hits.post, -score.round(12)))[:k])
