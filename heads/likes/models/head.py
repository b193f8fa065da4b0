"""The likes head: fitted on a fold, calibrated, asked for predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from embedstore.progress import Progress, Step, silent
from heads import metrics
from heads.arrays import Floats, Indices, Vectors
from heads.data.features import Material
from heads.data.history import View
from heads.data.leaks import refuse_leaks
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.models import design as designs
from heads.likes.models import gbm, mlp
from heads.likes.models.calibration import Calibration, calibrate, winsorise
from heads.likes.models.contests import Contest, learn_from_contests, set_up_contests
from heads.likes.models.design import Design, Matrix, Model
from heads.likes.models.differences import Differences
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
        Design of the matrix.
    calibration : Calibration
        From log1p to counts and intervals.
    names : list of str
        Columns that the trees look at; the network looks at some of them.
    booster : lightgbm.Booster, optional
        Trees that add to the base.
    network : Network, optional
        A network whose output is added too.
    shares : (float, float)
        Weights of the trees' output and of the network's, fitted on held-out posts.
    differences : Differences, optional
        From differences between drafts to chances; None in runs of version 0.1, and where
        there were too few pairs.
    """

    design: Design
    calibration: Calibration
    names: list[str]
    booster: "Booster | None"
    network: Network | None
    shares: tuple[float, float]
    differences: Differences | None = None

    def predict(self, matrix: Matrix) -> Predictions:
        """Predict every row of a matrix made by this model's design."""
        values = matrix.values[:, [matrix.names.index(name) for name in self.names]]
        nothing = np.zeros(len(values))
        by_trees = nothing if self.booster is None else gbm.output(self.booster, values)
        by_network = nothing
        if self.network is not None:
            by_network = self.network.output(values[:, designs.of_network(self.names)])
        log = _added(matrix.base, by_trees, by_network, self.shares)
        low, high = self.calibration.interval(log, matrix.doubt)
        return Predictions(log, low, high, self.calibration.mean(log))


