"""Every model beside the baselines it has to beat, on the same posts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, Step, silent
from heads import metrics, report
from heads.arrays import Floats, Indices, Mask
from heads.augment.views import gather_views, parse_kinds
from heads.data import splits
from heads.data.counts import days_until_known, parse_after
from heads.data.features import Inputs, Material, gather, parse_inputs, read_profile
from heads.data.history import Mode, View, check_delay, view
from heads.data.posts import Posts, load_posts
from heads.data.splits import Fold
from heads.likes.models import baselines, head
from heads.likes.models import design as designs
from heads.likes.models.calibration import calibrate
from heads.likes.models.design import Design
from heads.likes.models.differences import Differences
from heads.likes.models.head import Predictions
from heads.likes.models.level import at_one_moment
from heads.likes.pair_table import Contestants, content_scores, score_pairs
from heads.stores import StoreLike, as_store

FEW_LIKES = 100
"""Posts of at most so many likes are also scored apart, as published figures were."""

TREES = "lgbm: history, time"
AUGMENTED = "stack, augmented"
DIRECT = "stack, no residual"
"""The stack that learns the label itself, not what the account's history leaves open."""

MODES: tuple[Mode, ...] = ("online", "frozen")

State = Literal["online", "frozen", "level"]
"""A history; or `level`, frozen and as if each account had made its posts at one moment."""

STATES: tuple[State, ...] = (*MODES, "level")
ByMode = dict[State, designs.Matrix]


@dataclass(frozen=True)
class Evaluation:
    """Scores of every model and baseline.

    Attributes
    ----------
    rungs : pyarrow.Table
        A row for each model, history and metric: rung (the model's or baseline's name),
        history, metric, value, low, high. ``gain`` is the paired gain in log1p RMSE over the
        moving average, and ``gain over trees`` that over LightGBM on history and time.
    intervals : pyarrow.Table
        Coverage and width of every model's 90% intervals by fifth of its predictions.
    few : pyarrow.Table
        MAE and R² on posts of at most 100, beside published figures that are not comparable.
    pairs, chances : pyarrow.Table
        Which of two posts did better, and how sure the stack was of it
        (`heads.likes.pair_table.PairTables`); without rows where a split in time, by company
        or by few shots does not make both posts' histories the same.
    posts, accounts : int
        Number of posts that were scored, and of their accounts.
    split : str
        The split.
    resampling : str
        What the bootstrap draws: accounts, or blocks of time where accounts are few.
    reposts_left_out : int
        Reposts that are neither learned from nor scored.
    """

    rungs: pa.Table
    intervals: pa.Table
    few: pa.Table
    pairs: pa.Table
    chances: pa.Table
    posts: int
    accounts: int
    split: str
    resampling: str
    reposts_left_out: int

    def summary(self, history: Mode, names: Sequence[str]) -> pa.Table:
        """Tabulate the named metrics of every model under a history: ``0.82 [0.66, 1.02]``."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rungs.to_pylist():
            if row["history"] == history and row["metric"] in names:
                value, low, high = (report.number(row[key], 3) for key in ("value", "low", "high"))
                shown = value if row["low"] is None else f"{value} [{low}, {high}]"
                found.setdefault(row["rung"], {})[row["metric"]] = shown
        columns: dict[str, list[str]] = {"rung": list(found)}
        for name in names:
            columns[name] = [values.get(name, "") for values in found.values()]
        return pa.table(columns)

    def pair_summary(self, time: str) -> pa.Table:
        """Tabulate the accuracy on pairs by least ratio; `time` is ``as posted`` or ``equal``."""
        found: dict[str, dict[str, str]] = {}
        for row in self.pairs.to_pylist():
            if row["time"] == time:
                value, low, high = (report.number(row[key], 3) for key in ("value", "low", "high"))
                shown = value if row["low"] == row["high"] else f"{value} [{low}, {high}]"
                name = "all" if row["ratio"] == 1 else f"ratio ≥ {row['ratio']:g}"
                found.setdefault(row["rung"], {})[name] = shown
        names = dict.fromkeys(name for values in found.values() for name in values)
        return pa.table(
            {"rung": list(found)}
            | {name: [values.get(name, "") for values in found.values()] for name in names}
        )


ByModel = dict[str, dict[State, Predictions]]
"""Predictions of every post, by model (or baseline) and history."""


@dataclass(frozen=True)
class _Fitted:
    """What the models of one fold, or of all folds, say of the posts.

    Attributes
    ----------
    predictions : dict
        By model and history.
    scores : dict
        By scorer of content alone, array of shape (n,).
    chances : list of (mask, Differences)
        Of each fold, the posts it tests and what its stack learned of differences.
    """

    predictions: ByModel = field(default_factory=dict)
    scores: dict[str, Floats] = field(default_factory=dict)
    chances: list[tuple[Mask, Differences | None]] = field(default_factory=list)


def evaluate_likes(
    store: StoreLike,
    *,
    kpi: str = "likes",
    inputs: str | None = None,
    split: str | None = None,
    label_delay: float = 0,
    after: str | timedelta | None = None,
    profile: str | PathLike[str] | None = None,
    augment: str | None = None,
    reposts: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Fit and score every model beside the baselines it has to beat; nothing is put on record.

    Company and few-shot splits pool their five folds. Parameters are those of `fit_likes`;
    with `augment` there is one more model, the stack that learned from other views too.

    Raises
    ------
    InputError
        An option can't be used.
    """
    check_delay(label_delay)
    # Views of posts are kept in the store.
    store = as_store(store, write=augment is not None)
    horizon = parse_after(after)
    label_delay = days_until_known(label_delay, horizon)
    posts = load_posts(store, kpi, reposts=reposts, after=horizon)
    facts = read_profile(Path(profile), kpi) if profile is not None else {}
    chosen = parse_inputs(inputs, store, profile=profile is not None)
    parted = splits.choose_split(posts, split)
    material = gather(store, posts, chosen, facts)
    every = splits.folds(posts, parted)
    kinds = parse_kinds(augment)
    if kinds:
        learned = np.flatnonzero(np.any([fold.train for fold in every], axis=0))
        views = gather_views(store, posts, chosen, kinds, learned, progress=progress)
        material = replace(material, views=views)
    fitted = _pool(material, every, label_delay, seed, progress)
    pooled = fitted.predictions
    rows = np.flatnonzero(np.any([fold.test for fold in every], axis=0))
    y, account = posts.y[rows], posts.account[rows]
    return Evaluation(
        _score_table(pooled, y, account, rows),
        _interval_table(pooled, y, rows),
        _few_likes_table(pooled, y, rows),
        *_pair_tables(posts, fitted, rows, parted),
        len(rows),
        len(np.unique(account)),
        parted.text,
        metrics.resampling(account),
        posts.reposts_left_out,
    )


