"""The same models on chosen posts, split at random and in time: like for like.

Published figures are often of posts of at most so many likes, split at random. A head that
learned from all posts looks bad on such a choice, since it was made by what is to be predicted:
of a post that could have had 500 likes, only what fell short is looked at. Learned from the same
choice, figures can be compared. What a split at random flatters, the one in time beside it shows.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, silent, told
from heads import metrics
from heads.arrays import Floats
from heads.data.features import Material
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.fit import online_view
from heads.likes.models import baselines, head
from heads.likes.models.head import Predictions
from heads.likes.score_tables import NOT_COMPARABLE, PUBLISHED
from heads.likes.task import Options, Task, read_task
from heads.stores import StoreLike, as_store

RANDOM = "random:0"


@dataclass(frozen=True)
class Selected:
    """Scores of models that learned from chosen posts and are scored on such posts.

    Attributes
    ----------
    rungs : pyarrow.Table
        A row for each split and model: split, rung, posts (that are scored), mae, mae_low,
        mae_high, r2, r2_low, r2_high (all of counts), log_rmse and note.
    resampling : str
        What the bootstrap draws.
    reposts_left_out, crossposts_left_out : int
        Reposts, and later copies of a text, that are neither learned from nor scored.
    """

    rungs: pa.Table
    resampling: str
    reposts_left_out: int
    crossposts_left_out: int


def evaluate_selected(
    store: StoreLike, options: Options, *, seed: int = 0, progress: Progress = silent
) -> Selected:
    """Fit and score on the posts that `options.where` chooses, at random and in time.

    Parameters
    ----------
    store : Store or path
        The store.
    options : Options
        What is asked for; its split, or the latest fifth, is the one in time.
    seed : int
        Seed of bagging, and of the networks' weights.
    progress : callable
        Told of each split.
    """
    opened = as_store(store)
    first = read_task(opened, replace(options, split=RANDOM))
    second = read_task(opened, options, first)
    rows: list[dict[str, object]] = []
    for task in told(progress, "fit and score", (first, second), "splits"):
        rows += _rows(task, seed)
    posts = first.material.posts
    return Selected(
        pa.Table.from_pylist(rows),
        metrics.resampling(posts.account[second.fold.test]),
        posts.reposts_left_out,
        posts.left_out["crossposts"],
    )


def _rows(task: Task, seed: int) -> list[dict[str, object]]:
    """Score every model on one split."""
    material, fold = task.material, task.fold
    test = np.flatnonzero(fold.test)
    y, account = material.posts.y[test], material.posts.account[test]
    found: list[dict[str, object]] = []
    for rung, predicted in _predicted(material, fold, task, seed).items():
        scores = metrics.with_intervals(y, predicted[test], account)
        row: dict[str, object] = {"split": task.split.text, "rung": rung, "posts": len(test)}
        for name in ("mae", "r2"):
            value, low, high = metrics.defined(scores[name])
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        found.append(row | {"log_rmse": scores["log_rmse"][0], "note": ""})
    if task.split.text == RANDOM:
        nothing = dict.fromkeys(
            ("posts", "mae_low", "mae_high", "r2_low", "r2_high", "log_rmse"), None
        )
        found += [
            {"split": "?", "rung": rung, "mae": mae, "r2": r2, "note": NOT_COMPARABLE} | nothing
            for rung, mae, r2 in PUBLISHED
        ]
    return found


def _predicted(material: Material, fold: Fold, task: Task, seed: int) -> dict[str, Floats]:
    """Predict all posts with every model, log1p."""
    posts, inputs = material.posts, material.inputs
    seen = online_view(material, fold, task.delay)
    found = {
        "account mean": _account_mean(posts, fold),
        "account median": baselines.medians(posts, fold.train)["account median"],
    }

    def classic(*groups: str) -> Predictions:
        """Fit a network on vectors alone, as the published models are."""
        part = replace(
            material,
            inputs=replace(
                inputs, groups=groups, images=inputs.images if "image" in groups else ()
            ),
        )
        model, matrix = head.fit(part, fold, seen, model="mlp", residual=False, seed=seed)
        return model.predict(matrix)

    if inputs.has("text"):
        found["text alone, network"] = classic("text").log
    if inputs.has("text") and inputs.has("image"):
        found["text and image, network"] = classic("text", "image").log
    stack, matrix = head.fit(material, fold, seen, seed=seed)
    out = stack.predict(matrix)
    found["moving average"] = baselines.moving_average(posts, fold.train, matrix.past)
    return found | {"stack": out.log, "stack, its mean": np.log1p(out.mean)}


def _account_mean(posts: Posts, fold: Fold) -> Floats:
    """Average the counts of each account's training posts, of all where it has none; log1p."""
    train, size = fold.train, int(posts.account.max()) + 1
    total = np.bincount(posts.account[train], posts.kpi[train], minlength=size)
    count = np.bincount(posts.account[train], minlength=size)
    mean = np.where(count > 0, total / np.maximum(count, 1), posts.kpi[train].mean())
    return np.asarray(np.log1p(mean[posts.account]))
