"""One head: fitted on a fold, and asked for predictions."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heads.features import Material
from heads.history import View
from heads.leaks import refuse_leaks
from heads.likes import design as designs
from heads.likes import gbm
from heads.likes.calibration import Calibration, calibrate
from heads.likes.design import Design, Matrix, Model
from heads.posts import Floats, Indices, Posts
from heads.splits import Fold

if TYPE_CHECKING:
    from lightgbm import Booster

FIRST_SLICE = 0.55
"""Share of the training posts before the first validation slice in time."""

SLICES = 3


@dataclass(frozen=True)
class Predictions:
    """Predictions of posts, in log1p but for `mean`; arrays of shape (n,).

    Attributes
    ----------
    log : array
        The point prediction.
    low, high : array
        Ends of the 90% interval.
    mean : array
        Expected count.
    """

    log: Floats
    low: Floats
    high: Floats
    mean: Floats


@dataclass(frozen=True)
class LikesModel:
    """A fitted head.

    Attributes
    ----------
    design : Design
        From material to matrix.
    booster : lightgbm.Booster
        Trees that add to the base.
    calibration : Calibration
        From log1p to outputs.
    names : list of str
        Columns that the trees were grown on.
    share : float
        Of the trees' output, what held-out posts say should count.
    """

    design: Design
    booster: "Booster"
    calibration: Calibration
    names: list[str]
    share: float = 1.0

    def predict(self, matrix: Matrix) -> Predictions:
        """Predict every row of a matrix made by this model's design."""
        places = [matrix.names.index(name) for name in self.names]
        trees = gbm.output(self.booster, matrix.values[:, places])
        log = np.maximum(0, matrix.base + self.share * trees)
        low, high = self.calibration.interval(log, matrix.spread)
        return Predictions(log, low, high, self.calibration.mean(log))


def fit(
    material: Material,
    fold: Fold,
    seen: View,
    *,
    model: Model = "stack",
    residual: bool = True,
    seed: int = 0,
) -> tuple[LikesModel, Matrix]:
    """Fit a head on a fold's training posts.

    Each validation slice of the training posts is predicted from those before it (or from
    other companies, where whole companies are held out). They choose the number of trees,
    how much of the trees' output counts, and calibrate the outputs.

    Returns
    -------
    model, matrix
        The head, and the matrix of all posts under `seen`.
    """
    design = designs.learn(
        material, seen, fold.train, model=model, residual=residual, cold=fold.cold
    )
    matrix = designs.apply(design, material, seen)
    return fit_trees(material.posts, fold, design, matrix, seed=seed), matrix


def fit_trees(
    posts: Posts,
    fold: Fold,
    design: Design,
    matrix: Matrix,
    *,
    groups: tuple[str, ...] | None = None,
    seed: int = 0,
) -> LikesModel:
    """Grow and calibrate the trees of a head on columns of a matrix.

    Parameters
    ----------
    posts, fold, design, matrix
        What to learn from.
    groups : tuple of str, optional
        Use only the columns of these groups.
    seed : int
        Of bagging.

    Raises
    ------
    InputError
        A column is a copy of the label.
    """
    places, names = matrix.take(groups or tuple(set(matrix.groups)))
    values = matrix.values[:, places]
    target = np.where(posts.known, posts.y - matrix.base, 0)
    train = np.flatnonzero(fold.train)
    refuse_leaks(names, values[train], posts.y[train])
    weight = _weight(posts, fold)
    parts = _slices(posts, fold, train)
    rounds, outputs = gbm.search(values, target, weight, parts, seed=seed)
    scored, output = np.concatenate([held for _, held in parts]), np.concatenate(outputs)
    share = _share(target[scored], output, weight[scored])
    predicted = np.maximum(0, matrix.base[scored] + share * output)
    calibration = calibrate(posts.y[scored], predicted, matrix.spread[scored])
    # With more posts to learn from, a few more trees.
    booster = gbm.train(values, target, weight, train, rounds=round(1.1 * rounds), seed=seed)
    return LikesModel(design, booster, calibration, names, share)


def _weight(posts: Posts, fold: Fold) -> Floats:
    """How much each post counts in learning.

    For companies never seen it is companies that a sample is made of: each counts by the
    root of its posts, so that the largest does not drown the others.
    """
    if not fold.cold:
        return np.ones(len(posts))
    count = np.bincount(posts.company[fold.train], minlength=int(posts.company.max()) + 1)
    return 1 / np.sqrt(np.maximum(1, count[posts.company]))


def _share(target: Floats, output: Floats, weight: Floats) -> float:
    """By how much to scale outputs so that they fit best, between nothing and all of them."""
    power = float((weight * output) @ output)
    return float(np.clip((weight * output) @ target / power, 0, 1)) if power > 0 else 1.0


def _slices(posts: Posts, fold: Fold, train: Indices) -> list[tuple[Indices, Indices]]:
    """Rows to learn from and rows to predict: forward in time, or across companies."""
    if fold.until is None and (fold.cold or len(np.unique(posts.company[train])) >= 2 * SLICES):
        place = posts.company[train] % SLICES
        parts = [(train[place != number], train[place == number]) for number in range(SLICES)]
        if all(len(rows) and len(held) for rows, held in parts):
            return parts
    edges = np.linspace(FIRST_SLICE, 1, SLICES + 1) * len(train)
    cuts = np.maximum(1, edges.round().astype(int))
    return [(train[:start], train[start:stop]) for start, stop in pairwise(cuts) if stop > start]
