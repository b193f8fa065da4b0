"""The ladder: every model and baseline fitted on the folds of a split, from the simplest up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from embedstore.progress import Progress, told
from heads.arrays import Floats, Indices, Mask
from heads.data.features import Inputs, Material
from heads.data.history import History, Mode, View, history, view
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.models import baselines, head
from heads.likes.models import design as designs
from heads.likes.models.calibration import Doubt, calibrate
from heads.likes.models.design import Design
from heads.likes.models.differences import Differences
from heads.likes.models.head import Predictions
from heads.likes.models.level import at_one_moment
from heads.likes.pair_table import content_scores

TREES = "lgbm: history, time"
AUGMENTED = "stack, augmented"
DIRECT = "stack, no residual"
"""The stack that learns the label itself, not what the account's history leaves open."""

MODES: tuple[Mode, ...] = ("online", "frozen")

State = Literal["online", "frozen", "level"]
"""A history; or `level`, frozen and as if each account had made its posts at one moment."""

STATES: tuple[State, ...] = (*MODES, "level")
ByMode = dict[State, designs.Matrix]

ByModel = dict[str, dict[State, Predictions]]
"""Predictions of every post, by model (or baseline) and history."""


@dataclass(frozen=True)
class Fitted:
    """What the models of one fold, or of all folds, say of the posts.

    Attributes
    ----------
    predictions : dict
        By model and history.
    scores : dict
        By scorer of content alone, array of shape (n,).
    chances : list of (mask, Differences)
        Of each fold, the posts it tests and what its stack learned of differences.
    known : dict
        By history, labelled posts of its account that each post looks at, shape (n,).
    """

    predictions: ByModel = field(default_factory=dict)
    scores: dict[str, Floats] = field(default_factory=dict)
    chances: list[tuple[Mask, Differences | None]] = field(default_factory=list)
    known: dict[Mode, Floats] = field(default_factory=dict)


def fit_ladder(
    material: Material, every: Sequence[Fold], delay: float, seed: int, progress: Progress
) -> Fitted:
    """Fit all models on each fold; a post's predictions come from the fold that tests it.

    Parameters
    ----------
    material : Material
        The posts and what models may look at.
    every : sequence of Fold
        The folds of the split.
    delay : float
        Days until a label is known.
    seed : int
        Seed of bagging, and of the networks' weights.
    progress : Progress
        Told of every fold.

    Returns
    -------
    Fitted
        NaN for posts that no fold tests.
    """
    return _pooled(
        material.posts,
        told(progress, "fit and score", every, "folds"),
        lambda fold: _fit_all(material, fold, delay, seed),
    )


def fit_baselines(material: Material, every: Sequence[Fold], delay: float) -> Fitted:
    """Take medians and moving averages on each fold, without any model; as `fit_ladder` does."""
    posts = material.posts

    def fit(fold: Fold) -> Fitted:
        pasts = {
            mode: history(
                posts,
                view(posts, mode=mode, until=fold.until, delay_days=delay, known=fold.known),
            )
            for mode in MODES
        }
        scores = content_scores(posts, fold, None, None)
        return Fitted(_baselines(posts, fold, pasts), scores, known=_known(pasts))

    return _pooled(posts, every, fit)


def _pooled(posts: Posts, every: Iterable[Fold], fit: Callable[[Fold], Fitted]) -> Fitted:
    """Fit each fold; a post's predictions come from the fold that tests it."""
    count = len(posts)
    pooled = Fitted()
    for fold in every:
        found = fit(fold)
        pooled.chances.extend(found.chances)
        for name, scores in found.scores.items():
            pooled.scores.setdefault(name, np.zeros(count))[fold.test] = scores[fold.test]
        for mode, counts in found.known.items():
            pooled.known.setdefault(mode, np.zeros(count))[fold.test] = counts[fold.test]
        for name, by_mode in found.predictions.items():
            pool = pooled.predictions.setdefault(name, {mode: _nothing(count) for mode in by_mode})
            for state, predicted in by_mode.items():
                for part in ("log", "low", "high", "mean"):
                    values = getattr(predicted, part)
                    # The posts that are tested are the only ones that were moved.
                    some = values if state == "level" else values[fold.test]
                    getattr(pool[state], part)[fold.test] = some
    return pooled


def _nothing(count: int) -> Predictions:
    """Return predictions that are NaN for all posts."""
    return Predictions(*(np.full(count, np.nan) for _ in range(4)))


