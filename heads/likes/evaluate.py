"""Every model beside the baselines it has to beat, on the same posts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, Step, silent
from heads import metrics, report
from heads.arrays import Floats, Indices
from heads.augment.views import gather_views, parse_kinds
from heads.data import splits
from heads.data.features import Inputs, Material, gather, parse_inputs, read_profile
from heads.data.history import Mode, view
from heads.data.posts import Posts, load_posts
from heads.data.splits import Fold
from heads.likes.models import baselines, head
from heads.likes.models import design as designs
from heads.likes.models.calibration import calibrate
from heads.likes.models.head import Predictions
from heads.stores import StoreLike, as_store

FEW_LIKES = 100
"""Posts of at most so many likes are also scored apart, as published figures were."""

AUGMENTED = "stack, augmented"
DIRECT = "stack, no residual"
"""The stack that learns the label itself, not what is left beyond the account's level."""

MODES: tuple[Mode, ...] = ("online", "frozen")


@dataclass(frozen=True)
class Ladder:
    """Result of an evaluation.

    Attributes
    ----------
    rungs : pyarrow.Table
        A row for each rung, history and metric: rung, history, metric, value, low, high.
        ``gain`` is the paired gain in log1p RMSE over the moving average, and
        ``gain over trees`` that over LightGBM on history and time.
    intervals : pyarrow.Table
        Coverage and width of every rung's 90% intervals by fifth of predicted level.
    few : pyarrow.Table
        MAE and R² on posts of at most 100, beside published figures that are not comparable.
    posts, accounts : int
        How many were scored.
    split : str
        The split.
    """

    rungs: pa.Table
    intervals: pa.Table
    few: pa.Table
    posts: int
    accounts: int
    split: str

    def summary(self, history: Mode, names: Sequence[str]) -> pa.Table:
        """A row for each rung of a history, the named metrics as columns: ``0.82 [0.66, 1.02]``."""
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


Rungs = dict[str, dict[Mode, Predictions]]
"""Predictions of every post by rung and history."""


