"""Metrics of predictions, and how sure they are: pure functions on arrays.

Truth and prediction are log1p of counts where a name begins with `log`, counts otherwise.
Intervals come from a cluster bootstrap: accounts are drawn with replacement, each with all
its posts, since posts of one account are not independent (Field and Welsh, 2007). With fewer
than `FEW_ACCOUNTS` accounts there is too little to draw from; blocks of consecutive posts are
drawn instead (Künsch, 1989), of random length: the stationary bootstrap of Politis and Romano
(1994).
"""

from collections.abc import Callable, Iterator

import numpy as np

from heads.arrays import Floats, Indices

Statistic = Callable[[Indices], dict[str, float]]
Interval = tuple[float, float, float]
"""An estimate with the 2.5% and 97.5% points of its bootstrap distribution."""

DRAWS = 300

FEW_ACCOUNTS = 10
"""With fewer accounts than this, blocks of time are resampled instead of accounts."""


def rmse(true: Floats, predicted: Floats) -> float:
    """Compute the root of the mean squared error."""
    return float(np.sqrt(np.mean((true - predicted) ** 2)))


def mae(true: Floats, predicted: Floats) -> float:
    """Compute the mean absolute error."""
    return float(np.mean(np.abs(true - predicted)))


def median_error(true: Floats, predicted: Floats) -> float:
    """Compute the median absolute error."""
    return float(np.median(np.abs(true - predicted)))


def r2(true: Floats, predicted: Floats) -> float:
    """Compute the share of the variance explained; NaN where the truth does not vary."""
    total = float(np.sum((true - true.mean()) ** 2))
    return 1 - float(np.sum((true - predicted) ** 2)) / total if total > 0 else float("nan")


