"""How sure it is that one draft does better than another, learned from pairs of real posts.

Errors of two drafts of one account at one time are mostly the same error: what the account
will get that day. Only what is left in their difference says which is better, so that chances
are learned from differences: predictions of two posts as if made at one moment, by models that
had not seen either, against which of them did better (a probit regression; Bliss, 1934).
"""

from dataclasses import asdict, dataclass
from math import erf, sqrt
from typing import Any

import numpy as np

from heads.arrays import Floats, Indices
from heads.likes.pairs import agreement

BANDS = 4
"""Bands of level, each with a steepness of its own."""

FEWEST_PAIRS = 40
"""Pairs of a band, at least; with fewer pairs there are fewer bands."""

HALVES = (0.15, 0.3, 0.6, 1.2, 2.4)
"""Differences at which the steepness has halved that are tried, log1p."""

STEEPNESSES = tuple(float(value) for value in np.geomspace(0.02, 8, 60))
"""Steepnesses that are tried."""

POOLING = 0.4
"""Standard deviation of a band's steepness around that of all, in logarithms."""

POINTS = 41
"""Points at which a probability over several drafts is integrated."""


@dataclass(frozen=True)
class Differences:
    """From predictions of drafts to the chances of each.

    Attributes
    ----------
    half : float
        Distance from the drafts' mean, log1p, at which a further difference counts half: large
        predicted differences come true less than in proportion.
    knots : tuple of float
        Mean predicted log1p of each band of level, rising.
    steepness : tuple of float
        Standard deviations of chance that a difference of 1 in log1p is worth, in each band.
    pairs : int
        Pairs it was learned from.
    """

    half: float
    knots: tuple[float, ...]
    steepness: tuple[float, ...]
    pairs: int

    def beats(self, first: Floats, second: Floats) -> Floats:
        """Compute the probability that the first does better than the second, by pair."""
        mean = (first + second) / 2
        return _normal(self._worth(first - mean, mean) - self._worth(second - mean, mean))

    def among(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Compute for each of several drafts the chance that it is best, and for every two.

        Parameters
        ----------
        predicted : array, shape (n,)
            Predictions in log1p for one account and moment.

        Returns
        -------
        best : array, shape (n,)
            Probability of being the best of all; they add up to 1.
        beats : array, shape (n, n)
            Probability that the draft of the row does better than that of the column.
        """
        level = np.full(len(predicted), predicted.mean())
        worth = self._worth(predicted - level, level)
        beats = _normal(worth[:, None] - worth[None])
        # Chance has variance 1 in a difference, and so 1/2 in each draft.
        points, weights = np.polynomial.hermite.hermgauss(POINTS)
        reached = worth[:, None] + points[None]
        below = _normal((reached[:, None] - worth[None, :, None]) * sqrt(2))
        others = np.ones((len(worth), POINTS))
        for other in range(len(worth)):
            factor = below[:, other].copy()
            factor[other] = 1
            others *= factor
        best = others @ weights
        return np.asarray(best / best.sum()), beats

    def _worth(self, distance: Floats, level: Floats) -> Floats:
        steepness = np.interp(level, self.knots, self.steepness)
        return np.asarray(steepness * _saturated(distance, self.half))

    def to_json(self) -> dict[str, Any]:
        """Return it as numbers and lists."""
        return asdict(self)

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Differences":
        """Read what `to_json` returned."""
        return Differences(
            found["half"], tuple(found["knots"]), tuple(found["steepness"]), found["pairs"]
        )


def learn_differences(
    first: Floats, second: Floats, true: Floats, account: Indices
) -> Differences | None:
    """Learn chances from held-out pairs; None where there are too few.

    Parameters
    ----------
    first, second : arrays, shape (pairs,)
        Predictions of both posts as if made at one moment, log1p.
    true : array, shape (pairs,)
        The first's log1p label less the second's; a tie counts half.
    account : array, shape (pairs,), int64
        Account of each pair; an account counts by the root of its pairs, since they share posts.
    """
    if len(true) < FEWEST_PAIRS:
        return None
    level, gap = (first + second) / 2, (first - second) / 2
    won = agreement(np.ones(len(true)), true)
    _, number, count = np.unique(account, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(count[number])
    tried = [_losses(_saturated(gap, half), won, weight) for half in HALVES]
    best = int(np.argmin([losses.min() for losses in tried]))
    common = float(STEEPNESSES[int(np.argmin(tried[best]))])
    bands = np.array_split(
        np.argsort(level, kind="stable"), max(1, min(BANDS, len(true) // FEWEST_PAIRS))
    )
    moved = _saturated(gap, HALVES[best])
    prior = (np.log(STEEPNESSES) - np.log(common)) ** 2 / (2 * POOLING**2)
    steepness = [
        STEEPNESSES[int(np.argmin(_losses(moved[rows], won[rows], weight[rows]) + prior))]
        for rows in bands
    ]
    knots = [float(level[rows].mean()) for rows in bands]
    return Differences(HALVES[best], tuple(knots), tuple(steepness), len(true))


def _losses(moved: Floats, won: Floats, weight: Floats) -> Floats:
    """Compute the negative log likelihood under each steepness that is tried."""
    chance = np.clip(_normal(2 * np.outer(STEEPNESSES, moved)), 1e-6, 1 - 1e-6)
    found: Floats = -(np.log(chance) @ (won * weight) + np.log(1 - chance) @ ((1 - won) * weight))
    return found


def _saturated(distance: Floats, half: float) -> Floats:
    """Let large distances count less than in proportion."""
    return np.asarray(distance / (1 + np.abs(distance) / half))


def _normal(values: Floats) -> Floats:
    """Compute the normal distribution function."""
    return np.asarray(0.5 * (1 + np.vectorize(erf, otypes=[np.float64])(values / sqrt(2))))
