"""From a prediction in log1p to counts: a median, a mean that adds up, and an interval.

Everything is learned from predictions of posts that the model had not learned from. The
interval is a conformal one (Lei et al., 2018): errors in units of the model's own spread,
their 5% and 95% points taken by bands of the prediction.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from heads.arrays import Floats

BANDS = 5
MISS = 0.05
"""Share of posts below the interval, and above it."""

FAR = 5.0
"""Ranges from the 5% to the 95% point of values, beyond which a value is taken as that far."""

LEAST_RANGE = 1.0
"""The least such range in log1p: where nearly all posts get equal counts, others still count."""

_KEYS = {"knots": "level"}
"""Fields that saved runs have under another name."""


@dataclass(frozen=True)
class Calibration:
    """Calibration curves: their knots lie at the mean prediction of each band.

    Attributes
    ----------
    knots : tuple of float
        Mean predicted log1p of each band, rising.
    low, high : tuple of float
        Ends of the middle 90% of errors, in units of the spread.
    ratio : tuple of float
        True over predicted total, by which expm1 of a prediction is multiplied to get the mean.
    """

    knots: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ratio: tuple[float, ...]

    def interval(self, predicted: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Compute the ends of the 90% interval in log1p, none below 0."""
        low = predicted + spread * np.interp(predicted, self.knots, self.low)
        high = predicted + spread * np.interp(predicted, self.knots, self.high)
        return np.maximum(low, 0), np.maximum(high, 0)

    def mean(self, predicted: Floats) -> Floats:
        """Compute the expected count."""
        ratio: Floats = np.interp(predicted, self.knots, self.ratio)
        return np.asarray(np.maximum(np.expm1(predicted), 0) * ratio)

    def to_json(self) -> dict[str, Any]:
        """Return it as lists."""
        return {_KEYS.get(name, name): list(values) for name, values in asdict(self).items()}

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Calibration":
        """Read what `to_json` wrote."""
        return Calibration(*(tuple(found[name]) for name in ("level", "low", "high", "ratio")))


def winsorise(values: Floats) -> Floats:
    """Move values that lie far outside all others to a limit, shape (n,).

    One absurd count, such as the largest integer of a broken export, then weighs no more than
    the most extreme of real ones; no error on real posts came near the limit.
    """
    low, high = (float(np.quantile(values, share)) for share in (MISS, 1 - MISS))
    reach = FAR * max(LEAST_RANGE, high - low)
    return np.clip(values, low - reach, high + reach)


def calibrate(true: Floats, predicted: Floats, spread: Floats) -> Calibration:
    """Learn the knots.

    Parameters
    ----------
    true, predicted : array, shape (n,)
        log1p of labels, and predictions by models that had not seen them.
    spread : array, shape (n,)
        The model's own uncertainty of each, > 0.
    """
    order = np.argsort(predicted, kind="stable")
    bands = np.array_split(order, min(BANDS, max(1, len(order) // 30)))
    residual = winsorise(true - predicted)
    error = residual / spread
    # The conformal quantile of n errors lies 1 / (n + 1) outside the sample's own.
    # An interval contains the prediction itself, also where a band's errors have one sign.
    low = [min(0.0, _quantile(error[rows], MISS - 1 / (len(rows) + 1))) for rows in bands]
    high = [max(0.0, _quantile(error[rows], 1 - MISS + 1 / (len(rows) + 1))) for rows in bands]
    counts = np.maximum(np.expm1(predicted), 1e-9)
    true = predicted + residual
    ratio = [float(np.expm1(true[rows]).sum() / counts[rows].sum()) for rows in bands]
    knots = [float(predicted[rows].mean()) for rows in bands]
    return Calibration(tuple(knots), tuple(low), tuple(high), tuple(ratio))


def _quantile(values: Floats, share: float) -> float:
    """Compute a quantile; a share outside [0, 1] is moved to its end."""
    return float(np.quantile(values, min(1.0, max(0.0, share))))