def ranks(values: Floats) -> Floats:
    """Rank values from 0, ties sharing their mean rank, shape (n,)."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    shared: Floats = np.cumsum(count) - (count + 1) / 2
    return shared[inverse]


def spearman(true: Floats, predicted: Floats) -> float:
    """Compute the correlation of ranks; NaN where one side does not vary."""
    a, b = ranks(true), ranks(predicted)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.sum(a * b)) / scale if scale > 0 else float("nan")


def total_ratio(true: Floats, predicted: Floats) -> float:
    """Divide the predicted total by the true one; NaN where that is 0."""
    total = float(np.sum(true))
    return float(np.sum(predicted)) / total if total > 0 else float("nan")


def coverage(true: Floats, low: Floats, high: Floats) -> float:
    """Compute the share of the truth inside its interval, ends included."""
    return float(np.mean((true >= low) & (true <= high)))


def interval_score(true: Floats, low: Floats, high: Floats, *, miss: float = 0.1) -> float:
    """Compute the mean interval score (Gneiting and Raftery, 2007): width and misses in one.

    Parameters
    ----------
    true, low, high : arrays, shape (n,)
        The truth, and the ends of its intervals.
    miss : float
        Share of the truth that intervals are meant to miss.
    """
    beyond = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    return float(np.mean(high - low + 2 / miss * beyond))


def calibration_error(probability: Floats, outcome: Floats, *, bins: int = 10) -> float:
    """Compute the expected calibration error (Naeini et al., 2015), in equal bins.

    Parameters
    ----------
    probability, outcome : arrays, shape (n,)
        Predicted probabilities, and what happened: 1, 0, or a half for a tie.
    bins : int
        Bins of the probability between 0 and 1.
    """
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, probability - outcome, minlength=bins)
    return float(np.abs(gaps).sum() / len(probability))


def point_metrics(log_true: Floats, log_predicted: Floats) -> dict[str, float]:
    """Compute the point metrics of a prediction, all from log1p values."""
    true, predicted = np.expm1(log_true), np.expm1(log_predicted)
    return {
        "log_rmse": rmse(log_true, log_predicted),
        "log_mae": mae(log_true, log_predicted),
        "log_r2": r2(log_true, log_predicted),
        "spearman": spearman(log_true, log_predicted),
        "mae": mae(true, predicted),
        "median_error": median_error(true, predicted),
        "r2": r2(true, predicted),
        "total_ratio": total_ratio(true, predicted),
    }


def cluster_bootstrap(
    cluster: Indices, statistic: Statistic, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval]:
    """Compute statistics with their 95% bootstrap intervals.

    Parameters
    ----------
    cluster : array, shape (n,), int64
        The account of each row; the rows are in the order of time.
    statistic : callable
        Takes rows (with repeats) and gives named values.
    draws : int
        Resamples.
    seed : int
        Of the resampling: the same accounts are drawn for every model, so that intervals
        of differences are paired.

    Returns
    -------
    dict
        Name to (estimate, low, high). A single row has no interval: its ends are NaN.
    """
    random = np.random.default_rng(seed)
    point = statistic(np.arange(len(cluster)))
    if len(cluster) < 2:
        return {name: without_interval(value) for name, value in point.items()}
    resample = _blocks_of_time if in_blocks(cluster) else _whole_accounts
    drawn: dict[str, list[float]] = {name: [] for name in point}
    for rows in resample(cluster, draws, random):
        for name, value in statistic(rows).items():
            drawn[name].append(value)
    result: dict[str, Interval] = {}
    for name, values in drawn.items():
        finite = np.array([value for value in values if np.isfinite(value)])
        low, high = np.quantile(finite, [0.025, 0.975]) if len(finite) else (np.nan, np.nan)
        result[name] = (point[name], float(low), float(high))
    return result


def in_blocks(cluster: Indices) -> bool:
    """Tell whether intervals of these rows come from blocks of time: accounts are few."""
    return len(np.unique(cluster)) < FEW_ACCOUNTS


def resampling(cluster: Indices) -> str:
    """Name what `cluster_bootstrap` draws for these rows, for a report."""
    return (
        f"blocks of time (fewer than {FEW_ACCOUNTS} accounts)" if in_blocks(cluster) else "account"
    )


def _whole_accounts(cluster: Indices, draws: int, random: np.random.Generator) -> Iterator[Indices]:
    """Yield rows of accounts drawn with replacement, each with all its rows."""
    order = np.argsort(cluster, kind="stable")
    names, start, size = np.unique(cluster[order], return_index=True, return_counts=True)
    for _ in range(draws):
        chosen = random.integers(0, len(names), len(names))
        sizes = size[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield order[np.repeat(start[chosen], sizes) + within]


def _blocks_of_time(cluster: Indices, draws: int, random: np.random.Generator) -> Iterator[Indices]:
    """Yield rows in blocks of geometric length, n^(1/3) on average, that wrap at the end."""
    n = len(cluster)
    place = np.arange(n)
    for _ in range(draws):
        begins = random.random(n) < n ** (-1 / 3)
        begins[0] = True
        block = np.maximum.accumulate(np.where(begins, place, 0))
        yield (random.integers(0, n, n)[block] + place - block) % n


def defined(values: Interval) -> tuple[float | None, float | None, float | None]:
    """Replace each number that is not finite with None, as JSON has it."""
    value, low, high = (number if np.isfinite(number) else None for number in values)
    return value, low, high


def as_row(values: Interval) -> dict[str, float | None]:
    """Name the numbers of an interval: value, low, high; None where one is not defined."""
    return dict(zip(("value", "low", "high"), defined(values), strict=True))


def without_interval(value: float) -> Interval:
    """Return a number that has no interval in the form of one that has."""
    return value, float("nan"), float("nan")


def with_intervals(
    log_true: Floats, log_predicted: Floats, account: Indices, *, draws: int = DRAWS
) -> dict[str, Interval]:
    """Compute `point_metrics` with the intervals of `cluster_bootstrap`."""
    return cluster_bootstrap(
        account, lambda rows: point_metrics(log_true[rows], log_predicted[rows]), draws=draws
    )


def paired_gain(
    log_true: Floats, reference: Floats, predicted: Floats, account: Indices, *, draws: int = DRAWS
) -> Interval:
    """Compute by how much `predicted` lowers the log1p RMSE of `reference`: positive is better.

    Both are scored on the same resamples, so that what is common to them cancels.
    """

    def gain(rows: Indices) -> dict[str, float]:
        true = log_true[rows]
        return {"gain": rmse(true, reference[rows]) - rmse(true, predicted[rows])}

    return cluster_bootstrap(account, gain, draws=draws)["gain"]


def without_largest(true: Floats, account: Indices) -> Indices:
    """Drop each account's largest post; accounts with one post are left out."""
    order = np.lexsort((true, account))
    last = np.append(np.flatnonzero(np.diff(account[order])), len(order) - 1)
    keep = np.ones(len(order), dtype=bool)
    keep[last] = False
    return np.sort(order[keep])


def interval_metrics(
    log_true: Floats, log_low: Floats, log_high: Floats, predicted: Floats, *, bands: int = 5
) -> list[dict[str, float]]:
    """Measure coverage and width of intervals, overall and by equal bands of the prediction.

    Returns
    -------
    list of dict
        ``band`` (0 for all, then 1 for the lowest), ``posts``, ``level`` (mean of the
        predictions, log1p), ``coverage``, ``width`` (mean, log1p).
    """
    order = np.argsort(np.argsort(predicted, kind="stable"), kind="stable")
    place = order * bands // len(predicted) + 1
    rows = []
    for band in range(bands + 1):
        inside = place == band if band else np.ones(len(predicted), dtype=bool)
        if inside.any():
            rows.append(
                {
                    "band": float(band),
                    "posts": float(inside.sum()),
                    "level": float(predicted[inside].mean()),
                    "coverage": coverage(log_true[inside], log_low[inside], log_high[inside]),
                    "width": float(np.mean(log_high[inside] - log_low[inside])),
                }
            )
    return rows
