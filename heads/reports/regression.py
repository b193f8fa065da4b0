"""Effects on likes beside the account's level: a partially linear model, pooled over accounts.

log1p(likes) = level of the account at that time + effects + chance. The level is smoothed off
both sides of the equation (Robinson, 1988), so that a level that moves is no effect of anything
that moves with it. Errors are robust against posts of one account that do well together within
four weeks (Liang and Zeger, 1986).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heads.arrays import Floats, Indices
from heads.reports.level import Smoother
from heads.reports.pooling import Slopes

BLOCK_DAYS = 28.0
"""Posts of one account within so many days may do well or badly together."""

OWN_VARIANCE = 10.0
"""Posts that the variance of all counts for in an account's own."""

FEWEST_CLUSTERS = 20
"""Accounts times months that an interval rests on, at least."""

SMALL = 1e-9


@dataclass(frozen=True)
class Regression:
    """A fitted model.

    Attributes
    ----------
    smoother : Smoother
        Accounts, times and how far the level reaches.
    y, x : arrays, shape (n,) and (n, columns)
        log1p counts, and what the posts are.
    group : array, shape (n,), int64
        What effects may differ by: the account, or its company.
    """

    smoother: Smoother
    y: Floats
    x: Floats
    group: Indices

    @cached_property
    def moved(self) -> Floats:
        """Columns less their level, shape (n, columns)."""
        return np.asarray(self.x - self.smoother.means(self.x))

    @cached_property
    def products(self) -> Floats:
        """Products of the columns with each other, shape (columns, columns)."""
        return np.asarray(self.moved.T @ self.moved)

    @cached_property
    def inverse(self) -> Floats:
        """Pseudo-inverse of the products: columns may say the same, as the days of a week do."""
        return np.asarray(np.linalg.pinv(self.products, rcond=1e-9, hermitian=True))

    @cached_property
    def weights(self) -> Floats:
        """Effects of all columns, shape (columns,)."""
        risen = self.y - self.smoother.means(self.y)
        return np.asarray(self.inverse @ (self.moved.T @ risen))

    @cached_property
    def level(self) -> Floats:
        """Level of the account at each post without the effects, shape (n,)."""
        return np.asarray(self.smoother.means(self.y - self.x @ self.weights))

    @cached_property
    def expected(self) -> Floats:
        """log1p count to expect of each post: the other posts' level and its own effects."""
        return np.asarray(
            self.smoother.without_own(self.y - self.x @ self.weights) + self.x @ self.weights
        )

    @cached_property
    def left(self) -> Floats:
        """What neither level nor effects explain, shape (n,)."""
        return np.asarray(self.y - self.level - self.x @ self.weights)

    @cached_property
    def errors(self) -> Floats:
        """What is left, scaled up by what the level took of it, shape (n,)."""
        kept = self.smoother.kept_variance()
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = self.left / np.sqrt(kept)
        lost = len(self.y) - int(np.linalg.matrix_rank(self.inverse))
        scaled[kept <= SMALL] = 0.0
        return np.asarray(scaled * np.sqrt(len(self.y) / max(1, lost)))

    @cached_property
    def clusters(self) -> Indices:
        """Account and four weeks of each post, numbered, shape (n,)."""
        block = np.floor(self.smoother.days / BLOCK_DAYS).astype(np.int64)
        _, number = np.unique(
            np.column_stack([self.smoother.group, block]), axis=0, return_inverse=True
        )
        return np.asarray(number.reshape(-1), dtype=np.int64)

    @cached_property
    def variance(self) -> Floats:
        """Variance of the errors of each group, shape (groups,)."""
        count = np.bincount(self.group)
        overall = float(np.mean(self.errors**2))
        own = np.bincount(self.group, self.errors**2)
        return np.asarray((own + OWN_VARIANCE * overall) / (count + OWN_VARIANCE))

    def slopes(self, contrast: Floats, target: int) -> Slopes | None:
        """Estimate a linear combination of the columns' effects for each group.

        Each group's own slope along the contrast is one step from that of all (the score of a
        random slope); `heads.reports.pooling` draws it towards the others.

        Parameters
        ----------
        contrast : array, shape (columns,)
            Weights of the columns.
        target : int
            The group that is asked about.

        Returns
        -------
        Slopes or None
            None where the posts can't tell: no posts differ that way, or in too few months.
        """
        solved = self.inverse @ contrast
        known = self.products @ solved
        size = float(np.linalg.norm(contrast))
        if size < SMALL or np.linalg.norm(known - contrast) > 1e-4 * size:
            return None
        # The part of each post that only this contrast explains (Frisch and Waugh, 1933).
        along = self.moved @ solved / float(contrast @ solved)
        squares = along**2
        total = float(squares.sum())
        score = along * self.errors
        by_cluster = np.bincount(self.clusters, score)
        evidence = np.bincount(self.clusters, squares)
        # As many months as count, were they equal (Kish, 1965).
        if evidence.sum() ** 2 < FEWEST_CLUSTERS * (evidence**2).sum():
            return None
        robust = float((by_cluster**2).sum())
        plain = float((squares * self.errors**2).sum())
        # Posts that do well together count for fewer; never for more than they are.
        inflated = max(1.0, robust / max(plain, SMALL**2))
        sums = np.bincount(self.group, squares, minlength=len(self.variance))
        some = np.flatnonzero(sums > 1e-6 * total)
        value = float(contrast @ self.weights)
        slopes = value + (
            np.bincount(self.group, along * self.left, minlength=len(sums))[some] / sums[some]
        )
        deviations = np.sqrt(inflated * self.variance[some] / sums[some])
        place = np.flatnonzero(some == target)
        return Slopes(slopes, deviations, int(place[0]) if len(place) else None)
