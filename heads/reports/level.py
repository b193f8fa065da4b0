"""The level of an account over time: what its posts usually get, seen from both sides.

A report describes the past, so that the level at a post may rest on later posts too; a head,
which predicts, may not (`heads.data.history`). Seen from one side only, a level lags behind an
account that grows, and every effect would have to carry that lag.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heads.arrays import Floats, Indices, Mask

REACHES = (30.0, 60.0, 120.0, 240.0, 480.0, 2000.0)
"""Reaches that are tried, in days: after one of them a post counts for a third."""

ABOUT = 1.005
"""A reach whose error is larger by less than this is as good: the luck of a few posts."""


@dataclass(frozen=True)
class Smoother:
    """Means over time within groups, with weights that fall exponentially on both sides.

    Attributes
    ----------
    group : array, shape (n,), int64
        Group of each row; rows are in the order of time within a group.
    days : array, shape (n,), float64
        Time of each row.
    reach : float
        Days after which a weight has fallen to 1/e.
    """

    group: Indices
    days: Floats
    reach: float

    def sums(self, values: Floats, reach: float | None = None) -> Floats:
        """Add up the values around each row by their weights; its own weight is 1.

        Parameters
        ----------
        values : array, shape (n,) or (n, columns)
            What is added up.
        reach : float, optional
            Another reach.
        """
        order = np.lexsort((self.days, self.group))
        apart = np.diff(self.days[order], prepend=0.0)
        apart[np.diff(self.group[order], prepend=-1) != 0] = np.inf
        kept = np.exp(-apart / (reach or self.reach))
        ordered = values[order].astype(np.float64)
        before, after = ordered.copy(), ordered.copy()
        for row in range(1, len(order)):
            if kept[row]:
                before[row] += kept[row] * before[row - 1]
        for row in range(len(order) - 2, -1, -1):
            if kept[row + 1]:
                after[row] += kept[row + 1] * after[row + 1]
        found = np.empty_like(ordered)
        found[order] = before + after - ordered
        return found

    @cached_property
    def share(self) -> Floats:
        """Share that each row has in its own mean, shape (n,)."""
        return np.asarray(1 / self.sums(np.ones(len(self.days))))

    def means(self, values: Floats) -> Floats:
        """Compute the weighted mean around each row, of the shape of the values."""
        share = self.share if values.ndim == 1 else self.share[:, None]
        return np.asarray(self.sums(values) * share)

    def kept_variance(self) -> Floats:
        """Compute the share of an independent error's variance that is left after the mean is
        taken off, shape (n,): 1 − 2 w + Σ w².
        """  # noqa: D205
        squares = self.sums(np.ones(len(self.days)), self.reach / 2) * self.share**2
        return np.asarray(np.maximum(0.0, 1 - 2 * self.share + squares))

    def without_own(self, values: Floats) -> Floats:
        """Compute the mean around each row without the row itself; NaN for a row alone."""
        share = self.share
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (self.means(values) - share * values) / (1 - share)
        return np.where(share < 1 - 1e-9, found, np.nan)

    def at(self, group: int, days: Floats, values: Floats) -> Floats:
        """Compute one group's mean at other times, shape (times,); NaN without rows."""
        rows = np.flatnonzero(self.group == group)
        apart = np.abs(days[:, None] - self.days[rows][None]) / self.reach
        nearest = apart.min(axis=1, keepdims=True) if len(rows) else apart
        weight = np.exp(nearest - apart) if len(rows) else apart
        with np.errstate(invalid="ignore"):
            return np.asarray(weight @ values[rows] / weight.sum(axis=1))


def choose_smoother(group: Indices, days: Floats, values: Floats) -> Smoother:
    """Choose the longest reach whose mean of the other posts comes about nearest to each post.

    Parameters
    ----------
    group, days, values : arrays, shape (n,)
        Account, time and log1p count of each post.
    """
    errors = []
    for reach in REACHES:
        left = values - Smoother(group, days, reach).without_own(values)
        errors.append(float(np.nanmean(left**2)) if np.isfinite(left).any() else 0.0)
    best = max(k for k, error in enumerate(errors) if error <= min(errors) * ABOUT)
    return Smoother(group, days, REACHES[best])


def some_beside(group: Indices, fewest: int) -> Mask:
    """Mark the rows whose group has at least so many, shape (n,)."""
    _, number, count = np.unique(group, return_inverse=True, return_counts=True)
    found: Mask = count[number] >= fewest
    return found
