"""What share of the likes' variance goes with whom, when, how, about what, and which picture.

What groups of columns explain together is divided by Shapley's value (Lindeman, Merenda and
Gold, 1980), each of it measured on months that were not learned from: columns that explain
nothing get nothing.
"""

from itertools import combinations
from math import comb

import numpy as np

from heads.arrays import Floats, Indices, Mask
from heads.reports.regression import Regression

FOLDS = 5
RIDGE = 10.0
"""Posts whose worth each column is drawn towards 0 by."""

DRAWS = 300


def shares(
    regression: Regression, parts: dict[str, Indices], among: Mask, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Divide the variance of log1p counts among some posts.

    Parameters
    ----------
    regression : Regression
        All posts, which the columns' effects are learned from.
    parts : dict of arrays of int
        Columns by group.
    among : array, shape (n,), bool
        Posts whose variance is divided.
    seed : int
        Seed of the bootstrap over accounts and months.

    Returns
    -------
    dict
        For ``account``, each group and ``rest`` the share with its 95% interval. With one account
        among the posts, ``account`` is the movement of its level.
    """
    moved, smoother = regression.moved, regression.smoother
    risen = regression.y - smoother.means(regression.y)
    names = list(parts)
    subsets = [some for size in range(len(names) + 1) for some in combinations(names, size)]
    fold = _folds(regression.clusters, seed)
    scale = 1 / np.maximum(1 - smoother.share, 1e-3)
    losses = np.empty((len(regression.y), len(subsets)))
    for place, some in enumerate(subsets):
        columns = np.concatenate([np.empty(0, dtype=np.int64), *(parts[name] for name in some)])
        predicted = _held_out(moved[:, columns], risen, fold)
        losses[:, place] = ((risen - predicted) * scale) ** 2
    total = (regression.y - _centre(regression, among)) ** 2
    rows = np.flatnonzero(among & (smoother.share < 1 - 1e-9))
    clusters, number = np.unique(regression.clusters[rows], return_inverse=True)
    sums = np.zeros((len(clusters), len(subsets) + 1))
    np.add.at(sums, number, np.column_stack([losses[rows], total[rows]]))
    draws = np.random.default_rng(seed).multinomial(
        len(clusters), np.full(len(clusters), 1 / len(clusters)), DRAWS
    )
    value = _divide(sums.sum(axis=0), names, subsets)
    drawn = np.array([_divide(weights @ sums, names, subsets) for weights in draws])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    found = zip(["account", *names, "rest"], value, low, high, strict=True)
    return {name: (float(one), float(down), float(up)) for name, one, down, up in found}


def _folds(clusters: Indices, seed: int) -> Indices:
    """Put whole months of an account into one of the folds."""
    drawn = np.random.default_rng(seed).integers(FOLDS, size=clusters.max(initial=0) + 1)
    return np.asarray(drawn[clusters], dtype=np.int64)


def _held_out(x: Floats, y: Floats, fold: Indices) -> Floats:
    predicted = np.zeros(len(y))
    if not x.shape[1]:
        return predicted
    scale = np.sqrt((x**2).mean(axis=0))
    x = x / np.where(scale > 1e-9, scale, np.inf)
    products = [
        (x[fold == k].T @ x[fold == k], x[fold == k].T @ y[fold == k]) for k in range(FOLDS)
    ]
    gram, moment = sum(pair[0] for pair in products), sum(pair[1] for pair in products)
    for k, (own, mine) in enumerate(products):
        weights = np.linalg.solve(gram - own + RIDGE * np.eye(x.shape[1]), moment - mine)
        predicted[fold == k] = x[fold == k] @ weights
    return predicted


def _centre(regression: Regression, among: Mask) -> float:
    return float(regression.y[among].mean())


def _divide(sums: Floats, names: list[str], subsets: list[tuple[str, ...]]) -> list[float]:
    total = max(float(sums[-1]), 1e-12)
    explained = dict(zip(subsets, 1 - sums[:-1] / total, strict=True))
    found = [explained[()]]
    for name in names:
        others = [other for other in names if other != name]
        share = 0.0
        for size in range(len(others) + 1):
            for some in combinations(others, size):
                both = tuple(other for other in names if other in some or other == name)
                weight = 1 / (len(names) * comb(len(others), size))
                share += weight * (explained[both] - explained[some])
        found.append(share)
    return [*found, 1 - sum(found)]
