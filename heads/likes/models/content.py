"""Scorers that know nothing but content: what a post's words add to its account's level.

They learn from residuals: a training post's label less what its account's other posts within
45 days got, before and after. Only training posts have residuals, so that nothing later than
the split enters.
"""

from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.posts import Posts

NEAR_DAYS = 45.0
"""Other posts of the account within so many days make its level."""

FEWEST_BESIDE = 3
"""Fewer other posts make no level."""

PENALTIES = tuple(float(10**power) for power in np.arange(0, 4.5, 0.5))
"""Penalties of the ridge that are tried."""

PARTS = 5
"""Blocks of time, each predicted from the others, that choose the penalty."""

MOST_REMEMBERED = 2000
"""Latest posts of an account that its own kernel looks at."""


@dataclass(frozen=True)
class Residuals:
    """What is left of labels once the account's level is taken away.

    Attributes
    ----------
    rows : array, shape (m,), int64
        Training posts that have enough others of their account beside them.
    values : array, shape (m,)
        Label less level, log1p.
    """

    rows: Indices
    values: Floats


def residuals(posts: Posts, train: Mask, days: float = NEAR_DAYS) -> Residuals:
    """Take each training post's two-sided level away from its label."""
    rows, values = [], []
    chosen = np.flatnonzero(train)
    order = chosen[np.lexsort((posts.time[chosen], posts.account[chosen]))]
    reach = np.timedelta64(round(days * 86400e6), "us")
    edges = np.flatnonzero(np.diff(posts.account[order])) + 1
    for block in np.split(order, edges):
        time, y = posts.time[block], posts.y[block]
        total = np.concatenate([[0.0], np.cumsum(y)])
        start = np.searchsorted(time, time - reach, "left")
        stop = np.searchsorted(time, time + reach, "right")
        beside = stop - start - 1
        enough = beside >= FEWEST_BESIDE
        level = (total[stop] - total[start] - y)[enough] / beside[enough]
        rows.append(block[enough])
        values.append(y[enough] - level)
    return Residuals(np.concatenate(rows), np.concatenate(values))


def ridge_scores(vectors: Vectors, time: Floats, learned: Residuals) -> Floats:
    """Score every post by a ridge regression of the residuals on its vector, shape (n,).

    The penalty is the one that predicts blocks of time best from the others. Posts without a
    vector, and all where there is too little to learn from, get 0.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        NaN where there is none.
    time : array, shape (n,)
        Of each post, as a number.
    learned : Residuals
        What to learn from.
    """
    there = np.isfinite(vectors[:, 0])
    some = there[learned.rows]
    rows, y = learned.rows[some], learned.values[some]
    scores = np.zeros(len(vectors))
    if len(rows) < 2 * PARTS:
        return scores
    mean = vectors[rows].mean(axis=0, dtype=np.float64)
    x = vectors[rows] - mean
    part = np.empty(len(rows), dtype=np.int64)
    part[np.argsort(time[rows], kind="stable")] = np.arange(len(rows)) * PARTS // len(rows)
    errors = np.zeros(len(PENALTIES))
    for held in range(PARTS):
        learn, test = part != held, part == held
        for place, weights in enumerate(_ridge(x[learn], y[learn])):
            errors[place] += np.sum((y[test] - y[learn].mean() - x[test] @ weights) ** 2)
    best = _ridge(x, y)[int(np.argmin(errors))]
    scores[there] = (vectors[there] - mean) @ best
    return scores


def _ridge(x: Floats, y: Floats) -> list[Floats]:
    """Solve the regression for every penalty; the mean of `y` is left out."""
    values, directions = np.linalg.eigh(x.T @ x)
    along = directions.T @ (x.T @ (y - y.mean()))
    return [directions @ (along / (np.maximum(values, 0) + penalty)) for penalty in PENALTIES]


def own_kernel_scores(
    posts: Posts, vectors: Vectors, learned: Residuals, *, signal: float, noise: float, reach: float
) -> Floats:
    """Score every post by its account's own residuals: like posts of the account count most.

    Parameters
    ----------
    posts, vectors
        The posts, and their centred vectors of length 1.
    learned : Residuals
        What to learn from.
    signal, noise, reach : float
        Variance that content explains, variance of a single post, and length scale in 1 − cosine.

    Returns
    -------
    array, shape (n,)
        0 for accounts without residuals.
    """
    scores = np.zeros(len(posts))
    values = np.zeros(len(posts))
    values[learned.rows] = learned.values
    has = np.zeros(len(posts), dtype=bool)
    has[learned.rows] = True
    order = np.argsort(posts.account, kind="stable")
    for block in np.split(order, np.flatnonzero(np.diff(posts.account[order])) + 1):
        memory = block[has[block]][-MOST_REMEMBERED:]
        if not len(memory):
            continue
        alike = signal * np.exp((vectors[block] @ vectors[memory].T - 1) / reach)
        inside = np.searchsorted(block, memory)
        noisy = alike[inside].astype(np.float64) + noise * np.eye(len(memory))
        scores[block] = alike @ np.linalg.solve(noisy, values[memory] - values[memory].mean())
    return scores