def _pool(
    material: Material, every: Sequence[Fold], delay: float, seed: int, progress: Progress
) -> _Fitted:
    """Fit all models on each fold; a post's predictions come from the fold that tests it."""
    count = len(material.posts)
    pooled = _Fitted()
    for fold in every:
        progress(Step("fit and score", fold.number, len(every), "folds"))
        found = _fit_all(material, fold, delay, seed)
        pooled.chances.extend(found.chances)
        for name, scores in found.scores.items():
            pooled.scores.setdefault(name, np.zeros(count))[fold.test] = scores[fold.test]
        for name, by_mode in found.predictions.items():
            pool = pooled.predictions.setdefault(name, {mode: _nothing(count) for mode in by_mode})
            for mode, predicted in by_mode.items():
                for part in ("log", "low", "high", "mean"):
                    values = getattr(predicted, part)
                    # The posts that are tested are the only ones that were moved.
                    some = values if mode == "level" else values[fold.test]
                    getattr(pool[mode], part)[fold.test] = some
    return pooled


def _pair_tables(
    posts: Posts, fitted: _Fitted, rows: Indices, split: splits.Split
) -> tuple[pa.Table, pa.Table]:
    """Score pairs, where both posts of one have the same history."""
    if split.kind == "random":
        return pa.table({}), pa.table({})
    predicted = fitted.predictions
    level = {
        name: by_mode["level"].log for name, by_mode in predicted.items() if "level" in by_mode
    }
    tables = score_pairs(
        posts,
        rows,
        Contestants(
            fitted.scores | {name: by_mode["frozen"].log for name, by_mode in predicted.items()},
            fitted.scores | level,
            fitted.chances,
        ),
    )
    return tables.accuracy, tables.chances


def _nothing(count: int) -> Predictions:
    """Return predictions that are NaN for all posts."""
    return Predictions(*(np.full(count, np.nan) for _ in range(4)))


def _fit_all(material: Material, fold: Fold, delay: float, seed: int) -> _Fitted:
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
    found = _baselines(posts, fold, matrices)
    found |= _trees(plain, fold, views["online"], matrices, seed)
    if not fold.cold and material.inputs.has("history"):
        found[DIRECT] = _direct(posts, fold, fitted.design, matrices, seed)
    found["stack"] = {mode: fitted.predict(matrices[mode]) for mode in STATES}
    if material.views:
        again = designs.apply(fitted.design, material, views["online"])
        more = head.fit_matrix(posts, fold, fitted.design, again, seed=seed)
        found[AUGMENTED] = {mode: more.predict(matrices[mode]) for mode in STATES}
    scores = content_scores(posts, fold, plain.likeness, fitted.design.kernel)
    return _Fitted(found, scores, [(fold.test, fitted.differences)])


