"""Which of two posts did better: pairs of posts that differ in content and little else.

A pair is two posts of one account within a week, with different texts. Who posts, and how
many followers there are, is the same for both; a model that only knows the account is right in
half of them. Pure functions on arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heads import metrics
from heads.arrays import Floats, Indices, Mask, Times

WITHIN_DAYS = 7.0
"""Two posts of a pair are at most so far apart."""

MOST = 200
"""Pairs of one account, at most: a busy account must not decide for all."""

TYPICAL_LIKES = 10.0
"""Accounts whose median is lower are left out: their counts are mostly chance."""

RATIOS = (1.0, 1.5, 3.0)
"""Least ratio of the two counts, each plus one; 1 is all pairs."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of posts of one account.

    Attributes
    ----------
    first, second : arrays, shape (pairs,), int64
        Places of the two posts; the first is not the later one.
    """

    first: Indices
    second: Indices

    def __len__(self) -> int:
        return len(self.first)

    def difference(self, values: Floats) -> Floats:
        """Subtract the second post's value from the first's, shape (pairs,)."""
        return np.asarray(values[self.first] - values[self.second])

    def take(self, some: Mask | Indices) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.first[some], self.second[some])


def find_pairs(
    time: Times,
    account: Indices,
    texts: Sequence[str],
    *,
    days: float = WITHIN_DAYS,
    most: int = MOST,
    seed: int = 0,
) -> Pairs:
    """Find pairs of posts; labels play no part in it.

    Parameters
    ----------
    time, account : arrays, shape (n,)
        Of each post.
    texts : sequence of str
        Texts; two that differ only in case and spaces are the same.
    days : float
        Posts of a pair are at most so far apart.
    most : int
        Pairs of one account; where there are more, so many are drawn.
    seed : int
        Seed of the drawing.
    """
    key = [" ".join(text.lower().split()) for text in texts]
    random = np.random.default_rng(seed)
    order = np.lexsort((np.arange(len(time)), time, account))
    edges = np.flatnonzero(np.diff(account[order])) + 1
    first: list[int] = []
    second: list[int] = []
    for rows in np.split(order, edges):
        later = np.searchsorted(time[rows], time[rows] + _microseconds(days), "right")
        count = later - np.arange(1, len(rows) + 1)
        drawn = _drawn(int(count.sum()), most, random)
        start = np.searchsorted(np.cumsum(count), drawn, "right")
        end = start + 1 + drawn - (np.cumsum(count) - count)[start]
        kept = [
            (a, b)
            for a, b in zip(rows[start].tolist(), rows[end].tolist(), strict=True)
            if key[a] != key[b]
        ][:most]
        first += [a for a, _ in kept]
        second += [b for _, b in kept]
    return Pairs(np.array(first, dtype=np.int64), np.array(second, dtype=np.int64))


def _microseconds(days: float) -> np.timedelta64:
    return np.timedelta64(round(days * 86400e6), "us")


def _drawn(total: int, most: int, random: np.random.Generator) -> Indices:
    """Number pairs in random order: all of few, of many enough to leave some out again."""
    enough = 8 * most
    if total <= enough:
        return random.permutation(total)
    numbers = np.unique(random.integers(0, total, 2 * enough))
    return random.permutation(numbers)[:enough]


def agreement(true: Floats, predicted: Floats) -> Floats:
    """Score differences by their sign: 1 if both agree, 0 if not, a half if either is a tie."""
    right: Floats = 0.5 + 0.5 * np.sign(true) * np.sign(predicted)
    return right


def at_least(true: Floats, ratio: float) -> Mask:
    """Mark the differences of log1p counts that are at least so many times one another."""
    # A hair less: 3 likes are 3 + 1 against 1 + 1, and logarithms are rounded.
    return np.asarray(np.abs(true) >= np.log(ratio) - 1e-9)


def typical_enough(y: Floats, account: Indices, least: float = TYPICAL_LIKES) -> Mask:
    """Mark the posts of accounts whose median count is at least so many, shape (n,).

    Parameters
    ----------
    y : array, shape (n,)
        log1p of counts; NaN where one is not known.
    account : array, shape (n,), int64
        Of each post.
    """
    enough = np.zeros(len(y), dtype=bool)
    order = np.argsort(account, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(account[order])) + 1):
        known = y[rows][np.isfinite(y[rows])]
        enough[rows] = len(known) > 0 and np.median(known) >= np.log1p(least)
    return enough


def accuracy(
    true: Floats, predicted: Floats, account: Indices, *, ratios: Sequence[float] = RATIOS
) -> dict[float, metrics.Interval]:
    """Compute the share of pairs that a model orders rightly, with intervals by account.

    Parameters
    ----------
    true, predicted : arrays, shape (pairs,)
        Differences of log1p counts, and of predictions.
    account : array, shape (pairs,), int64
        Account of each pair.
    ratios : sequence of float
        Least ratios of the two counts, each scored for itself.

    Returns
    -------
    dict
        By ratio; NaN where no pair differs so much.
    """
    right = agreement(true, predicted)
    found = {}
    for ratio in ratios:
        some = np.flatnonzero(at_least(true, ratio))
        if not len(some):
            found[ratio] = metrics.without_interval(float("nan"))
            continue
        found[ratio] = _mean(right[some], account[some])
    return found


def accuracy_gain(
    true: Floats, reference: Floats, predicted: Floats, account: Indices
) -> metrics.Interval:
    """Compute by how much a model's accuracy exceeds another's, paired by account."""
    return _mean(agreement(true, predicted) - agreement(true, reference), account)


def _mean(values: Floats, account: Indices) -> metrics.Interval:
    """Compute a mean over pairs with its interval by account."""
    return metrics.cluster_bootstrap(account, lambda rows: {"mean": float(values[rows].mean())})[
        "mean"
    ]
