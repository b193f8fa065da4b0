"""Every model beside the baselines it has to beat, on the same posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from os import PathLike

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, silent
from heads import cards, metrics
from heads.arrays import Indices
from heads.augment.views import gather_views, parse_kinds
from heads.data.history import Mode
from heads.likes.bands import band_table
from heads.likes.ladder import MODES, Fitted, fit_baselines, fit_ladder
from heads.likes.others import PredictionsLike, read_others
from heads.likes.pair_table import Contestants, score_pairs
from heads.likes.score_tables import few_likes_table, interval_table, score_table
from heads.likes.task import Options, Task, read_task
from heads.stores import StoreLike, as_store


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
    bands : pyarrow.Table
        Intervals and means of the stack (where there is none, of the last model) apart by level,
        by posts known and by source (`heads.likes.bands`).
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
    reposts_left_out, crossposts_left_out : int
        Reposts, and later copies of a text, that are neither learned from nor scored.
    unit : float
        What a count of 1 stands for in all figures; below 1 where ratios are predicted.
    """

    rungs: pa.Table
    intervals: pa.Table
    bands: pa.Table
    few: pa.Table
    pairs: pa.Table
    chances: pa.Table
    posts: int
    accounts: int
    split: str
    resampling: str
    reposts_left_out: int
    crossposts_left_out: int
    unit: float

    def summary(self, history: Mode, names: Sequence[str]) -> pa.Table:
        """Tabulate the named metrics of every model under a history: ``0.82 [0.66, 1.02]``."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rungs.to_pylist():
            if row["history"] == history and row["metric"] in names:
                value, low, high = (cards.number(row[key], 3) for key in ("value", "low", "high"))
                shown = value if row["low"] is None else f"{value} [{low}, {high}]"
                found.setdefault(row["rung"], {})[row["metric"]] = shown
        columns: dict[str, list[str]] = {"rung": list(found)}
        for name in names:
            columns[name] = [values.get(name, "") for values in found.values()]
        return pa.table(columns)

    def band_summary(self, history: Mode) -> pa.Table:
        """Tabulate coverage and totals by band under a history, with their intervals."""
        found: list[dict[str, object]] = []
        for row in self.bands.to_pylist():
            if row["history"] == history:
                shown = {
                    name: "{} [{}, {}]".format(
                        *(cards.number(row[name + end], 3) for end in ("", "_low", "_high"))
                    )
                    for name in ("coverage", "total_ratio")
                }
                found.append(
                    {name: row[name] for name in ("by", "band", "posts", "level")}
                    | {"coverage": shown["coverage"], "of accounts": row["of_accounts"]}
                    | {name: row[name] for name in ("below", "above", "width", "score")}
                    | {"total of means / true": shown["total_ratio"]}
                )
        return pa.Table.from_pylist(found)

    def pair_summary(self, time: str) -> pa.Table:
        """Tabulate the accuracy on pairs by least ratio; `time` is ``as posted`` or ``equal``."""
        found: dict[str, dict[str, str]] = {}
        for row in self.pairs.to_pylist():
            if row["time"] == time:
                value, low, high = (cards.number(row[key], 3) for key in ("value", "low", "high"))
                shown = value if row["low"] == row["high"] else f"{value} [{low}, {high}]"
                name = "all" if row["ratio"] == 1 else f"ratio ≥ {row['ratio']:g}"
                found.setdefault(row["rung"], {})[name] = shown
        names = dict.fromkeys(name for values in found.values() for name in values)
        return pa.table(
            {"rung": list(found)}
            | {name: [values.get(name, "") for values in found.values()] for name in names}
        )


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
    crossposts: bool = False,
    where: str | None = None,
    others: Mapping[str, PredictionsLike] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Fit and score every model beside the baselines it has to beat; nothing is put on record.

    Company and few-shot splits pool their five folds. Parameters are those of `fit_likes`;
    with `augment` there is one more model, the stack that learned from other views too.

    Parameters
    ----------
    others : mapping, optional
        Predictions that were made elsewhere, by name: a table or a file, as for
        `evaluate_predictions`.

    Raises
    ------
    InputError
        An option can't be used.
    """
    # Views of posts are kept in the store.
    store = as_store(store, write=augment is not None)
    options = Options(kpi, inputs, split, label_delay, after, profile, reposts, crossposts, where)
    task = read_task(store, options)
    given = read_others(task, others or {})
    material = task.material
    kinds = parse_kinds(augment)
    if kinds:
        learned = np.flatnonzero(np.any([fold.train for fold in task.folds], axis=0))
        views = gather_views(
            store, material.posts, material.inputs, kinds, learned, progress=progress
        )
        material = replace(material, views=views)
    fitted = fit_ladder(material, task.folds, task.delay, seed, progress)
    return _scored(task, replace(fitted, predictions=fitted.predictions | given))


def evaluate_predictions(
    store: StoreLike,
    predictions: PredictionsLike | Mapping[str, PredictionsLike],
    *,
    kpi: str = "likes",
    split: str | None = None,
    label_delay: float = 0,
    after: str | timedelta | None = None,
    reposts: bool = False,
    crossposts: bool = False,
    where: str | None = None,
) -> Evaluation:
    """Score predictions that were made elsewhere, beside the medians and the moving average.

    Nothing is fitted, so it takes seconds. `evaluate_likes` with `others` scores them beside the
    whole ladder. A prediction stands in both histories' tables: what it knew, only its maker
    knows.

    Parameters
    ----------
    store : Store or path
        The store.
    predictions : table or file, or a mapping of them by name
        An Arrow table, a pandas or polars frame, or a Parquet or CSV file: `post_id`, or `id`
        and perhaps `source`; `likes` (the count); perhaps `low` and `high` (a 90% interval) and
        `mean`. Every post that the split scores needs one; others are not looked at.
    kpi, split, label_delay, after, reposts, crossposts, where
        As for `fit_likes`; they say which posts are scored.

    Raises
    ------
    InputError
        A post that is scored has no prediction, or an option can't be used.
    """
    store = as_store(store)
    options = Options(kpi, "history", split, label_delay, after, None, reposts, crossposts, where)
    task = read_task(store, options)
    named = predictions if isinstance(predictions, Mapping) else {"predictions": predictions}
    given = read_others(task, named)
    plain = fit_baselines(task.material, task.folds, task.delay)
    return _scored(task, replace(plain, predictions=plain.predictions | given))


def _scored(task: Task, fitted: Fitted) -> Evaluation:
    """Tabulate the scores of all models on the posts that any fold tests."""
    posts, pooled = task.material.posts, fitted.predictions
    rows = np.flatnonzero(np.any([fold.test for fold in task.folds], axis=0))
    y, account = posts.y[rows], posts.account[rows]
    judged = pooled.get("stack", list(pooled.values())[-1])
    return Evaluation(
        score_table(pooled, y, account, rows),
        interval_table(pooled, y, rows),
        band_table(posts, rows, {mode: judged[mode] for mode in MODES}, fitted.known),
        few_likes_table(pooled, y, rows),
        *_pair_tables(task, fitted, rows),
        len(rows),
        len(np.unique(account)),
        task.split.text,
        metrics.resampling(account),
        posts.reposts_left_out,
        posts.left_out["crossposts"],
        task.unit,
    )


def _pair_tables(task: Task, fitted: Fitted, rows: Indices) -> tuple[pa.Table, pa.Table]:
    """Score pairs, where both posts of one have the same history."""
    kind, posts = task.split.kind, task.material.posts
    if kind == "random" or (kind == "given" and task.fold.until is None):
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