def _fit_all(material: Material, fold: Fold, delay: float, seed: int) -> Fitted:
    """Fit every model and baseline on a fold, from the simplest to the stack."""
    posts, plain = material.posts, replace(material, views=())
    views = {
        mode: view(posts, mode=mode, until=fold.until, delay_days=delay, known=fold.known)
        for mode in MODES
    }
    fitted, learned = head.fit(plain, fold, views["online"], seed=seed)
    matrices: ByMode = {
        "online": learned,
        # Without a date to freeze at, both histories are the same.
        "frozen": learned
        if fold.until is None
        else designs.apply(fitted.design, plain, views["frozen"]),
    }
    moved = at_one_moment(plain, views["frozen"], np.flatnonzero(fold.test))
    matrices["level"] = designs.apply(fitted.design, *moved)
    pasts = {mode: matrices[mode].past for mode in MODES}
    found = _baselines(posts, fold, pasts)
    found |= _trees(plain, fold, views["online"], matrices, seed)
    if not fold.cold and material.inputs.has("history"):
        found[DIRECT] = _direct(posts, fold, fitted.design, matrices, seed)
    found["stack"] = {mode: fitted.predict(matrices[mode]) for mode in STATES}
    if material.views:
        again = designs.apply(fitted.design, material, views["online"])
        more = head.fit_matrix(posts, fold, fitted.design, again, seed=seed)
        found[AUGMENTED] = {mode: more.predict(matrices[mode]) for mode in STATES}
    scores = content_scores(posts, fold, plain.stored_likeness, fitted.design.kernel)
    return Fitted(found, scores, [(fold.test, fitted.differences)], _known(pasts))


def _known(pasts: dict[Mode, History]) -> dict[Mode, Floats]:
    """Count the labelled posts of its account that each post looks at."""
    return {
        mode: np.nan_to_num(past.columns["account_posts"].astype(np.float64))
        for mode, past in pasts.items()
    }


def _baselines(posts: Posts, fold: Fold, pasts: dict[Mode, History]) -> ByModel:
    """Predict with medians and the moving average."""
    late = _late(fold)
    early = fold.train.copy()
    early[late] = False
    # A median lies too near to the posts that it was taken of: errors are measured on late
    # posts against the medians of the earlier ones.
    unaware = baselines.medians(posts, early if early.any() else fold.train)
    found: ByModel = {
        name: {mode: _with_errors(posts, late, unaware[name], values) for mode in MODES}
        for name, values in baselines.medians(posts, fold.train).items()
    }
    average = {mode: baselines.moving_average(posts, fold.train, pasts[mode]) for mode in MODES}
    found["moving average"] = {
        mode: _with_errors(posts, late, average["online"], average[mode]) for mode in MODES
    }
    return found


def _trees(material: Material, fold: Fold, online: View, matrices: ByMode, seed: int) -> ByModel:
    """Fit LightGBM on the label itself, on fewer groups of inputs."""
    found: ByModel = {}
    for name, inputs in _tree_inputs(material.inputs).items():
        part = replace(material, inputs=inputs)
        design = designs.learn(
            part, online, fold.train, model="lgbm", residual=False, cold=fold.cold
        )
        at = {mode: _columns_of(matrices[mode], inputs, design.mean) for mode in STATES}
        trees = head.fit_matrix(material.posts, fold, design, at["online"], seed=seed)
        found[name] = {mode: trees.predict(at[mode]) for mode in STATES}
    return found


def _direct(
    posts: Posts, fold: Fold, design: Design, matrices: ByMode, seed: int
) -> dict[State, Predictions]:
    """Fit the stack on the label itself, not on what the account's history leaves open."""
    whole = replace(design, residual=False)
    at = {
        mode: replace(matrix, base=np.full(len(matrix.base), whole.mean))
        for mode, matrix in matrices.items()
    }
    model = head.fit_matrix(posts, fold, whole, at["online"], seed=seed)
    return {mode: model.predict(at[mode]) for mode in STATES}


def _late(fold: Fold) -> Indices:
    """Return the last training posts in time, which a head's validation slices are cut from."""
    train = np.flatnonzero(fold.train)
    return train[int(head.FIRST_SLICE * len(train)) :]


def _with_errors(posts: Posts, late: Indices, learned: Floats, predicted: Floats) -> Predictions:
    """Calibrate a baseline as a head is, by the errors of `learned` on late training posts."""
    found = calibrate(posts.y[late], learned[late], Doubt.alone(np.ones(len(late))))
    low, high = found.interval(predicted, Doubt.alone(np.ones(len(predicted))))
    return Predictions(predicted, low, high, found.mean(predicted))


def _tree_inputs(inputs: Inputs) -> dict[str, Inputs]:
    """Choose the inputs of LightGBM: history and time, then with the content of the post."""
    chosen: dict[str, tuple[str, ...]] = {TREES: ("history", "time")}
    if {"text", "image", "form"} & set(inputs.groups):
        content = tuple(group for group in inputs.groups if group != "neighbours")
        chosen["lgbm: without neighbours"] = content
    return {
        name: replace(inputs, groups=tuple(group for group in groups if inputs.has(group)))
        for name, groups in chosen.items()
        if any(inputs.has(group) for group in groups)
    }


def _columns_of(matrix: designs.Matrix, inputs: Inputs, mean: float) -> designs.Matrix:
    """Return the matrix of fewer groups, for trees that learn the label itself."""
    places, names = matrix.take(inputs.groups)
    return replace(
        matrix,
        names=names,
        groups=[matrix.groups[place] for place in places],
        spaces=[matrix.spaces[place] for place in places],
        values=matrix.values[:, places],
        base=np.full(len(matrix.base), mean),
        spread=np.ones(len(matrix.base)),
    )
