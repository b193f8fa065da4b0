"""Where a head's intervals and means hold: by predicted level, by posts known, by source."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from heads import metrics
from heads.arrays import Floats, Indices, Mask
from heads.data.history import Mode
from heads.data.posts import Posts
from heads.likes.models.calibration import KNOWN
from heads.likes.models.head import Predictions

FIFTHS = 5


def band_table(
    posts: Posts,
    rows: Indices,
    predicted: Mapping[Mode, Predictions],
    known: Mapping[Mode, Floats],
) -> pa.Table:
    """Measure intervals and means apart, for posts that are alike before they are scored.

    Parameters
    ----------
    posts : Posts
        All posts.
    rows : array, shape (m,), int64
        Posts that are scored.
    predicted : dict
        One model's predictions of every post, by history.
    known : dict
        Labelled posts of its account that each post looks at, by history; NaN for none.

    Returns
    -------
    pyarrow.Table
        history; by (``all``, ``level``, ``posts known`` or ``source``) and band; posts,
        accounts, level (mean prediction, log1p); coverage of the 90% intervals with
        coverage_low and coverage_high, and of_accounts (the same with every account counting
        alike, as one of many posts can decide the other); below and above (shares that miss on
        either side); width (log1p); score (mean interval score, lower is better: Gneiting and
        Raftery, 2007); total_ratio (predicted over true total, of the mean) with
        its ends. Without rows where there is no interval or mean.
    """
    y, account = posts.y[rows], posts.account[rows]
    found: list[dict[str, object]] = []
    for mode, out in predicted.items():
        log, low, high, mean = (getattr(out, part)[rows] for part in ("log", "low", "high", "mean"))
        if not all(np.isfinite(values).all() for values in (low, high, mean)):
            continue
        for by, band, inside in _bands(log, known[mode][rows], posts.table["source"].take(rows)):
            some = np.flatnonzero(inside)
            if not len(some):
                continue
            covered = (y[some] >= low[some]) & (y[some] <= high[some])
            scored = _with_ends(covered, np.expm1(y[some]), mean[some], account[some])
            found.append(
                {
                    "history": mode,
                    "by": by,
                    "band": band,
                    "posts": len(some),
                    "accounts": len(np.unique(account[some])),
                    "level": float(log[some].mean()),
                    **scored["coverage"],
                    "of_accounts": _mean_by(covered, account[some]),
                    "below": float(np.mean(y[some] < low[some])),
                    "above": float(np.mean(y[some] > high[some])),
                    "width": float(np.mean(high[some] - low[some])),
                    "score": metrics.interval_score(y[some], low[some], high[some]),
                    **scored["total_ratio"],
                }
            )
    return pa.Table.from_pylist(found)


def _bands(log: Floats, known: Floats, source: pa.Array) -> Iterator[tuple[str, str, Mask]]:
    """Mark the posts of each band; bands of one kind hold every post once."""
    yield "all", "", np.ones(len(log), dtype=bool)
    place = np.argsort(np.argsort(log, kind="stable"), kind="stable") * FIFTHS // len(log)
    for fifth in range(FIFTHS):
        yield "level", f"fifth {fifth + 1}", place == fifth
    number = np.nan_to_num(known)
    for start, stop in zip(KNOWN, (*KNOWN[1:], None), strict=True):
        last = np.inf if stop is None else stop - 1
        name = f"{start}+" if stop is None else f"{start}–{last:g}" if last > start else f"{start}"
        yield "posts known", name, (number >= start) & (number <= last)
    names = np.array(source.to_pylist(), dtype=object)
    different = sorted(set(names.tolist()))
    for name in different if len(different) > 1 else ():
        yield "source", name, names == name


def _mean_by(covered: Mask, account: Indices) -> float:
    """Average over accounts each one's share."""
    _, number, count = np.unique(account, return_inverse=True, return_counts=True)
    return float(np.mean(np.bincount(number, covered) / count))


def _with_ends(
    covered: Mask, true: Floats, mean: Floats, account: Indices
) -> dict[str, dict[str, float | None]]:
    """Compute coverage and the ratio of totals with their intervals by account."""
    scored = metrics.cluster_bootstrap(
        account,
        lambda drawn: {
            "coverage": float(covered[drawn].mean()),
            "total_ratio": metrics.total_ratio(true[drawn], mean[drawn]),
        },
    )
    return {
        name: dict(zip((name, f"{name}_low", f"{name}_high"), metrics.defined(values), strict=True))
        for name, values in scored.items()
    }
