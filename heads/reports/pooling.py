"""Effects of one account, pooled with those of the others; and which of many may be told."""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np

from heads.arrays import Floats, Mask

SPREADS = np.arange(0.0, 0.61, 0.02)
"""Standard deviations between accounts that are tried, log1p."""

PRIOR_SPREAD = 0.1
"""Scale of their half-normal prior: accounts differ by 10% or so in what an effect is worth."""

ALARM = 0.05
"""False discovery rate: so large a share of what is told may be chance."""


@dataclass(frozen=True)
class Pooled:
    """One effect, in log1p.

    Attributes
    ----------
    value, deviation : float
        Posterior mean and standard deviation.
    spread : float
        Posterior mean of the standard deviation between accounts.
    own : float
        Share of the value that is the account's own evidence, from 0 to 1.
    """

    value: float
    deviation: float
    spread: float
    own: float

    @property
    def chance(self) -> float:
        """Two-sided probability of so large an effect were there none."""
        return erfc(abs(self.value) / self.deviation / sqrt(2)) if self.deviation > 0 else 1.0


def pool(values: Floats, deviations: Floats, target: int | None) -> Pooled:
    """Draw one account's effect towards those of all, as far as they are alike.

    The normal hierarchical model with a flat mean and a half-normal spread, integrated on a grid
    of spreads (Gelman et al., Bayesian Data Analysis, 3rd ed., §5.4): unlike an estimate by
    moments it does not take accounts for equal where the data merely can't tell them apart.

    Parameters
    ----------
    values, deviations : arrays, shape (accounts,)
        Each account's own estimate and its standard error.
    target : int, optional
        Place of the account; None for one that has no estimate of its own.
    """
    if len(values) == 1 and target == 0:
        return Pooled(float(values[0]), float(deviations[0]), 0.0, 1.0)
    variance = deviations[:, None] ** 2 + SPREADS[None] ** 2
    weight = 1 / variance
    total = weight.sum(axis=0)
    centre = (weight * values[:, None]).sum(axis=0) / total
    log = (
        -0.5 * (SPREADS / PRIOR_SPREAD) ** 2
        - 0.5 * np.log(total)
        - 0.5 * np.log(variance).sum(axis=0)
        - 0.5 * (weight * (values[:, None] - centre) ** 2).sum(axis=0)
    )
    share = np.exp(log - log.max())
    share /= share.sum()
    if target is None:
        mean, spread = centre, 1 / total + SPREADS**2
        own = np.zeros(len(SPREADS))
    else:
        own = SPREADS**2 / variance[target]
        mean = own * values[target] + (1 - own) * centre
        spread = own * deviations[target] ** 2 + (1 - own) ** 2 / total
    value = float(share @ mean)
    deviation = sqrt(float(share @ (spread + (mean - value) ** 2)))
    return Pooled(value, deviation, float(share @ SPREADS), float(share @ own))


def discoveries(chances: Floats, rate: float = ALARM) -> Mask:
    """Choose what may be told, so that of it at most a share `rate` is expected to be chance.

    Benjamini and Hochberg (1995). NaN is never chosen, and does not count.
    """
    known = np.flatnonzero(np.isfinite(chances))
    order = known[np.argsort(chances[known], kind="stable")]
    passes = chances[order] <= rate * np.arange(1, len(order) + 1) / max(1, len(order))
    told = np.zeros(len(chances), dtype=bool)
    if passes.any():
        told[order[: np.flatnonzero(passes)[-1] + 1]] = True
    return told


def width_of(told: int, asked: int, rate: float = ALARM) -> float:
    """Compute standard deviations to either side of an effect that is told.

    Who picks `told` of `asked` intervals because they exclude 0 sees more of those that are off;
    made at 1 − rate · told / asked they cover as promised (Benjamini and Yekutieli, 2005).
    """
    return NormalDist().inv_cdf(1 - rate * max(1, told) / max(1, asked, told) / 2)
