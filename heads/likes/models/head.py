"""One head: fitted on a fold, and asked for predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heads import metrics
from heads.arrays import Floats, Indices, Vectors
from heads.data.features import Material
from heads.data.history import View
from heads.data.leaks import refuse_leaks
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.models import design as designs
from heads.likes.models import gbm, mlp
from heads.likes.models.calibration import Calibration, calibrate
from heads.likes.models.design import Design, Matrix, Model
from heads.likes.models.mlp import Network

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
    calibration : Calibration
        From log1p to outputs.
    names : list of str
        Columns that trees and network look at.
    booster : lightgbm.Booster, optional
        Trees that add to the base.
    network : Network, optional
        A network that does.
    shares : (float, float)
        Of the trees' output and of the network's, what held-out posts say should count.
    """

    design: Design
    calibration: Calibration
    names: list[str]
    booster: "Booster | None"
    network: Network | None
    shares: tuple[float, float]

    def predict(self, matrix: Matrix) -> Predictions:
        """Predict every row of a matrix made by this model's design."""
        values = matrix.values[:, [matrix.names.index(name) for name in self.names]]
        nothing = np.zeros(len(values))
        by_trees = nothing if self.booster is None else gbm.output(self.booster, values)
        by_network = nothing
        if self.network is not None:
            by_network = self.network.output(values[:, designs.of_network(self.names)])
        log = _added(matrix.base, by_trees, by_network, self.shares)
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
    other companies, where whole companies are held out). They choose the number of trees and
    of the network's passes, how much of either's output counts, and calibrate the outputs.

    Returns
    -------
    model, matrix
        The head, and the matrix of all posts under `seen`.
    """
    design = designs.learn(
        material, seen, fold.train, model=model, residual=residual, cold=fold.cold
    )
    matrix = designs.apply(design, material, seen)
    return fit_matrix(material.posts, fold, design, matrix, seed=seed), matrix


def fit_matrix(
    posts: Posts,
    fold: Fold,
    design: Design,
    matrix: Matrix,
    *,
    groups: tuple[str, ...] | None = None,
    seed: int = 0,
) -> LikesModel:
    """Fit and calibrate what a head adds to the base, on columns of a matrix.

    Parameters
    ----------
    posts, fold, design, matrix
        What to learn from.
    groups : tuple of str, optional
        Use only the columns of these groups.
    seed : int
        Of bagging, and of the network's weights.

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
    weight = designs.weights(posts, fold.train, cold=fold.cold)
    parts = _slices(posts, fold, train)
    scored = np.concatenate([held for _, held in parts])
    if matrix.views:
        source, values = _with_views(values, [view[:, places] for view in matrix.views])
        # A post counts once, however many views there are of it.
        target, weight = target[source], (weight / np.bincount(source))[source]
        train = np.flatnonzero(np.isin(source, train))
        parts = [(np.flatnonzero(np.isin(source, rows)), held) for rows, held in parts]
    chosen = designs.of_network(names)
    of_network = values[:, chosen]
    layout = {
        "groups": [matrix.groups[places[place]] for place in chosen],
        "spaces": [matrix.spaces[places[place]] for place in chosen],
    }
    nothing = np.zeros(len(scored))
    by_trees, by_network, rounds, epochs = nothing, nothing, 0, 0
    if design.model != "mlp":
        rounds, outputs = gbm.search(values, target, weight, parts, seed=seed)
        by_trees = np.concatenate(outputs)
    if design.model != "lgbm":
        epochs, outputs = mlp.search(of_network, target, weight, parts, **layout, seed=seed)
        by_network = np.concatenate(outputs)
    shares = _shares(target[scored], by_trees, by_network, weight[scored])
    predicted = _added(matrix.base[scored], by_trees, by_network, shares)
    if fold.cold and min(shares) > 0:
        # Held-out companies are few, and shares fitted to them promise too much: a network
        # beside the trees has to earn its place.
        alone = _shares(target[scored], by_trees, nothing, weight[scored])
        trees = _added(matrix.base[scored], by_trees, nothing, alone)
        gain = metrics.paired_gain(posts.y[scored], trees, predicted, posts.company[scored])
        if gain[1] <= 0:
            shares, predicted = alone, trees
    calibration = calibrate(posts.y[scored], predicted, matrix.spread[scored])
    booster, network = None, None
    if rounds:
        # With more posts to learn from, a few more trees.
        rounds = round(1.1 * rounds)
        booster = gbm.train(values, target, weight, train, rounds=rounds, seed=seed)
    if shares[1] > 0 or design.model == "mlp":
        network = mlp.train(of_network, target, weight, train, **layout, epochs=epochs, seed=seed)
    return LikesModel(design, calibration, names, booster, network, shares)


def _with_views(values: Vectors, views: Sequence[Vectors]) -> tuple[Indices, Vectors]:
    """The rows, then those of their views; and of which row each is, shape (more,)."""
    there = [np.flatnonzero(~np.isnan(view).all(axis=1)) for view in views]
    source = np.concatenate([np.arange(len(values)), *there])
    return source, np.vstack(
        [values, *(view[rows] for view, rows in zip(views, there, strict=True))]
    )


def _added(
    base: Floats, by_trees: Floats, by_network: Floats, shares: tuple[float, float]
) -> Floats:
    """What is predicted in log1p, never below 0."""
    return np.maximum(0, base + shares[0] * by_trees + shares[1] * by_network)


def _shares(
    target: Floats, by_trees: Floats, by_network: Floats, weight: Floats
) -> tuple[float, float]:
    """How much of each output fits held-out posts best: neither below 0, together at most 1."""
    both = np.column_stack([by_trees, by_network]) * np.sqrt(weight)[:, None]
    wanted = target * np.sqrt(weight)
    shares = np.linalg.lstsq(both, wanted, rcond=None)[0]
    if shares.min() < 0:
        # One of them alone, the one that fits better.
        power = (both**2).sum(axis=0)
        alone = np.where(power > 0, both.T @ wanted / np.where(power > 0, power, 1), 0).clip(0)
        best = int(np.argmax(alone**2 * power))
        shares = np.where(np.arange(2) == best, alone, 0)
    shares = shares / max(1.0, float(shares.sum()))
    return float(shares[0]), float(shares[1])


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
