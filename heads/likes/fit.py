"""Train a head on a store and put it on record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any, get_args

import numpy as np

from embedstore.errors import InputError
from embedstore.progress import Progress, Step, silent
from embedstore.store import Store
from heads import metrics, runs
from heads.augment.views import gather_views, parse_kinds
from heads.data import splits
from heads.data.counts import spell_after
from heads.data.features import Material
from heads.data.history import History, View, check_delay, view
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.card import write_card
from heads.likes.models import baselines, head
from heads.likes.models.design import Model
from heads.likes.models.head import Predictions
from heads.likes.plots import draw_plots
from heads.likes.saved import write_model
from heads.likes.task import Options, Task, read_task
from heads.runs import Run
from heads.stores import StoreLike


def fit_likes(
    store: StoreLike,
    *,
    kpi: str = "likes",
    model_name: Model = "stack",
    inputs: str | None = None,
    split: str | None = None,
    label_delay: float = 0,
    after: str | timedelta | None = None,
    profile: str | PathLike[str] | None = None,
    residual: bool = True,
    augment: str | None = None,
    reposts: bool = False,
    crossposts: bool = False,
    where: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Run:
    """Train a head that predicts an engagement count, and keep it in the store's ``runs/``.

    Parameters
    ----------
    store : Store or path
        The store; its cached vectors are all that is needed.
    kpi : str
        Engagement count to predict: a column of the store (`heads.data.counts.KPIS`),
        ``extra.NAME`` for a number in the column `extra`, or an expression of them, of
        ``followers``, numbers, ``+ - * /`` and parentheses, such as ``likes + 2 * shares``. A
        post has it if it has all counts in it. Ratios are learned in a unit of their size;
        predictions are of the ratio itself.
    model_name : {"stack", "lgbm", "mlp"}
        ``lgbm`` is trees alone and ``mlp`` a network alone; ``stack`` puts a causal Gaussian
        process's predictions under both and blends them.
    inputs : str, optional
        Groups by commas; everything the store has by default.
    split : str, optional
        ``time:DATE``, ``company:FOLD/5``, ``fewshot:K``, ``random:SEED``, ``column:NAME`` (a
        column, or a value of `extra`, that says ``train`` or ``test``) or ``ids:FILE`` (ids of
        the posts to score, one a line; or a CSV with the columns id and split); the latest fifth
        of the posts is held out by default.
    label_delay : float
        Days until a post's label is known.
    after : str or timedelta, optional
        Predict the count at this age of a post, such as ``24h``, from readings of `observations`
        on either side of it, at most half and twice as old; by default the latest count. A post
        then sees the counts of posts at least twice that age.
    profile : path, optional
        CSV of account facts.
    residual : bool
        Learn what the account's history leaves open, not the count itself.
    augment : str, optional
        ``text``, ``image`` or both by a comma: learn from reworded texts and varied
        pictures too; they are encoded once and kept in the store.
    reposts : bool
        Learn from reposts too, whose counts are those of the original's author.
    crossposts : bool
        Learn from every copy of a text that was posted in several places within a day, not from
        the first alone (`heads.data.copies`).
    where : str, optional
        SQL condition on the columns of `posts`; others are as if they had no count.
    seed : int
        Seed of bagging, and of the network.
    progress : callable
        Told of what is encoded.

    Raises
    ------
    InputError
        An option can't be used, the store was opened read-only, or there are too few labelled
        posts.
    QueryError
        The condition is no expression over the columns of `posts`.
    StoreError
        The store can't be written to.
    """
    options = Options(kpi, inputs, split, label_delay, after, profile, reposts, crossposts, where)
    return fit_kpis(
        store,
        [kpi],
        options,
        model_name=model_name,
        residual=residual,
        augment=augment,
        seed=seed,
        progress=progress,
    )[0]


def fit_kpis(
    store: StoreLike,
    kpis: Sequence[str],
    options: Options,
    *,
    model_name: Model = "stack",
    residual: bool = True,
    augment: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Run]:
    """Train a head for each of several counts, as `fit_likes` does; vectors are read once.

    Parameters
    ----------
    kpis : sequence of str
        The counts. The first is fitted last: the newest head answers where none is named.
    options : Options
        What the heads have in common; its own `kpi` is not looked at.

    Returns
    -------
    list of Run
        In the order of `kpis`.
    """
    if model_name not in get_args(Model):
        raise InputError(
            f"there is no model {model_name!r}: choose from {', '.join(get_args(Model))}"
        )
    check_delay(options.label_delay)
    opened = runs.open_to_fit(store)
    # All are read before any is fitted: a count that can't be learned costs no time.
    tasks: list[Task] = []
    for kpi in kpis:
        tasks.append(read_task(opened, replace(options, kpi=kpi), tasks[0] if tasks else None))
    found = [
        _fit(opened, task, model_name, residual, augment, seed, progress)
        for task in reversed(tasks)
    ]
    return found[::-1]


def _fit(
    store: Store,
    task: Task,
    model_name: Model,
    residual: bool,
    augment: str | None,
    seed: int,
    progress: Progress,
) -> Run:
    """Train one head and put it on record."""
    material, fold, posts = task.material, task.fold, task.material.posts
    chosen, facts = material.inputs, material.profile
    kinds = parse_kinds(augment)
    if kinds:
        rows = np.flatnonzero(fold.train)
        views = gather_views(store, posts, chosen, kinds, rows, progress=progress)
        material = replace(material, views=views)
    seen = online_view(material, fold, task.delay)
    fitted, matrix = head.fit(
        material, fold, seen, model=model_name, residual=residual, seed=seed, progress=progress
    )
    progress(Step("score"))
    predicted = fitted.predict(matrix)
    test = np.flatnonzero(fold.test)
    scores = _scores(posts, fold, predicted, matrix.past) | task.left_out()
    until = fold.until if fold.until is not None else posts.time[posts.known].max()
    settings = {
        "kpi": task.options.kpi,
        "unit": task.unit,
        "where": task.options.where,
        "after": spell_after(task.horizon),
        "model": model_name,
        "inputs": list(chosen.groups),
        "texts": list(chosen.texts),
        "images": list(chosen.images),
        "near": chosen.near,
        "spaces": runs.fingerprints(store, tuple(material.vectors)),
        "profile": {name: dict(values) for name, values in facts.items()},
        "label_delay": task.delay,
        "residual": residual,
        "augment": list(kinds),
        "reposts": task.options.reposts,
        "crossposts": task.options.crossposts,
        "seed": seed,
        "until": str(until),
        "rows": splits.fingerprint(posts, fold),
        "counts": {
            "train": int(fold.train.sum()),
            "test": len(test),
            "without a count": scores["without_count"],
            "reposts left out": scores["reposts_left_out"],
            "cross-posts left out": scores["crossposts_left_out"],
        },
    }

    def write(folder: Path) -> None:
        write_model(fitted, folder)
        write_card(folder, task.split.text, settings, scores)
        draw_plots(
            folder, posts.time[test], posts.y[test], predicted.log[test], predicted.mean[test]
        )

    run = runs.save_run(
        store, "likes", split=task.split.text, settings=settings, metrics=scores, write=write
    )
    progress(Step("score", 1, 1))
    return run


def _scores(posts: Posts, fold: Fold, predicted: Predictions, past: History) -> dict[str, Any]:
    """Score the predictions of the test posts, alone and beside the baseline."""
    test = np.flatnonzero(fold.test)
    y, log, account = posts.y[test], predicted.log[test], posts.account[test]
    scores: dict[str, Any] = {
        name: list(metrics.defined(values))
        for name, values in metrics.with_intervals(y, log, account).items()
    }
    if fold.cold:
        over, baseline = "global median", baselines.medians(posts, fold.train)["global median"]
    else:
        over, baseline = "moving average", baselines.moving_average(posts, fold.train, past)
    gain = metrics.paired_gain(y, baseline[test], log, account)
    scores["gain"] = {"over": over, "log_rmse": list(metrics.defined(gain))}
    scores["resampling"] = metrics.resampling(account)
    scores["intervals"] = metrics.interval_metrics(
        y, predicted.low[test], predicted.high[test], log
    )
    return scores


def online_view(material: Material, fold: Fold, label_delay: float) -> View:
    """Return the view while learning: all earlier labels that the split lets be known."""
    return view(
        material.posts, mode="online", until=fold.until, delay_days=label_delay, known=fold.known
    )