def _baselines(posts: Posts, fold: Fold, matrices: ByMode) -> ByModel:
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
    average = {
        mode: baselines.moving_average(posts, fold.train, matrices[mode].past) for mode in MODES
    }
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
    found = calibrate(posts.y[late], learned[late], np.ones(len(late)))
    low, high = found.interval(predicted, np.ones(len(predicted)))
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


def _score_table(pooled: ByModel, y: Floats, account: Indices, rows: Indices) -> pa.Table:
    """Score every model on the test rows: rung, history, metric, value, low, high."""
    found = []
    for mode in MODES:
        for name, pool in pooled.items():
            values = metrics.with_intervals(y, pool[mode].log[rows], account)
            values |= _interval_metrics(y, pool[mode], account, rows)
            for gain, other in _references(name, pooled).items():
                values[gain] = metrics.paired_gain(
                    y, pooled[other][mode].log[rows], pool[mode].log[rows], account
                )
            if name == "stack":
                values |= _mean_output(y, pool[mode].mean[rows], account)
            found += [
                {"rung": name, "history": mode, "metric": metric, **metrics.as_row(interval)}
                for metric, interval in values.items()
            ]
    return pa.Table.from_pylist(found)


def _references(name: str, pooled: ByModel) -> dict[str, str]:
    """Return the models that a model's gain is measured over, by name of the metric."""
    found = {"gain": "moving average"}
    if name in (AUGMENTED, DIRECT):
        found["gain over stack"] = "stack"
    if name == "stack":
        found["gain over global median"] = "global median"
        if TREES in pooled:
            found["gain over trees"] = TREES
    return found


def _interval_metrics(
    y: Floats, out: Predictions, account: Indices, rows: Indices
) -> dict[str, metrics.Interval]:
    """Measure coverage and width of the 90% intervals."""
    low, high = out.low[rows], out.high[rows]
    return metrics.cluster_bootstrap(
        account,
        lambda drawn: {
            "coverage": metrics.coverage(y[drawn], low[drawn], high[drawn]),
            "width": float(np.mean(high[drawn] - low[drawn])),
        },
    )


def _mean_output(y: Floats, mean: Floats, account: Indices) -> dict[str, metrics.Interval]:
    """Divide the total of the mean output by the true one: on all posts, without the largest."""
    true = np.expm1(y)

    def ratio(name: str, rows: Indices) -> dict[str, metrics.Interval]:
        return metrics.cluster_bootstrap(
            account[rows],
            lambda drawn: {name: metrics.total_ratio(true[rows][drawn], mean[rows][drawn])},
        )

    found = ratio("mean's total ratio", np.arange(len(y)))
    kept = metrics.without_largest(true, account)
    return found | (ratio("without each account's largest", kept) if len(kept) else {})


def _interval_table(pooled: ByModel, y: Floats, rows: Indices) -> pa.Table:
    """Measure every model's intervals by fifth of its predictions."""
    found: list[dict[str, object]] = []
    for mode in MODES:
        for name, pool in pooled.items():
            out = pool[mode]
            by_band = metrics.interval_metrics(y, out.low[rows], out.high[rows], out.log[rows])
            found += [{"rung": name, "history": mode, **row} for row in by_band]
    return pa.Table.from_pylist(found)


PUBLISHED: Sequence[tuple[str, float, float]] = (
    ("published: DistilBERT text", 12.3, 0.62),
    ("published: CLIP text and image", 9.7, 0.71),
)
NOT_COMPARABLE = "no split or unit was stated: not comparable"


def _few_likes_table(pooled: ByModel, y: Floats, rows: Indices) -> pa.Table:
    """Score the posts of few likes in counts, beside published figures."""
    few = np.expm1(y) <= FEW_LIKES
    found: list[dict[str, object]] = [
        {"what": what, "mae": mae, "r2": r2, "note": NOT_COMPARABLE} for what, mae, r2 in PUBLISHED
    ]
    if few.any():
        true = np.expm1(y[few])
        for name in ("account median", "moving average", "stack"):
            predicted = np.expm1(pooled[name]["online"].log[rows][few])
            found.append(
                {
                    "what": name,
                    "mae": metrics.mae(true, predicted),
                    "r2": metrics.r2(true, predicted),
                    "note": f"online, {few.sum():,} posts of at most {FEW_LIKES}, counts",
                }
            )
    return pa.Table.from_pylist(found)
