"""Every model beside the baselines it has to beat, on the same posts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, silent
from heads import cards, metrics
from heads.arrays import Indices
from heads.augment.views import gather_views, parse_kinds
from heads.data import splits
from heads.data.counts import days_until_known, parse_after
from heads.data.features import gather, parse_inputs, read_profile
from heads.data.history import Mode, check_delay
from heads.data.posts import Posts, load_posts
from heads.likes.ladder import Fitted, fit_ladder
from heads.likes.pair_table import Contestants, score_pairs
from heads.likes.score_tables import few_likes_table, interval_table, score_table
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
                value, low, high = (cards.number(row[key], 3) for key in ("value", "low", "high"))
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
    fitted = fit_ladder(material, every, label_delay, seed, progress)
    pooled = fitted.predictions
    rows = np.flatnonzero(np.any([fold.test for fold in every], axis=0))
    y, account = posts.y[rows], posts.account[rows]
    return Evaluation(
        score_table(pooled, y, account, rows),
        interval_table(pooled, y, rows),
        few_likes_table(pooled, y, rows),
        *_pair_tables(posts, fitted, rows, parted),
        len(rows),
        len(np.unique(account)),
        parted.text,
        metrics.resampling(account),
        posts.reposts_left_out,
    )


def _pair_tables(
    posts: Posts, fitted: Fitted, rows: Indices, split: splits.Split
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
