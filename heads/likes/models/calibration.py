"""From a prediction in log1p to counts: a median, a mean that adds up, and an interval.

Everything is learned from predictions of posts that the model had not learned from. The
interval is a conformal one (Lei et al., 2018): errors in units of the model's own spread,
their 5% and 95% points taken by predicted level.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from heads.arrays import Floats

BANDS = 5
MISS = 0.05
"""Share of posts below the interval, and above it."""


@dataclass(frozen=True)
class Calibration:
    """Knots over the predicted level.

    Attributes
    ----------
    level : tuple of float
        Mean predicted log1p of each band, rising.
    low, high : tuple of float
        Where the middle 90% of errors end, in units of the spread.
    ratio : tuple of float
        True over predicted total: what the mean is above expm1 of the prediction.
    """

    level: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ratio: tuple[float, ...]

    def interval(self, predicted: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Ends of the 90% interval in log1p, none below 0."""
        low = predicted + spread * np.interp(predicted, self.level, self.low)
        high = predicted + spread * np.interp(predicted, self.level, self.high)
        return np.maximum(low, 0), np.maximum(high, 0)

    def mean(self, predicted: Floats) -> Floats:
        """Expected count."""
        ratio: Floats = np.interp(predicted, self.level, self.ratio)
        return np.asarray(np.maximum(np.expm1(predicted), 0) * ratio)

    def to_json(self) -> dict[str, Any]:
        """The same as lists."""
        return {name: list(values) for name, values in asdict(self).items()}

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Calibration":
        """Read what `to_json` wrote."""
        return Calibration(**{name: tuple(values) for name, values in found.items()})


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
    error = (true - predicted) / spread
    # One above the sample's share: with n errors, the conformal quantile is a touch outside it.
    low = [_quantile(error[rows], MISS - 1 / (len(rows) + 1)) for rows in bands]
    high = [_quantile(error[rows], 1 - MISS + 1 / (len(rows) + 1)) for rows in bands]
    counts = np.maximum(np.expm1(predicted), 1e-9)
    ratio = [float(np.expm1(true[rows]).sum() / counts[rows].sum()) for rows in bands]
    level = [float(predicted[rows].mean()) for rows in bands]
    return Calibration(tuple(level), tuple(low), tuple(high), tuple(ratio))


def _quantile(values: Floats, share: float) -> float:
    return float(np.quantile(values, min(1.0, max(0.0, share))))
