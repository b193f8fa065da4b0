"""History of a post: numbers of its account, its company and everyone, from earlier labels.

One number a post, its `cutoff`, says how far it may look: it sees the labels of posts strictly
earlier than that. Online and frozen histories, label delay and the splits all come down to
cutoffs and to which labels are known at all.
"""

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore import sql
from embedstore.errors import InputError
from heads.arrays import Floats, Indices, Mask, Times
from heads.data.posts import Posts

Mode = Literal["online", "frozen"]

Column = NDArray[np.float32]

PRIOR_POSTS = 3.0
"""Posts that the mean of the wider scope counts for in a shrunk mean."""

LONGEST_DELAY = 36_500
"""Days."""

MEMORY_LIMIT = "2GB"
"""Memory of DuckDB; what needs more is spilled to disk."""

BLOCK = 1_000_000
"""Labels whose running means are computed at once."""

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


def run_sql(name: str, **tables: pa.Table) -> pa.Table:
    """Run one of our SQL files over Arrow tables, in a database in memory."""
    with _database().cursor() as connection:
        for table, rows in tables.items():
            connection.register(table, rows)
        return connection.sql(sql.read(name)).to_arrow_table()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Open the database that a process runs such files in: opening one takes 20 ms."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "memory_limit": MEMORY_LIMIT,
        # DuckDB makes it when it has to spill, and deletes it at the end.
        "temp_directory": str(Path(tempfile.gettempdir()) / f"embedstore-heads-{os.getpid()}"),
        "threads": 2,
    }
    return duckdb.connect(":memory:", config=config)


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


def history(posts: Posts, seen: View, rows: Indices | None = None) -> History:
    """Compute all columns of history, for every post or for those of some `rows`."""
    asked = np.arange(len(posts)) if rows is None else rows
    labelled, everyone = np.flatnonzero(seen.known), np.zeros(len(posts), dtype=np.int64)
    keys = {"all": everyone, "company": posts.company, "account": posts.account}
    columns: dict[str, Column] = {}
    averages: dict[str, Floats] = {}
    above = np.zeros(len(asked))
    # From the widest scope to the narrowest, each shrunk to the one before. One at a time, so
    # that a scope's memory is freed before the next one's is taken.
    for scope, key in keys.items():
        # Labels of other accounts and companies say nothing here.
        some = labelled[np.isin(key[labelled], key[asked])]
        mine, y, time = key[some], posts.y[some], posts.time[some]
        table = _known(key[asked], mine, y, time, seen.cutoff[asked])
        n = table["n"].to_numpy()
        last = table["last"].to_numpy()
        mean = table["mean"].to_numpy()
        there = last >= 0
        average, quick, slow = (
            np.append(running_mean(mine, y, floor), np.nan)[last] for floor in (0.2, 0.5, 0.05)
        )
        shrunk = (n * np.where(there, mean, 0) + PRIOR_POSTS * above) / (n + PRIOR_POSTS)
        recent = np.where(there, average, above)
        # An exponential mean with weight 0.2 rests on about nine labels.
        count = np.minimum(n, 9)
        above = (count * recent + PRIOR_POSTS / 2 * above) / (count + PRIOR_POSTS / 2)
        averages[scope] = average
        found = {
            "posts": n,
            "mean": shrunk,
            "median": table["median"].to_numpy(),
            "average": average,
            "slow": slow,
            "trend": quick - slow,
            "level": above,
            "deviation": table["deviation"].to_numpy(),
        }
        columns |= {f"{scope}_{name}": _column(values) for name, values in found.items()}
    then = np.append(time, np.datetime64("NaT"))[last]
    age = (posts.time[asked] - then) / np.timedelta64(1, "D")
    columns["account_last"] = _column(np.append(y, np.nan)[last])
    columns["account_label_age"] = _column(age)
    beside = np.flatnonzero(np.isin(posts.account, posts.account[asked]))
    of_accounts = pa.table(
        {"row": beside, "account": posts.account[beside], "created_at": posts.time[beside]}
    )
    activity = run_sql("features/activity", posts=of_accounts)
    place = np.searchsorted(beside, asked)
    columns |= {name: _column(activity[name].to_numpy()[place]) for name in activity.column_names}
    return History(columns, averages["account"], averages["company"], above)


def _known(key: Indices, mine: Indices, y: Floats, time: Times, cutoff: Times) -> pa.Table:
    """Run ``features/history.sql`` for one scope: a row for every post.

    Parameters
    ----------
    key, cutoff : arrays, shape (n,)
        Of each post.
    mine, y, time : arrays, shape (labels,)
        Key, label and time of each label.
    """
    labels = {"key": mine, "number": np.arange(len(y)), "created_at": time, "y": y}
    posts = {"key": key, "row": np.arange(len(key)), "cutoff": cutoff}
    return run_sql("features/history", labels=pa.table(labels), posts=pa.table(posts))


def _column(values: NDArray[Any]) -> Column:
    """Round to float32."""
    column: Column = values.astype(np.float32)
    return column