def fit(
    material: Material,
    fold: Fold,
    seen: View,
    *,
    model: Model = "stack",
    residual: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[LikesModel, Matrix]:
    """Fit a head on a fold's training posts.

    Each validation slice of the training posts is predicted from those before it (or from
    other companies, where whole companies are held out). They choose the number of trees and
    of the network's passes, how much of either's output counts, and calibrate the outputs.

    `progress` hears how it goes.

    Returns
    -------
    model, matrix
        The head, and the matrix of all posts under `seen`.
    """
    progress(Step("learn what makes posts alike"))
    design = designs.learn(
        material, seen, fold.train, model=model, residual=residual, cold=fold.cold
    )
    progress(Step("look back from each post"))
    matrix = designs.apply(design, material, seen)
    progress(Step("pair posts"))
    slices = [held for _, held in _slices(material.posts, fold, np.flatnonzero(fold.train))]
    contests = set_up_contests(design, material, seen, slices, frozen=fold.until is not None)
    later = [] if fold.until is None else [_frozen(design, material, seen, h) for h in slices]
    fitted = fit_matrix(
        material.posts,
        fold,
        design,
        matrix,
        contests=contests,
        later=later,
        seed=seed,
        progress=progress,
    )
    return fitted, matrix


def _frozen(design: Design, material: Material, seen: View, held: Indices) -> Matrix:
    """Compute the matrix of a slice's posts when none of its labels is known."""
    limit = seen.cutoff[held].min()
    return designs.apply(design, material, View(seen.known, np.minimum(seen.cutoff, limit)), held)


def fit_matrix(
    posts: Posts,
    fold: Fold,
    design: Design,
    matrix: Matrix,
    *,
    contests: Sequence[Contest] = (),
    later: Sequence[Matrix] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> LikesModel:
    """Fit and calibrate what a head adds to the base, on the columns of a matrix.

    Parameters
    ----------
    posts, fold, design, matrix
        The posts, their split, and their matrix.
    contests : sequence of Contest
        For each validation slice, pairs that chances are learned from.
    later : sequence of Matrix
        For each validation slice, its posts when none of its labels is known: with them,
        intervals are calibrated for both histories.
    seed : int
        Seed of bagging, and of the network's weights.
    progress : callable
        Hears how it goes.

    Raises
    ------
    InputError
        A column is a copy of the label.
    """
    train = np.flatnonzero(fold.train)
    refuse_leaks(matrix.names, matrix.values[train], posts.y[train])
    # Contests and later looks are predicted as their slice is: by what came before it.
    task, of_contests, of_later = _task(posts, fold, matrix, contests, later, train, seed)
    asked = np.concatenate([held for _, held in task.parts])
    trees, network_out, rounds, epochs = np.zeros(len(asked)), np.zeros(len(asked)), 0, 0
    if design.model != "mlp":
        rounds, trees = task.search_trees(progress)
    if design.model != "lgbm":
        epochs, network_out = task.search_network(progress)
    by_row = np.zeros((2, len(task.values)))
    by_row[:, asked] = trees, network_out
    scored = asked[asked < len(posts)]
    held_out = _HeldOut(
        posts.y[scored], matrix.base[scored], task.residual[scored], task.weight[scored]
    )
    shares = held_out.shares(by_row[0, scored], by_row[1, scored])
    if fold.cold and min(shares) > 0:
        shares = held_out.cold_shares(
            by_row[0, scored], by_row[1, scored], shares, posts.company[scored]
        )

    def added(base: Floats, rows: Indices) -> Floats:
        return _added(base, by_row[0, rows], by_row[1, rows], shares)

    differences = None
    if contests:
        base = np.concatenate([contest.matrix.base for contest in contests])
        differences = learn_from_contests(contests, added(base, of_contests))
    predicted = added(held_out.base, scored)
    true, doubt = held_out.y, matrix.doubt.take(scored)
    for look, rows, held in zip(later, of_later, _held(task, posts), strict=False):
        predicted = np.append(predicted, added(look.base, rows))
        true, doubt = np.append(true, posts.y[held]), doubt.and_then(look.doubt)
    # Where accounts are new, it is accounts that a sample is made of: a busy one must not decide.
    _, number, count = np.unique(posts.account[scored], return_inverse=True, return_counts=True)
    counting = None if fold.until is not None else 1 / np.sqrt(count[number])
    calibration = calibrate(true, predicted, doubt, counting)
    progress(Step("learn from all of them"))
    booster = task.train_trees(rounds) if rounds else None
    wanted = shares[1] > 0 or design.model == "mlp"
    network = task.train_network(epochs) if wanted else None
    return LikesModel(design, calibration, matrix.names, booster, network, shares, differences)


@dataclass(frozen=True)
class _Task:
    """The rows that trees and network learn from.

    Attributes
    ----------
    values : array, shape (n, columns), float32
        Features of the posts, then of their views, then of contests.
    residual, weight : array, shape (n,)
        The label less its base, which is to be learned; and each row's weight, 0 in contests.
    train : array, int64
        Rows to learn from in the end.
    parts : list of (rows, held)
        Rows to learn from and rows to predict, for each validation slice.
    chosen : list of int
        Columns that the network looks at.
    layout : dict
        Groups and spaces of these columns.
    seed : int
        Seed of everything drawn.
    """

    values: Vectors
    residual: Floats
    weight: Floats
    train: Indices
    parts: list[tuple[Indices, Indices]]
    chosen: list[int]
    layout: dict[str, list[str]]
    seed: int

    @cached_property
    def of_network(self) -> Vectors:
        """Features that the network looks at."""
        return self.values[:, self.chosen]

    def search_trees(self, progress: Progress) -> tuple[int, Floats]:
        """Find the number of trees; returns it with their output on the held-out rows."""
        rounds, outputs = gbm.search(
            self.values,
            self.residual,
            self.weight,
            self.parts,
            seed=self.seed,
            progress=progress,
        )
        return rounds, np.concatenate(outputs)

    def search_network(self, progress: Progress) -> tuple[int, Floats]:
        """Find the number of passes; returns it with the output on the held-out rows."""
        epochs, outputs = mlp.search(
            self.of_network, self.residual, self.weight, self.parts,
            **self.layout, seed=self.seed, progress=progress,
        )  # fmt: skip
        return epochs, np.concatenate(outputs)

    def train_trees(self, rounds: int) -> "Booster":
        """Grow trees on all training rows: a few more of them, since there is more to learn."""
        rounds = round(1.1 * rounds)
        return gbm.train(
            self.values, self.residual, self.weight, self.train, rounds=rounds, seed=self.seed
        )

    def train_network(self, epochs: int) -> Network:
        """Train the network on all training rows."""
        return mlp.train(
            self.of_network, self.residual, self.weight, self.train,
            **self.layout, epochs=epochs, seed=self.seed,
        )  # fmt: skip


def _held(task: "_Task", posts: Posts) -> list[Indices]:
    """Return the rows of posts that each validation slice holds out."""
    return [held[held < len(posts)] for _, held in task.parts]


def _task(
    posts: Posts,
    fold: Fold,
    matrix: Matrix,
    contests: Sequence[Contest],
    later: Sequence[Matrix],
    train: Indices,
    seed: int,
) -> tuple[_Task, Indices, list[Indices]]:
    """Lay out rows, residuals and weights: posts, then their views, contests and later looks.

    Returns
    -------
    task : _Task
    of_contests : array, int64
        Rows of all contests.
    of_later : list of array
        Rows of each later look.
    """
    values = matrix.values
    residual = np.where(posts.known, posts.y - matrix.base, 0)
    residual[train] = winsorise(residual[train])
    weight = designs.weights(posts, fold.train, cold=fold.cold)
    parts = _slices(posts, fold, train)
    if matrix.views:
        source, values = _with_views(values, matrix.views)
        # A post counts once, however many views there are of it.
        residual, weight = residual[source], (weight / np.bincount(source))[source]
        train = np.flatnonzero(np.isin(source, train))
        parts = [(np.flatnonzero(np.isin(source, rows)), held) for rows, held in parts]
    added: list[list[Indices]] = []
    for asked in ([contest.matrix for contest in contests], later):
        added.append([])
        for place, look in enumerate(asked):
            also = len(values) + np.arange(len(look.base))
            values = np.vstack([values, look.values])
            parts[place] = (parts[place][0], np.append(parts[place][1], also))
            added[-1].append(also)
    unscored = np.zeros(len(values) - len(weight))
    residual, weight = np.append(residual, unscored), np.append(weight, unscored)
    chosen = designs.of_network(matrix.names)
    layout = {
        "groups": [matrix.groups[place] for place in chosen],
        "spaces": [matrix.spaces[place] for place in chosen],
    }
    task = _Task(values, residual, weight, train, parts, chosen, layout, seed)
    nothing = np.empty(0, dtype=np.int64)
    return task, np.concatenate([nothing, *added[0]]), added[1]


@dataclass(frozen=True)
class _HeldOut:
    """The held-out rows that say how much trees and network count; arrays of shape (m,)."""

    y: Floats
    base: Floats
    residual: Floats
    weight: Floats

    def shares(self, by_trees: Floats, by_network: Floats) -> tuple[float, float]:
        """Return the shares of both outputs that fit best."""
        return _shares(self.residual, by_trees, by_network, self.weight)

    def cold_shares(
        self, by_trees: Floats, by_network: Floats, shares: tuple[float, float], company: Indices
    ) -> tuple[float, float]:
        """Return shares for companies never seen: the network's only if it is sure to help.

        Held-out companies are few, and shares that are fitted to them overfit.
        """
        nothing = np.zeros(len(by_trees))
        alone = self.shares(by_trees, nothing)
        both = _added(self.base, by_trees, by_network, shares)
        trees = _added(self.base, by_trees, nothing, alone)
        _, low, _ = metrics.paired_gain(self.y, trees, both, company)
        return alone if low <= 0 else shares


def _with_views(values: Vectors, views: Sequence[Vectors]) -> tuple[Indices, Vectors]:
    """Append the rows of views; returns the row that each is a view of, shape (more,), and all."""
    there = [np.flatnonzero(~np.isnan(view).all(axis=1)) for view in views]
    source = np.concatenate([np.arange(len(values)), *there])
    return source, np.vstack(
        [values, *(view[rows] for view, rows in zip(views, there, strict=True))]
    )


def _added(
    base: Floats, by_trees: Floats, by_network: Floats, shares: tuple[float, float]
) -> Floats:
    """Add the shares of both outputs to the base: a prediction in log1p, never below 0."""
    return np.maximum(0, base + shares[0] * by_trees + shares[1] * by_network)


def _shares(
    residual: Floats, by_trees: Floats, by_network: Floats, weight: Floats
) -> tuple[float, float]:
    """Fit the shares of both outputs to held-out posts: neither below 0, together at most 1."""
    both = np.column_stack([by_trees, by_network]) * np.sqrt(weight)[:, None]
    wanted = residual * np.sqrt(weight)
    shares = np.linalg.lstsq(both, wanted, rcond=None)[0]
    if shares.min() < 0:
        # A negative share is not allowed: the output that fits better counts alone.
        power = (both**2).sum(axis=0)
        alone = np.where(power > 0, both.T @ wanted / np.where(power > 0, power, 1), 0).clip(0)
        best = int(np.argmax(alone**2 * power))
        shares = np.where(np.arange(2) == best, alone, 0)
    shares = shares / max(1.0, float(shares.sum()))
    return float(shares[0]), float(shares[1])


def _slices(posts: Posts, fold: Fold, train: Indices) -> list[tuple[Indices, Indices]]:
    """Cut validation slices, rows to learn from and rows to predict: by time or by company."""
    if fold.until is None and (fold.cold or len(np.unique(posts.company[train])) >= 2 * SLICES):
        place = posts.company[train] % SLICES
        parts = [(train[place != number], train[place == number]) for number in range(SLICES)]
        if all(len(rows) and len(held) for rows, held in parts):
            return parts
    edges = np.linspace(FIRST_SLICE, 1, SLICES + 1) * len(train)
    cuts = np.maximum(1, edges.round().astype(int))
    return [(train[:start], train[start:stop]) for start, stop in pairwise(cuts) if stop > start]
