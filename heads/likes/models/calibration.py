"""From a prediction in log1p to counts: a median, a mean that adds up, and an interval.

Everything is learned from predictions of posts that the model had not learned from. The
interval is a conformal one (Lei et al., 2018): errors in units of what may be expected of each
post, their 5% and 95% points taken by level of the prediction and by posts known of the account,
so that nine of ten hold in each band and not only on average (Vovk, 2012; Gibbs et al., 2023).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from heads.arrays import Floats, Indices

BANDS = 5
MISS = 0.05
"""Share of posts below the interval, and above it."""

FAR = 5.0
"""Ranges from the 5% to the 95% point of values, beyond which a value is taken as that far."""

LEAST_RANGE = 1.0
"""The least such range in log1p: where nearly all posts get equal counts, others still count."""

KNOWN = (0, 1, 3, 6, 21, 101)
"""Known posts of an account from which each band begins; the last has no end."""

AGES = (7.0, 60.0, 365.0)
"""Days since the account's latest known post at which uncertainty may bend."""

NEAREST = 0.1
"""Added to the size of an error before its logarithm is taken, log1p: counts are whole."""

OWN_POSTS = 5.0
"""Posts that the usual deviation of an account counts for beside its own."""

RIDGE = 10.0
"""Posts' worth of doubt that anything but the model's own spread says how large errors are."""

ROUNDS = 4
"""Rounds between ends by level and ends by posts known, after which they hardly move."""

FEW = 30
"""Posts for which a band's own end counts half."""

_KEYS = {"knots": "level"}
"""Fields that saved runs have under another name."""


@dataclass(frozen=True)
class Doubt:
    """What says how uncertain a prediction is; arrays of shape (n,).

    Attributes
    ----------
    spread : array
        The model's own uncertainty, > 0.
    known : array
        Labelled posts of the account that are looked at.
    deviation : array
        Standard deviation of their log1p labels; NaN where they are fewer than two.
    age : array
        Days since the latest of them; NaN where there is none.
    """

    spread: Floats
    known: Floats
    deviation: Floats
    age: Floats

    @staticmethod
    def alone(spread: Floats) -> "Doubt":
        """Return the doubt where nothing but the spread is known."""
        nothing = np.full(len(spread), np.nan)
        return Doubt(spread, np.zeros(len(spread)), nothing, nothing)

    def take(self, some: Indices) -> "Doubt":
        """Return that of some posts."""
        return Doubt(self.spread[some], self.known[some], self.deviation[some], self.age[some])

    def and_then(self, other: "Doubt") -> "Doubt":
        """Append that of further posts."""
        return Doubt(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("spread", "known", "deviation", "age")
            )
        )

    def band(self) -> Indices:
        """Number the band of posts known, from 0."""
        return np.asarray(np.searchsorted(KNOWN, np.nan_to_num(self.known), "right") - 1)