def evaluate_likes(
    store: StoreLike,
    *,
    kpi: str = "likes",
    inputs: str | None = None,
    split: str | None = None,
    label_delay: float = 0,
    profile: str | PathLike[str] | None = None,
    augment: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Ladder:
    """Fit and score the whole ladder; nothing is put on record.

    Company and few-shot splits pool their five folds. Parameters are those of `fit_likes`;
    with `augment` there is one more rung, the stack that learned from other views too.

    Raises
    ------
    InputError
        An option can't be used.
    """
    store = as_store(store)
    posts = load_posts(store, kpi)
    facts = read_profile(Path(profile)) if profile is not None else {}
    chosen = parse_inputs(inputs, store, profile=profile is not None)
    parted = splits.choose_split(posts, split)
    material = gather(store, posts, chosen, facts)
    every = splits.folds(posts, parted)
    kinds = parse_kinds(augment)
    if kinds:
        learned = np.flatnonzero(np.any([fold.train for fold in every], axis=0))
        views = gather_views(store, posts, chosen, kinds, learned, progress=progress)
        material = replace(material, views=views)
    scored = np.zeros(len(posts), dtype=bool)
    pools: Rungs = {}
    for fold in every:
        progress(Step("fit and score", fold.number, len(every), "folds"))
        scored |= fold.test
        for rung, by_mode in _fold(material, fold, label_delay, seed).items():
            pool = pools.setdefault(rung, {mode: _nothing(len(posts)) for mode in MODES})
            for mode, predicted in by_mode.items():
                for name in ("log", "low", "high", "mean"):
                    getattr(pool[mode], name)[fold.test] = getattr(predicted, name)[fold.test]
    rows = np.flatnonzero(scored)
    y, account = posts.y[rows], posts.account[rows]
    return Ladder(
        _rungs(pools, y, account, rows),
        _intervals(pools, y, rows),
        _few(pools, y, rows),
        len(rows),
        len(np.unique(account)),
        parted.text,
    )


def _nothing(count: int) -> Predictions:
    return Predictions(*(np.full(count, np.nan) for _ in range(4)))


def _fold(material: Material, fold: Fold, delay: float, seed: int) -> Rungs:
    """Predictions of every rung."""
    posts = material.posts
    views = {
        mode: view(posts, mode=mode, until=fold.until, delay_days=delay, known=fold.known)
        for mode in MODES
    }
    late = _late(fold)
    early = fold.train.copy()
    early[late] = False
    # A median of posts that are in it is too near to them: errors are those of earlier ones.
    unaware = baselines.medians(posts, early if early.any() else fold.train)
    found: Rungs = {
        name: dict.fromkeys(MODES, _with_errors(posts, late, unaware[name], values))
        for name, values in baselines.medians(posts, fold.train).items()
    }
    plain = replace(material, views=())
    fitted, learned = head.fit(plain, fold, views["online"], seed=seed)
    matrices = {
        "online": learned,
        # Where no date parts the posts, both histories are the same.
        "frozen": learned
        if fold.until is None
        else designs.apply(fitted.design, plain, views["frozen"]),
    }
    average = {
        mode: baselines.moving_average(posts, fold.train, matrices[mode].past) for mode in MODES
    }
    found["moving average"] = {
        mode: _with_errors(posts, late, average["online"], average[mode]) for mode in MODES
    }
    for rung, inputs in _tree_rungs(material.inputs).items():
        part = replace(plain, inputs=inputs)
        trees_design = designs.learn(
            part, views["online"], fold.train, model="lgbm", residual=False, cold=fold.cold
        )
        at = {mode: _columns_of(matrices[mode], inputs, trees_design.mean) for mode in MODES}
        trees = head.fit_matrix(posts, fold, trees_design, at["online"], seed=seed)
        found[rung] = {mode: trees.predict(at[mode]) for mode in MODES}
    if not fold.cold and material.inputs.has("history"):
        whole = replace(fitted.design, residual=False)
        start = np.full(len(posts), whole.mean)
        levels = {mode: replace(matrices[mode], base=start) for mode in MODES}
        direct = head.fit_matrix(posts, fold, whole, levels["online"], seed=seed)
        found[DIRECT] = {mode: direct.predict(levels[mode]) for mode in MODES}
    found["stack"] = {mode: fitted.predict(matrices[mode]) for mode in MODES}
    if material.views:
        again = designs.apply(fitted.design, material, views["online"])
        more = head.fit_matrix(posts, fold, fitted.design, again, seed=seed)
        found[AUGMENTED] = {mode: more.predict(matrices[mode]) for mode in MODES}
    return found


def _late(fold: Fold) -> Indices:
    """The last training posts in time: where a date parts the posts, a head's validation slices."""
    train = np.flatnonzero(fold.train)
    return train[int(head.FIRST_SLICE * len(train)) :]


def _with_errors(posts: Posts, late: Indices, learned: Floats, predicted: Floats) -> Predictions:
    """A baseline with an interval and a mean, from the errors of `learned` on late training posts.

    They are calibrated as a head's are.
    """
    found = calibrate(posts.y[late], learned[late], np.ones(len(late)))
    low, high = found.interval(predicted, np.ones(len(predicted)))
    return Predictions(predicted, low, high, found.mean(predicted))


def _tree_rungs(inputs: Inputs) -> dict[str, Inputs]:
    """LightGBM on history and time, and with what the post says beside them."""
    rungs: dict[str, tuple[str, ...]] = {"lgbm: history, time": ("history", "time")}
    if {"text", "image", "form"} & set(inputs.groups):
        content = tuple(group for group in inputs.groups if group != "neighbours")
        rungs["lgbm: without neighbours"] = content
    return {
        name: replace(inputs, groups=tuple(group for group in groups if inputs.has(group)))
        for name, groups in rungs.items()
        if any(inputs.has(group) for group in groups)
    }


def _columns_of(matrix: designs.Matrix, inputs: Inputs, mean: float) -> designs.Matrix:
    """The matrix of fewer groups, for trees that learn the label itself."""
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


def _rungs(pools: Rungs, y: Floats, account: Indices, rows: Indices) -> pa.Table:
    found: list[dict[str, object]] = []

    def add(rung: str, mode: str, values: dict[str, metrics.Interval]) -> None:
        found.extend(
            {"rung": rung, "history": mode, "metric": name, "value": v, "low": a, "high": b}
            for name, (v, a, b) in ((key, metrics.defined(each)) for key, each in values.items())
        )

    trees = next((name for name in pools if name == "lgbm: history, time"), None)
    for mode in MODES:
        average = pools["moving average"][mode].log[rows]
        for rung, pool in pools.items():
            predicted = pool[mode].log[rows]
            values = metrics.with_intervals(y, predicted, account)
            values |= _interval_metrics(y, pool[mode], account, rows)
            values["gain"] = metrics.paired_gain(y, average, predicted, account)
            if rung in (AUGMENTED, DIRECT):
                stack = pools["stack"][mode].log[rows]
                values["gain over stack"] = metrics.paired_gain(y, stack, predicted, account)
            if rung == "stack":
                reference = pools["global median"][mode].log[rows]
                values["gain over global median"] = metrics.paired_gain(
                    y, reference, predicted, account
                )
                if trees is not None:
                    reference = pools[trees][mode].log[rows]
                    values["gain over trees"] = metrics.paired_gain(
                        y, reference, predicted, account
                    )
                values |= _mean_output(y, pool[mode].mean[rows], account)
            add(rung, mode, values)
    return pa.Table.from_pylist(found)


def _interval_metrics(
    y: Floats, out: Predictions, account: Indices, rows: Indices
) -> dict[str, metrics.Interval]:
    """Coverage and width of the 90% intervals."""
    low, high = out.low[rows], out.high[rows]
    return metrics.cluster_bootstrap(
        account,
        lambda drawn: {
            "coverage": metrics.coverage(y[drawn], low[drawn], high[drawn]),
            "width": float(np.mean(high[drawn] - low[drawn])),
        },
    )


def _mean_output(y: Floats, mean: Floats, account: Indices) -> dict[str, metrics.Interval]:
    """Total of the mean output over the true one, on all posts and without the largest."""
    true = np.expm1(y)

    def ratio(name: str, rows: Indices) -> dict[str, metrics.Interval]:
        return metrics.cluster_bootstrap(
            account[rows],
            lambda drawn: {name: metrics.total_ratio(true[rows][drawn], mean[rows][drawn])},
        )

    found = ratio("mean's total ratio", np.arange(len(y)))
    kept = metrics.without_largest(true, account)
    return found | (ratio("without each account's largest", kept) if len(kept) else {})


def _intervals(pools: Rungs, y: Floats, rows: Indices) -> pa.Table:
    found: list[dict[str, object]] = []
    for mode in MODES:
        for rung, pool in pools.items():
            out = pool[mode]
            by_band = metrics.interval_metrics(y, out.low[rows], out.high[rows], out.log[rows])
            found += [{"rung": rung, "history": mode, **row} for row in by_band]
    return pa.Table.from_pylist(found)


PUBLISHED: Sequence[tuple[str, float, float]] = (
    ("published: DistilBERT text", 12.3, 0.62),
    ("published: CLIP text and image", 9.7, 0.71),
)
NOT_COMPARABLE = "no split or unit was stated: not comparable"


def _few(pools: Rungs, y: Floats, rows: Indices) -> pa.Table:
    few = np.expm1(y) <= FEW_LIKES
    found: list[dict[str, object]] = [
        {"what": what, "mae": mae, "r2": r2, "note": NOT_COMPARABLE} for what, mae, r2 in PUBLISHED
    ]
    if few.any():
        true = np.expm1(y[few])
        for rung in ("account median", "moving average", "stack"):
            predicted = np.expm1(pools[rung]["online"].log[rows][few])
            found.append(
                {
                    "what": rung,
                    "mae": metrics.mae(true, predicted),
                    "r2": metrics.r2(true, predicted),
                    "note": f"online, {few.sum():,} posts of at most {FEW_LIKES}, counts",
                }
            )
    return pa.Table.from_pylist(found)
