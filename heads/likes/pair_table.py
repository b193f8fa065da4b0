"""Tables of pairs: how often each model tells the better post, and how sure it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from heads import metrics
from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.posts import Posts
from heads.data.splits import Fold
from heads.likes.ceiling import ceiling, find_repeats
from heads.likes.models.content import own_kernel_scores, residuals, ridge_scores
from heads.likes.models.covariance import Parameters, centered
from heads.likes.models.differences import Differences
from heads.likes.models.kernel import Kernel
from heads.likes.pairs import (
    Pairs,
    accuracy,
    accuracy_gain,
    agreement,
    at_least,
    find_pairs,
    typical_enough,
)

STACK = "stack"
BANDS = (0.5, 0.55, 0.6, 0.65, 0.7, 1.0)
"""Ends of the bands that chances are tabulated in."""


@dataclass(frozen=True)
class Contestants:
    """What judges pairs; arrays of shape (n,), row for row with the posts.

    Attributes
    ----------
    frozen : dict
        By model, predictions in log1p with what was known before the split.
    level : dict
        The same as if each account had made its posts at one moment.
    chances : list of (mask, Differences)
        Of each fold, the posts it tests and what its stack learned of differences.
    """

    frozen: Mapping[str, Floats]
    level: Mapping[str, Floats]
    chances: Sequence[tuple[Mask, Differences | None]]


@dataclass(frozen=True)
class PairTables:
    """Scores on pairs.

    Attributes
    ----------
    accuracy : pyarrow.Table
        rung, time (``as posted``, or ``equal``: both posts set to one moment), ratio (least
        ratio of the two counts), pairs, accounts, value (share that is ordered rightly), low,
        high, and gain, gain_low, gain_high: by how much the stack is better than this rung (where
        there is no stack, the last rung).
    chances : pyarrow.Table
        The stack's chances that the likelier post does better: from, to, pairs, predicted,
        true; the last row is of all, with the expected calibration error as `error`.
    """

    accuracy: pa.Table
    chances: pa.Table


def content_scores(
    posts: Posts, fold: Fold, vectors: Vectors | None, kernel: Kernel | None
) -> dict[str, Floats]:
    """Score every post by its content alone, in ways that a stack has to beat.

    Parameters
    ----------
    posts, fold
        The posts, and those to learn from.
    vectors : array, shape (n, dim), float32, optional
        By which content is compared.
    kernel : Kernel, optional
        Whose variances and length scale the account's own kernel takes.
    """
    found = {
        "coin": np.zeros(len(posts)),
        "longer text": np.array([len(text) for text in posts.texts], dtype=np.float64),
    }
    if vectors is not None:
        learned = residuals(posts, fold.train)
        moment = posts.time.astype(np.int64).astype(np.float64)
        found["ridge on residuals"] = ridge_scores(vectors, moment, learned)
        p = kernel.parameters if kernel is not None else Parameters()
        some = vectors[fold.train]
        center = np.nan_to_num(np.nanmean(some, axis=0)) if len(some) else vectors[0] * 0
        found["account's own kernel"] = own_kernel_scores(
            posts,
            centered(vectors, tuple(center.tolist())),
            learned,
            signal=p.account_text,
            noise=p.noise,
            reach=p.reach,
        )
    return found


def score_pairs(posts: Posts, rows: Indices, judged: Contestants) -> PairTables:
    """Score every model on the pairs among some posts.

    Parameters
    ----------
    posts : Posts
        All posts.
    rows : array, shape (m,), int64
        Posts that are scored.
    judged : Contestants
        What judges them.
    """
    pairs, y, account = _pairs_of(posts, rows)
    everyone = np.arange(len(pairs))
    typical = np.flatnonzero(typical_enough(posts.y, posts.account)[rows][pairs.first])
    found: list[dict[str, object]] = []
    chosen = pairs.take(typical)
    true, whose = chosen.difference(y), account[typical]
    for when, models in (("as posted", judged.frozen), ("equal", judged.level)):
        # Where no stack was fitted, gains are of what comes last.
        last = STACK if STACK in models else list(models)[-1]
        stack = chosen.difference(models[last][rows])
        for name, values in models.items():
            predicted = chosen.difference(values[rows])
            for ratio, interval in accuracy(true, predicted, whose).items():
                some = np.flatnonzero(at_least(true, ratio))
                gain = (
                    accuracy_gain(true[some], predicted[some], stack[some], whose[some])
                    if len(some)
                    else metrics.without_interval(float("nan"))
                )
                found.append(
                    {
                        "rung": name,
                        "time": when,
                        "ratio": ratio,
                        "pairs": len(some),
                        "accounts": len(np.unique(whose[some])),
                        **metrics.as_row(interval),
                        **dict(
                            zip(
                                ("gain", "gain_low", "gain_high"),
                                metrics.defined(gain),
                                strict=True,
                            )
                        ),
                    }
                )
    found += _ceiling_rows(posts, true, whose)
    chances = _chances(pairs, rows, judged, pairs.difference(y), everyone)
    return PairTables(pa.Table.from_pylist(found), chances)


def _pairs_of(posts: Posts, rows: Indices) -> tuple[Pairs, Floats, Indices]:
    """Find pairs among some posts; returns them with the posts' labels and pairs' accounts."""
    texts = [posts.texts[row] for row in rows.tolist()]
    pairs = find_pairs(posts.time[rows], posts.account[rows], texts)
    return pairs, posts.y[rows], posts.account[rows][pairs.first]


def _ceiling_rows(posts: Posts, scored: Floats, whose: Indices) -> list[dict[str, object]]:
    """Tabulate what a perfect reader could reach; nothing where no text was repeated."""
    rows = np.flatnonzero(posts.known & typical_enough(posts.y, posts.account))
    pairs, y, _ = _pairs_of(posts, rows)
    texts = [posts.texts[row] for row in rows.tolist()]
    repeats = find_repeats(posts.time[rows], posts.account[rows], texts)
    if not len(scored):
        return []
    found = ceiling(y, posts.account[rows], repeats, pairs, scored)
    if found is None:
        return []
    return [
        {
            "rung": f"ceiling: {found.repeats} repeated texts of {found.accounts} accounts",
            "time": "equal",
            "ratio": ratio,
            "pairs": int(at_least(scored, ratio).sum()),
            "accounts": len(np.unique(whose[at_least(scored, ratio)])),
            **metrics.as_row(interval),
            "gain": None,
            "gain_low": None,
            "gain_high": None,
        }
        for ratio, interval in found.accuracy.items()
    ]


def _chances(
    pairs: Pairs, rows: Indices, judged: Contestants, true: Floats, places: Indices
) -> pa.Table:
    """Tabulate the stack's chances beside what came true, on all pairs."""
    chance = np.full(len(pairs), np.nan)
    if STACK not in judged.level:
        return pa.table({})
    log = judged.level[STACK][rows]
    for test, differences in judged.chances:
        if differences is not None:
            mine = places[test[rows][pairs.first]]
            chance[mine] = differences.beats(log[pairs.first[mine]], log[pairs.second[mine]])
    known = np.isfinite(chance)
    chance, true = chance[known], true[known]
    right = agreement(true, chance - 0.5)
    likely = np.maximum(chance, 1 - chance)
    found: list[dict[str, float | None]] = []
    for low, high in pairwise(BANDS):
        inside = (likely >= low) & ((likely < high) | (high == BANDS[-1]))
        if inside.any():
            found.append(
                {
                    "from": low,
                    "to": high,
                    "pairs": int(inside.sum()),
                    "predicted": float(likely[inside].mean()),
                    "true": float(right[inside].mean()),
                    "error": None,
                }
            )
    if len(chance):
        won = agreement(np.ones(len(true)), true)
        found.append(
            {
                "from": BANDS[0],
                "to": BANDS[-1],
                "pairs": len(chance),
                "predicted": float(likely.mean()),
                "true": float(right.mean()),
                "error": metrics.calibration_error(chance, won),
            }
        )
    names = ("from", "to", "pairs", "predicted", "true", "error")
    return pa.table({name: [row[name] for row in found] for name in names})
