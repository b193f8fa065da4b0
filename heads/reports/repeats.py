"""Posts that say again what their account said before."""

import re

import numpy as np

from heads.arrays import Indices, Times, Vectors
from heads.data.posts import Posts

NEAR = 0.95
"""Cosine of two texts from which one repeats the other."""

MOST = 20_000
"""Posts of an account up to which all pairs are compared; of more, equal words only."""

FEWEST_LETTERS = 20
"""Letters of a text below which equal words mean nothing: everybody says good morning."""

_BLOCK = 2048
_LINK = re.compile(r"<\w+>|https?://\S+|www\.\S+")
_SIGNS = re.compile(r"\W+")


def repeated(posts: Posts, vectors: Vectors | None) -> Indices:
    """Find for each post the latest strictly earlier one of its account that says the same.

    Its words are the same but for links and signs, or its vector is nearly the same.

    Parameters
    ----------
    posts : Posts
        In the order of time.
    vectors : array, shape (n, dim), optional
        Of the texts, at length 1; NaN where there is none.

    Returns
    -------
    array, shape (n,), int64
        Row of the earlier post; −1 for a post that repeats none.
    """
    found = _same_words(posts)
    if vectors is None:
        return found
    order = np.argsort(posts.account, kind="stable")
    edges = np.flatnonzero(np.diff(posts.account[order], prepend=-1, append=-1))
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        rows = order[start:end]
        rows = rows[np.isfinite(vectors[rows, 0])]
        if 1 < len(rows) <= MOST:
            found[rows] = np.maximum(found[rows], _near(rows, vectors, posts.time[rows]))
    return found


def _near(rows: Indices, vectors: Vectors, time: Times) -> Indices:
    mine = vectors[rows]
    found = np.full(len(rows), -1, dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        here = slice(start, start + _BLOCK)
        alike = mine[here] @ mine.T >= NEAR
        alike &= time[None] < time[here, None]
        latest = len(rows) - 1 - np.argmax(alike[:, ::-1], axis=1)
        found[here] = np.where(alike.any(axis=1), rows[latest], -1)
    return found


def _same_words(posts: Posts) -> Indices:
    found = np.full(len(posts), -1, dtype=np.int64)
    latest: dict[tuple[int, str], list[int]] = {}
    for row, text in enumerate(posts.texts):
        words = _SIGNS.sub(" ", _LINK.sub(" ", text.lower())).strip()
        if len(words) < FEWEST_LETTERS:
            continue
        before = latest.setdefault((int(posts.account[row]), words), [])
        earlier = [place for place in before[-3:] if posts.time[place] < posts.time[row]]
        if earlier:
            found[row] = earlier[-1]
        before.append(row)
    return found
