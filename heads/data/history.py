"""History of a post: numbers of its account, its company and everyone, from earlier labels.

One number a post, its `cutoff`, says how far it may look: it sees the labels of posts strictly
earlier than that. Online and frozen histories, label delay and the splits all come down to
cutoffs and to which labels are known at all.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.errors import InputError
from heads.arrays import Floats, Indices, Mask, Times
from heads.data.posts import Posts
from heads.data.queries import run_sql

Mode = Literal["online", "frozen"]

Column = NDArray[np.float32]

PRIOR_POSTS = 3.0
"""Posts that the mean of the wider scope counts for in a shrunk mean."""

LONGEST_DELAY = 36_500
"""Days."""

BLOCK = 1_000_000
"""Labels whose running means are computed at once."""

DAY = np.timedelta64(1, "D")

NOTHING = 1e-20
"""Weight below which a label is left out of a running mean."""


@dataclass(frozen=True)
class View:
    """The labels that each post may look at.

    Attributes
    ----------
    known : array, shape (n,), bool
        Posts whose label may serve as history at all.
    cutoff : array, shape (n,), datetime64[us]
        A post sees the labels of posts strictly earlier than this.
    """

    known: Mask
    cutoff: Times


def view(
    posts: Posts, *, mode: Mode, until: np.datetime64 | None, delay_days: float, known: Mask
) -> View:
    """Return the view that `--history`, the split date and `--label-delay` ask for.

    Parameters
    ----------
    posts : Posts
        The posts.
    mode : {"online", "frozen"}
        With ``frozen``, no post sees labels from `until` on.
    until : datetime64, optional
        The split date; used with ``frozen`` only.
    delay_days : float
        Labels younger than this are not known yet.
    known : array, shape (n,), bool
        Labels that the split lets anyone use.
    """
    limit = posts.time
    if mode == "frozen" and until is not None:
        limit = np.minimum(limit, until.astype("datetime64[us]"))
    delay = np.timedelta64(round(delay_days * 86400e6), "us")
    return View(known & posts.known, limit - delay)


def check_delay(days: float) -> None:
    """Refuse a label delay that is no number of days.

    Raises
    ------
    InputError
        It is below 0, infinite, not a number, or longer than a century.
    """
    if not 0 <= days <= LONGEST_DELAY:
        raise InputError(
            f"a label delay of {days:g} days can't be: give 0 to {LONGEST_DELAY:,} days"
        )


def running_mean(key: Indices, y: Floats, floor: float) -> Floats:
    """Compute the exponentially weighted mean after each label, by key, in the order of time.

    The newest of n + 1 labels has the weight max(floor, 1 / (n + 1)): a plain mean at
    first, an exponential one later.

    Parameters
    ----------
    key : array, shape (n,), int64
        Key of each label: its account, company, or one for all.
    y : array, shape (n,), float64
        The labels.
    floor : float
        The smallest weight of the newest label.
    """
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    out = np.empty(len(y))
    before = 0.0
    for start in range(0, len(y), BLOCK):
        rows = order[start : start + BLOCK]
        place = np.arange(start, start + len(rows))
        number = place - first[np.searchsorted(first, place, "right") - 1]
        weight = np.maximum(floor, 1 / (number + 1))
        # The first label of a key has weight 1, so nothing carries over from another key.
        mean, kept = weight * y[rows], 1 - weight
        mean[0] += kept[0] * before
        # Each round doubles the labels in every mean, until older ones weigh nothing.
        span = 1
        while span < len(rows) and kept[span:].max() > NOTHING:
            mean[span:] += kept[span:] * mean[:-span]
            kept[span:] *= kept[:-span]
            span *= 2
        out[rows] = mean
        before = mean[-1]
    return out


@dataclass(frozen=True)
class History:
    """Columns of history, and the averages that baselines and neighbours need.

    Attributes
    ----------
    columns : dict of arrays, shape (n,), float32
        The features, by name.
    average : array, shape (n,)
        The account's causal moving average; NaN without an earlier label.
    company_average : array, shape (n,)
        The company's, over all its accounts.
    expected : array, shape (n,)
        log1p count to expect of the account: its average, shrunk to those of its company and
        of everyone; never NaN.
    """

    columns: dict[str, Column]
    average: Floats
    company_average: Floats
    expected: Floats

    def take(self, places: Indices) -> "History":
        """Return the history of some of its posts."""
        return History(
            {name: column[places] for name, column in self.columns.items()},
            self.average[places],
            self.company_average[places],
            self.expected[places],
        )


class Before:
    """Rows in the order of a key and then of time, to find those of a key before a moment.

    Parameters
    ----------
    key : array, shape (n,), int64
        Key of each row, such as its account.
    time : array, shape (n,), datetime64[us]
        Its moment.

    Attributes
    ----------
    order : array, shape (n,), int64
        The rows, by key and then by time.
    """

    def __init__(self, key: Indices, time: Times) -> None:
        self.order = np.lexsort((time, key))
        self._times = np.unique(time)
        self._place = self._placed(key, time)[self.order]

    def _placed(self, key: Indices, time: Times) -> Indices:
        """Number pairs of key and time, so that they are in order."""
        moments = len(self._times) + 1
        return np.asarray(key * moments + np.searchsorted(self._times, time, "left"))

    def find(self, key: Indices, moment: Times) -> tuple[Indices, Indices]:
        """Find the rows of each key that are strictly before a moment.

        Returns
        -------
        start, stop : arrays, shape (m,), int64
            Places in `order`; both the same where there is no such row.
        """
        start = np.searchsorted(self._place, key * (len(self._times) + 1), "left")
        return start, np.searchsorted(self._place, self._placed(key, moment), "left")


@dataclass(frozen=True)
class Scope:
    """What the labels of each key say after every one of them, by key and then by time.

    Attributes
    ----------
    before : Before
        Finds the labels of a key before a moment.
    n, mean, median, deviation : arrays, shape (labels,)
        Number, mean, median and deviation of the key's labels so far.
    average, quick, slow : arrays, shape (labels,)
        Running means (`running_mean`) with floors 0.2, 0.5 and 0.05.
    y, time : arrays, shape (labels,)
        The label itself, and its moment.
    """

    before: Before
    n: Floats
    mean: Floats
    median: Floats
    deviation: Floats
    average: Floats
    quick: Floats
    slow: Floats
    y: Floats
    time: Times

    @classmethod
    def of(cls, key: Indices, y: Floats, time: Times) -> "Scope":
        """Compute it from labels in the order of time, shape (labels,)."""
        labels = {"key": key, "number": np.arange(len(y)), "created_at": time, "y": y}
        table = run_sql("features/history", labels=pa.table(labels))
        before = Before(key, time)
        n, mean, median, deviation = (
            table[name].to_numpy().astype(np.float64)[before.order]
            for name in ("n", "mean", "median", "deviation")
        )
        # Labels of one instant enter together.
        last = table["last"].to_numpy()[before.order]
        average, quick, slow = (running_mean(key, y, floor)[last] for floor in (0.2, 0.5, 0.05))
        return cls(before, n, mean, median, deviation, average, quick, slow, y[last], time[last])


class Past:
    """What posts may know of earlier ones, kept while these stay the same.

    Parameters
    ----------
    posts : Posts
        Posts in the order of time; drafts may follow them, and are no part of it.
    known : array, shape (n,), bool
        Posts whose label may serve as history.
    rows : array, shape (m,), int64, optional
        Rows that it will be asked about; all by default. Of few, less is computed.
    """

    def __init__(self, posts: Posts, known: Mask, rows: Indices | None = None) -> None:
        self._posts = posts
        self._known = known
        self._rows = rows

    @cached_property
    def scopes(self) -> dict[str, Scope]:
        """Labels of everyone, of each company and of each account: the widest scope first."""
        posts, labelled = self._posts, np.flatnonzero(self._known)
        everyone = np.zeros(len(posts), dtype=np.int64)
        found = {}
        for scope, key in (
            ("all", everyone),
            ("company", posts.company),
            ("account", posts.account),
        ):
            some = labelled
            if self._rows is not None:
                # Labels of other accounts and companies say nothing here.
                some = labelled[np.isin(key[labelled], key[self._rows])]
            found[scope] = Scope.of(key[some], posts.y[some], posts.time[some])
        return found

    @cached_property
    def made(self) -> tuple[Before, Times]:
        """Posts of each account, and their moments by account and time."""
        # Drafts are alternatives: none counts as made before another.
        stored = np.flatnonzero(self._posts.post_id >= 0)
        if self._rows is not None:
            accounts = self._posts.account
            stored = stored[np.isin(accounts[stored], accounts[self._rows])]
        time = self._posts.time[stored]
        before = Before(self._posts.account[stored], time)
        return before, time[before.order]


def history(
    posts: Posts, seen: View, rows: Indices | None = None, past: Past | None = None
) -> History:
    """Compute all columns of history, for every post or for those of some `rows`.

    Parameters
    ----------
    posts, seen
        The posts, and the labels that each may look at.
    rows : array, shape (m,), int64, optional
        Rows that are wanted; all by default.
    past : Past, optional
        What was computed before of the same labels.
    """
    past = past or Past(posts, seen.known, rows)
    asked = np.arange(len(posts)) if rows is None else rows
    keys = {"all": np.zeros(len(asked), dtype=np.int64)}
    keys |= {"company": posts.company[asked], "account": posts.account[asked]}
    columns: dict[str, Column] = {}
    averages: dict[str, Floats] = {}
    above = np.zeros(len(asked))
    # From the widest scope to the narrowest, each shrunk to the one before.
    for name, scope in past.scopes.items():
        start, stop = scope.before.find(keys[name], seen.cutoff[asked])
        there = stop > start
        # The last label before the moment; where there is none, one more that says nothing.
        last = np.where(there, stop - 1, -1)
        n = np.append(scope.n, 0.0)[last]
        mean, median, deviation, average, quick, slow = (
            np.append(values, np.nan)[last]
            for values in (
                scope.mean, scope.median, scope.deviation, scope.average, scope.quick, scope.slow
            )
        )  # fmt: skip
        shrunk = (n * np.where(there, mean, 0) + PRIOR_POSTS * above) / (n + PRIOR_POSTS)
        recent = np.where(there, average, above)
        # An exponential mean with weight 0.2 rests on about nine labels.
        count = np.minimum(n, 9)
        above = (count * recent + PRIOR_POSTS / 2 * above) / (count + PRIOR_POSTS / 2)
        averages[name] = average
        found = {
            "posts": n,
            "mean": shrunk,
            "median": median,
            "average": average,
            "slow": slow,
            "trend": quick - slow,
            "level": above,
            "deviation": deviation,
        }
        columns |= {f"{name}_{column}": _column(values) for column, values in found.items()}
    then = np.append(scope.time, np.datetime64("NaT"))[last]
    columns["account_last"] = _column(np.append(scope.y, np.nan)[last])
    columns["account_label_age"] = _column((posts.time[asked] - then) / DAY)
    columns |= _activity(past, keys["account"], posts.time[asked])
    return History(columns, averages["account"], averages["company"], above)


def _activity(past: Past, account: Indices, time: Times) -> dict[str, Column]:
    """Say how busy an account was before each post: no labels, only that posts were made."""
    before, made = past.made
    start, stop = before.find(account, time)
    _, week = before.find(account, time - 7 * DAY)
    last = np.append(made, np.datetime64("NaT"))[np.where(stop > start, stop - 1, -1)]
    return {
        "quiet_days": _column((time - last) / DAY),
        "posts_7d": _column(stop - week),
        "posts_before": _column(stop - start),
    }


def _column(values: NDArray[Any]) -> Column:
    """Round to float32."""
    column: Column = values.astype(np.float32)
    return column
