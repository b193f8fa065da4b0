"""How often a perfect reader could be right: what texts posted more than once tell.

If an account posts the same text twice within a week, what differs between the two counts is
nothing that could be read in the text. The share of the variance of pairs that is left over for
content bounds what any reader of content can reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from heads import metrics
from heads.arrays import Floats, Indices, Times
from heads.likes.pairs import RATIOS, WITHIN_DAYS, Pairs, at_least


@dataclass(frozen=True)
class Ceiling:
    """What a perfect reader of content could reach, under normal signal and chance.

    Attributes
    ----------
    share : Interval
        Share of the variance of differences that content can explain.
    accuracy : dict
        By least ratio of the two counts, the share of pairs ordered rightly.
    repeats, accounts : int
        Repeated texts it rests on, and their accounts.
    """

    share: metrics.Interval
    accuracy: dict[float, metrics.Interval]
    repeats: int
    accounts: int


def find_repeats(
    time: Times, account: Indices, texts: Sequence[str], *, days: float = WITHIN_DAYS
) -> Pairs:
    """Find texts that an account posted again within some days: each with the one before it."""
    latest: dict[tuple[int, str], int] = {}
    found: list[tuple[int, int]] = []
    reach = np.timedelta64(round(days * 86400e6), "us")
    for row in np.argsort(time, kind="stable").tolist():
        words = " ".join(texts[row].lower().split())
        if not words:
            continue
        key = (int(account[row]), words)
        if key in latest and time[row] - time[latest[key]] <= reach:
            found.append((latest[key], row))
        latest[key] = row
    rows = np.array(found, dtype=np.int64).reshape(-1, 2)
    return Pairs(rows[:, 0], rows[:, 1])


def ceiling(
    y: Floats,
    account: Indices,
    repeats: Pairs,
    pairs: Pairs,
    scored: Floats,
    *,
    ratios: Sequence[float] = RATIOS,
) -> Ceiling | None:
    """Compare repeated texts with pairs of different texts of the same accounts.

    Parameters
    ----------
    y : array, shape (n,)
        log1p labels, all known.
    account : array, shape (n,), int64
        Of each post.
    repeats, pairs : Pairs
        Of equal texts and of different ones, of the same days apart.
    scored : array, shape (m,)
        True differences of the pairs that models are scored on.
    ratios : sequence of float
        Least ratios of the two counts.

    Returns
    -------
    Ceiling or None
        None where no account has both.
    """
    own = account[pairs.first]
    order = np.argsort(own, kind="stable")
    square = pairs.difference(y)[order] ** 2
    names, start, count = np.unique(own[order], return_index=True, return_counts=True)
    if not len(names) or not len(repeats):
        return None
    typical = np.add.reduceat(square, start) / count
    chance = repeats.difference(y) ** 2
    place = np.minimum(np.searchsorted(names, account[repeats.first]), len(names) - 1)
    both = names[place] == account[repeats.first]
    chance, whole, whose = chance[both], typical[place[both]], account[repeats.first][both]
    if not len(chance) or whole.sum() == 0:
        return None
    deviation = sqrt(float(np.mean(scored**2)))

    def statistic(rows: Indices) -> dict[str, float]:
        total = float(whole[rows].sum())
        share = min(1.0, max(0.0, 1 - float(chance[rows].sum()) / total)) if total > 0 else 0.0
        found = {"share": share}
        for ratio in ratios:
            some = np.abs(scored[at_least(scored, ratio)]) / deviation
            found[str(ratio)] = _reached(some, share)
        return found

    found = metrics.cluster_bootstrap(whose, statistic)
    return Ceiling(
        found["share"],
        {ratio: found[str(ratio)] for ratio in ratios},
        len(chance),
        len(np.unique(whose)),
    )


def _reached(distance: Floats, share: float) -> float:
    """Compute how often the signal has the sign of the difference.

    Given a difference of d standard deviations, of which content explains the share s, the
    signal is normal with mean s·d and variance s·(1 − s).
    """
    if share >= 1 or not len(distance):
        return 1.0 if len(distance) else float("nan")
    steep = sqrt(share / (1 - share))
    return float(np.mean([0.5 * (1 + erf(d * steep / sqrt(2))) for d in distance.tolist()]))
