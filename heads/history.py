"""What the past says about a post: numbers per account, company and everyone, all causal.

One number a post, its `cutoff`, says how far it may look: it sees the labels of posts strictly
earlier than that. Online and frozen histories, label delay and the splits all come down to
cutoffs and to which labels are known at all.
"""

from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa

from embedstore import sql
from heads.posts import Floats, Indices, Mask, Posts, Times

Mode = Literal["online", "frozen"]

LEVELS = ("account", "company", "all")
PRIOR_POSTS = 3.0
"""Posts that the level above counts for in a shrunk mean."""


@dataclass(frozen=True)
class View:
    """What may be looked at.

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
    """The view that `--history`, the split date and `--label-delay` stand for.

    Parameters
    ----------
    posts : Posts
        The posts.
    mode : {"online", "frozen"}
        Whether labels from `until` on may be used by later posts.
    until : datetime64, optional
        The split date; only looked at when frozen.
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


def history_table(posts: Posts, seen: View) -> pa.Table:
    """Result of ``features_history.sql``: a row for every level and post."""
    rows = np.flatnonzero(seen.known)
    labels = posts.table.select(["username", "company", "created_at"]).take(rows)
    labels = labels.append_column("y", pa.array(posts.y[rows]))
    labels = labels.append_column("number", pa.array(np.arange(len(rows))))
    targets = posts.table.select(["username", "company"])
    targets = targets.append_column("row", pa.array(np.arange(len(posts))))
    targets = targets.append_column("cutoff", pa.array(seen.cutoff))
    return run_sql("features_history", labels=labels, targets=targets)


def run_sql(name: str, **tables: pa.Table) -> pa.Table:
    """Run one of our SQL files over Arrow tables, in a database of its own."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "threads": 2,
    }
    with duckdb.connect(":memory:", config=config) as connection:
        for table, rows in tables.items():
            connection.register(table, rows)
        return connection.sql(sql.read(name)).to_arrow_table()


def running_mean(key: Indices, y: Floats, floor: float) -> Floats:
    """Exponentially weighted mean after each label, by key; the labels stand in time order.

    The newest of n + 1 labels has the weight max(floor, 1 / (n + 1)): a plain mean at
    first, an exponential one later.

    Parameters
    ----------
    key : array, shape (n,), int64
        Which labels belong together.
    y : array, shape (n,), float64
        The labels.
    floor : float
        The smallest weight of the newest label.
    """
    level: dict[int, tuple[int, float]] = {}
    out = np.empty(len(y))
    for row, (k, value) in enumerate(zip(key.tolist(), y.tolist(), strict=True)):
        n, mean = level.get(k, (0, 0.0))
        weight = max(floor, 1 / (n + 1))
        mean += weight * (value - mean)
        level[k] = (n + 1, mean)
        out[row] = mean
    return out


@dataclass(frozen=True)
class History:
    """Columns of history, and the levels that baselines and neighbours need.

    Attributes
    ----------
    columns : dict of arrays, shape (n,)
        The features, by name.
    average : array, shape (n,)
        The account's causal moving average; NaN without an earlier label.
    company_average : array, shape (n,)
        The company's, over all its accounts.
    level : array, shape (n,)
        What to expect of the account: the average, shrunk to the levels above; never NaN.
    """

    columns: dict[str, Floats]
    average: Floats
    company_average: Floats
    level: Floats


def history(posts: Posts, seen: View) -> History:
    """Everything that earlier labels say, for every post."""
    table = history_table(posts, seen)
    rows = np.flatnonzero(seen.known)
    y, n_posts = posts.y[rows], len(posts)
    columns: dict[str, Floats] = {}
    averages: dict[str, Floats] = {}
    keys = {
        "account": posts.account[rows],
        "company": posts.company[rows],
        "all": np.zeros(len(rows), dtype=np.int64),
    }
    # ORDER BY level: account, all, company.
    by_level = {
        name: table.slice(place * n_posts, n_posts) for place, name in enumerate(sorted(LEVELS))
    }
    above = np.zeros(n_posts)
    for level in reversed(LEVELS):
        part = {
            name: by_level[level][name].to_numpy(zero_copy_only=False).astype(np.float64)
            for name in ("n", "mean", "median", "deviation", "last")
        }
        n, last = part["n"], part["last"].astype(np.int64)
        some = last >= 0
        for name, floor in (("average", 0.2), ("quick", 0.5), ("slow", 0.05)):
            state = np.append(running_mean(keys[level], y, floor), np.nan)
            averages[f"{level}_{name}"] = state[last]
        shrunk = (n * np.where(some, part["mean"], 0) + PRIOR_POSTS * above) / (n + PRIOR_POSTS)
        recent = np.where(some, averages[f"{level}_average"], above)
        # Of an exponential mean at 0.2 about nine labels count.
        count = np.minimum(n, 9)
        level_now = (count * recent + PRIOR_POSTS / 2 * above) / (count + PRIOR_POSTS / 2)
        columns[f"{level}_posts"] = n
        columns[f"{level}_mean"] = shrunk
        columns[f"{level}_median"] = part["median"]
        columns[f"{level}_average"] = averages[f"{level}_average"]
        columns[f"{level}_slow"] = averages[f"{level}_slow"]
        columns[f"{level}_trend"] = averages[f"{level}_quick"] - averages[f"{level}_slow"]
        columns[f"{level}_level"] = level_now
        columns[f"{level}_deviation"] = part["deviation"]
        if level == "account":
            time = np.append(posts.time[rows], np.datetime64("NaT"))
            age = (posts.time - time[last]) / np.timedelta64(1, "D")
            columns["account_last"] = np.append(y, np.nan)[last]
            columns["account_label_age"] = age
        above = level_now
    targets = posts.table.append_column("row", pa.array(np.arange(n_posts)))
    activity = run_sql("features_activity", targets=targets)
    for name in ("quiet_days", "posts_7d", "posts_before"):
        columns[name] = activity[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return History(columns, averages["account_average"], averages["company_average"], above)