@dataclass(frozen=True)
class Calibration:
    """Calibration curves: their knots lie at the mean prediction of each band.

    Attributes
    ----------
    knots : tuple of float
        Mean predicted log1p of each band, rising.
    low, high : tuple of float
        Ends of the middle 90% of errors, in units of the expected size of an error.
    ratio : tuple of float
        True over predicted total, by which expm1 of a prediction is multiplied to get the mean.
    usual : float
        Usual deviation of an account, log1p.
    size : tuple of float
        Weights of `_features` in the logarithm of the expected size over the model's spread; empty
        in runs of version 0.2 and before, where the spread is that size.
    known_low, known_high : tuple of float
        What each band of posts known moves the ends by, in the same units.
    """

    knots: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ratio: tuple[float, ...]
    usual: float = 1.0
    size: tuple[float, ...] = ()
    known_low: tuple[float, ...] = (0.0,) * len(KNOWN)
    known_high: tuple[float, ...] = (0.0,) * len(KNOWN)

    def interval(self, predicted: Floats, doubt: Doubt) -> tuple[Floats, Floats]:
        """Compute the ends of the 90% interval in log1p, none below 0."""
        size = doubt.spread
        if self.size:
            features = _features(predicted, doubt, self.knots, self.usual)
            size = size * np.exp(features @ np.array(self.size))
        band = doubt.band()
        low = np.interp(predicted, self.knots, self.low) + np.array(self.known_low)[band]
        high = np.interp(predicted, self.knots, self.high) + np.array(self.known_high)[band]
        # An interval contains the prediction itself, also where a band's errors have one sign.
        return (
            np.maximum(predicted + size * np.minimum(low, 0), 0),
            np.maximum(predicted + size * np.maximum(high, 0), 0),
        )

    def mean(self, predicted: Floats) -> Floats:
        """Compute the expected count."""
        ratio: Floats = np.interp(predicted, self.knots, self.ratio)
        return np.asarray(np.maximum(np.expm1(predicted), 0) * ratio)

    def to_json(self) -> dict[str, Any]:
        """Return it as numbers and lists."""
        return {
            _KEYS.get(name, name): list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Calibration":
        """Read what `to_json` wrote, also of a version before."""
        names = {key: name for name, key in _KEYS.items()}
        values: dict[str, Any] = {
            names.get(key, key): tuple(value) if isinstance(value, list) else value
            for key, value in found.items()
        }
        return Calibration(**values)


def winsorise(values: Floats) -> Floats:
    """Move values that lie far outside all others to a limit, shape (n,).

    One absurd count, such as the largest integer of a broken export, then weighs no more than
    the most extreme of real ones; no error on real posts came near the limit.
    """
    low, high = (float(np.quantile(values, share)) for share in (MISS, 1 - MISS))
    reach = FAR * max(LEAST_RANGE, high - low)
    return np.clip(values, low - reach, high + reach)


def calibrate(
    true: Floats, predicted: Floats, doubt: Doubt, weight: Floats | None = None
) -> Calibration:
    """Learn the curves.

    Parameters
    ----------
    true, predicted : array, shape (n,)
        log1p of labels, and predictions by models that had not seen them.
    doubt : Doubt
        What says how uncertain each is.
    weight : array, shape (n,), optional
        How much each counts for intervals; all the same by default.
    """
    weight = np.ones(len(true)) if weight is None else weight / weight.mean()
    order = np.argsort(predicted, kind="stable")
    bands = np.array_split(order, min(BANDS, max(1, len(order) // 30)))
    knots = tuple(float(predicted[rows].mean()) for rows in bands)
    residual = winsorise(true - predicted)
    own = doubt.deviation[np.isfinite(doubt.deviation)]
    usual = max(NEAREST, float(np.median(own))) if len(own) else 1.0
    features = _features(predicted, doubt, knots, usual)
    relative = np.log(np.abs(residual) + NEAREST) - np.log(doubt.spread)
    penalty = RIDGE * np.eye(features.shape[1])
    weighed = features * weight[:, None]
    weights = np.linalg.solve(
        weighed.T @ features + penalty,
        weighed.T @ (relative - np.average(relative, weights=weight)),
    )
    error = residual / (doubt.spread * np.exp(features @ weights))
    known = [np.flatnonzero(doubt.band() == place) for place in range(len(KNOWN))]
    ends = _Ends(error, weight, predicted, knots, bands, known)
    (low, known_low), (high, known_high) = ends.find(MISS, -1), ends.find(1 - MISS, 1)
    counts = np.maximum(np.expm1(predicted), 1e-9)
    true = predicted + residual
    ratio = [float(np.expm1(true[rows]).sum() / counts[rows].sum()) for rows in bands]
    return Calibration(
        knots, low, high, tuple(ratio), usual, tuple(weights.tolist()), known_low, known_high
    )


def _features(predicted: Floats, doubt: Doubt, knots: tuple[float, ...], usual: float) -> Floats:
    """Compute what the size of an error goes with, shape (n, features).

    The level; the posts known; the model's spread; how far the account's own counts lie apart,
    shrunk to what is usual; and how old the latest of them is.
    """
    several = np.where(np.isfinite(doubt.deviation), np.nan_to_num(doubt.known), 0)
    own = np.nan_to_num(doubt.deviation) ** 2
    deviation = np.sqrt((several * own + OWN_POSTS * usual**2) / (several + OWN_POSTS))
    known, age = np.log1p(np.nan_to_num(doubt.known)), np.log1p(np.nan_to_num(doubt.age))
    return np.column_stack(
        [
            _hats(predicted, knots),
            _hats(known, np.log1p(KNOWN))[:, 1:],
            np.log(doubt.spread),
            np.log(deviation / usual),
            _hats(np.maximum(age, 0), np.log1p(AGES))[:, 1:],
        ]
    )


def _hats(values: Floats, knots: Any) -> Floats:
    """Compute weights of the two knots that each value lies between, shape (n, knots)."""
    return np.column_stack([np.interp(values, knots, row) for row in np.eye(len(knots))])


@dataclass(frozen=True)
class _Ends:
    """Errors whose ends are looked for.

    Attributes
    ----------
    error, weight : array, shape (n,)
        Errors in units of their expected size, and how much each counts.
    predicted, knots
        Predictions, and where the ends by level are placed.
    levels, known : list of array
        Rows of each band.
    """

    error: Floats
    weight: Floats
    predicted: Floats
    knots: tuple[float, ...]
    levels: list[Indices]
    known: list[Indices]

    def find(self, share: float, outwards: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Find ends by level and by posts known that add up (Hastie and Tibshirani, 1986).

        Parameters
        ----------
        share : float
            Share of errors below the end.
        outwards : {-1, 1}
            Direction in which the conformal quantile of m errors lies, 1 / (m + 1) outside.
        """
        of_level, of_known = np.zeros(len(self.levels)), np.zeros(len(self.known))
        moved = np.zeros(len(self.error))

        def end(errors: Floats, rows: Indices) -> float:
            return _quantile(errors[rows], self.weight[rows], share, outwards)

        for _ in range(ROUNDS):
            of_level = np.array([end(self.error - moved, rows) for rows in self.levels])
            left = self.error - np.interp(self.predicted, self.knots, of_level)
            for place, rows in enumerate(self.known):
                if len(rows):
                    many = _effective(self.weight[rows])
                    of_known[place] = many / (many + FEW) * end(left, rows)
                moved[rows] = of_known[place]
        return tuple(of_level.tolist()), tuple(of_known.tolist())


def _effective(weight: Floats) -> float:
    """Compute how many equal weights say as much (Kish, 1965)."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def _quantile(values: Floats, weight: Floats, share: float, outwards: int) -> float:
    """Compute the conformal quantile; a share outside [0, 1] is moved to its end."""
    wanted = share + outwards / (_effective(weight) + 1)
    order = np.argsort(values)
    # Each value lies in the middle of its weight; the ends are the outermost values.
    reached = np.cumsum(weight[order]) - weight[order] / 2
    span = max(reached[-1] - reached[0], 1e-12)
    return float(np.interp(wanted, (reached - reached[0]) / span, values[order]))
