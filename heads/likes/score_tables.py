"""Tables of scores: every model's errors and gains, its intervals, and posts of few likes."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from heads import metrics
from heads.arrays import Floats, Indices
from heads.likes.ladder import AUGMENTED, DIRECT, MODES, TREES, ByModel
from heads.likes.models.head import Predictions

FEW_LIKES = 100
"""Posts of at most so many likes are also scored apart, as published figures were."""

PUBLISHED: Sequence[tuple[str, float, float]] = (
    ("published: DistilBERT text", 12.3, 0.62),
    ("published: CLIP text and image", 9.7, 0.71),
)
LIKE_FOR_LIKE = f'compare with --where "likes <= {FEW_LIKES}"'
NOT_COMPARABLE = "no split or unit was stated: not comparable"


def score_table(pooled: ByModel, y: Floats, account: Indices, rows: Indices) -> pa.Table:
    """Score every model on the test rows: rung, history, metric, value, low, high.

    Parameters
    ----------
    pooled : dict
        Predictions of every post, by model and history.
    y : array, shape (m,)
        Labels of the posts that are scored, log1p.
    account : array, shape (m,), int64
        Their accounts, which the bootstrap draws.
    rows : array, shape (m,), int64
        Their rows.
    """
    found = []
    for mode in MODES:
        for name, pool in pooled.items():
            values = metrics.with_intervals(y, pool[mode].log[rows], account)
            if _has_intervals(pool[mode], rows):
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


def interval_table(pooled: ByModel, y: Floats, rows: Indices) -> pa.Table:
    """Measure every model's intervals by fifth of its predictions.

    Parameters
    ----------
    pooled : dict
        Predictions of every post, by model and history.
    y : array, shape (m,)
        Labels of the posts that are scored, log1p.
    rows : array, shape (m,), int64
        Their rows.
    """
    found: list[dict[str, object]] = []
    for mode in MODES:
        for name, pool in pooled.items():
            out = pool[mode]
            if not _has_intervals(out, rows):
                continue
            by_band = metrics.interval_metrics(y, out.low[rows], out.high[rows], out.log[rows])
            found += [{"rung": name, "history": mode, **row} for row in by_band]
    return pa.Table.from_pylist(found)


def few_likes_table(pooled: ByModel, y: Floats, rows: Indices) -> pa.Table:
    """Score the posts of few likes in counts, beside published figures.

    Parameters
    ----------
    pooled : dict
        Predictions of every post, by model and history.
    y : array, shape (m,)
        Labels of the posts that are scored, log1p.
    rows : array, shape (m,), int64
        Their rows.
    """
    few = np.expm1(y) <= FEW_LIKES
    found: list[dict[str, object]] = [
        {"what": what, "mae": mae, "r2": r2, "note": NOT_COMPARABLE} for what, mae, r2 in PUBLISHED
    ]
    if few.any():
        true = np.expm1(y[few])
        for name in ("account median", "moving average", "stack"):
            if name not in pooled:
                continue
            predicted = np.expm1(pooled[name]["online"].log[rows][few])
            found.append(
                {
                    "what": name,
                    "mae": metrics.mae(true, predicted),
                    "r2": metrics.r2(true, predicted),
                    "note": f"{few.sum():,} posts, chosen by their outcome: {LIKE_FOR_LIKE}",
                }
            )
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


def _has_intervals(out: Predictions, rows: Indices) -> bool:
    """Tell whether every row has one: predictions that were made elsewhere may have none."""
    return bool(np.isfinite(out.low[rows]).all() and np.isfinite(out.high[rows]).all())


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
