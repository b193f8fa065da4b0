"""Effects of one account, pooled with those of the others; and which of many may be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np

from heads.arrays import Floats, Mask

SPREADS = np.arange(0.0, 0.61, 0.02)
"""Standard deviations between accounts that are tried, log1p."""

SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Scales of their half-normal prior that are weighed: how much accounts differ is learned."""

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
    centre, centre_deviation : float
        Posterior mean and standard deviation of the mean over accounts.
    """

    value: float
    deviation: float
    spread: float
    own: float
    centre: float
    centre_deviation: float


def two_sided(value: float, deviation: float) -> float:
    """Compute the probability of so large a value were there nothing."""
    return erfc(abs(value) / deviation / sqrt(2)) if deviation > 0 else 1.0


@dataclass(frozen=True)
class Slopes:
    """What each account's posts say of an effect by themselves.

    Attributes
    ----------
    values, deviations : arrays, shape (accounts,)
        Estimates and their standard errors, log1p.
    target : int, optional
        Place of the account that is asked about; None where its posts say nothing.
    """

    values: Floats
    deviations: Floats
    target: int | None

    def centres(self) -> tuple[Floats, Floats]:
        """Compute the mean over accounts and its variance at each spread."""
        weight = 1 / (self.deviations[:, None] ** 2 + SPREADS[None] ** 2)
        total = weight.sum(axis=0)
        return (weight * self.values[:, None]).sum(axis=0) / total, 1 / total

    def likelihood(self) -> Floats:
        """Compute the logarithm of the likelihood of each spread, the mean integrated out."""
        variance = self.deviations[:, None] ** 2 + SPREADS[None] ** 2
        centre, around = self.centres()
        apart = ((self.values[:, None] - centre) ** 2 / variance).sum(axis=0)
        found: Floats = 0.5 * (np.log(around) - np.log(variance).sum(axis=0) - apart)
        return found


def learn_prior(slopes: Sequence[Slopes], independent: int) -> Floats:
    """Learn from all kinds of a question how much accounts differ in it.

    Each scale of a half-normal prior counts by how likely it makes the slopes.

    Parameters
    ----------
    slopes : sequence of Slopes
        Of each kind.
    independent : int
        How many of the kinds are independent: of three, two.

    Returns
    -------
    array, shape (spreads,)
        Prior weight of each spread; they add up to 1.
    """
    priors = np.exp(-0.5 * (SPREADS[None] / np.array(SCALES)[:, None]) ** 2)
    priors /= priors.sum(axis=1, keepdims=True)
    log = np.zeros(len(SCALES))
    for one in slopes:
        likelihood = one.likelihood()
        log += np.log(priors @ np.exp(likelihood - likelihood.max()))
    log *= min(1.0, independent / max(1, len(slopes)))
    weight = np.exp(log - log.max())
    return np.asarray(weight @ priors / weight.sum())


def pool(slopes: Slopes, prior: Floats) -> Pooled:
    """Draw one account's effect towards those of all, as far as they are alike.

    The normal hierarchical model with a flat mean, integrated on a grid of spreads (Gelman et al.,
    Bayesian Data Analysis, 3rd ed., §5.4): unlike an estimate by moments it does not take
    accounts for equal where the data merely can't tell them apart.

    Parameters
    ----------
    slopes : Slopes
        What each account's posts say by themselves.
    prior : array, shape (spreads,)
        From `learn_prior`.
    """
    target = slopes.target
    if len(slopes.values) == 1 and target == 0:
        value, deviation = float(slopes.values[0]), float(slopes.deviations[0])
        return Pooled(value, deviation, 0.0, 1.0, value, deviation)
    centre, around = slopes.centres()
    log = np.log(prior) + slopes.likelihood()
    share = np.exp(log - log.max())
    share /= share.sum()
    if target is None:
        own = np.zeros(len(SPREADS))
        mean, variance = centre, around + SPREADS**2
    else:
        alone = slopes.deviations[target] ** 2
        own = SPREADS**2 / (alone + SPREADS**2)
        mean = own * slopes.values[target] + (1 - own) * centre
        variance = own * alone + (1 - own) ** 2 * around
    value, middle = float(share @ mean), float(share @ centre)
    return Pooled(
        value,
        sqrt(float(share @ (variance + (mean - value) ** 2))),
        float(share @ SPREADS),
        float(share @ own),
        middle,
        sqrt(float(share @ (around + (centre - middle) ** 2))),
    )


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
