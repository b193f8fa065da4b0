"""The count of each post that a head learns: the latest one, or the one at a certain age."""

import re
from datetime import timedelta

import duckdb
import numpy as np

from embedstore import sql
from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Floats, Indices

KPIS = (
    "likes", "comments", "shares", "quotes", "views",
    "bookmarks", "impressions", "reach", "clicks", "video_views",
)  # fmt: skip
"""Engagement columns of the store, which a head can predict."""

EXTRA = "extra."
"""Begins the name of a count that is a number in the JSON column `extra`."""

MOST = 1e12
"""Largest count that is taken for one: the most watched video of all has 2e10 views."""

REACH = 2.0
"""A reading counts for the age `after` from this fraction of it up to this multiple of it."""

LONGEST = timedelta(days=365)

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_after(after: str | timedelta | None) -> timedelta | None:
    """Read ``--after``: a number with ``m``, ``h``, ``d`` or ``w``, such as ``24h``.

    Raises
    ------
    InputError
        It has another form, or is no time from a minute to a year.
    """
    found = after
    if isinstance(after, str):
        parts = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([mhdw])", after.strip().lower())
        if parts is None:
            raise InputError(
                f"the time {after!r} after posting can't be read: write 24h, 90m or 7d"
            )
        found = timedelta(**{_UNITS[parts[2]]: float(parts[1])})
    assert not isinstance(found, str)
    if found is not None and not timedelta(minutes=1) <= found <= LONGEST:
        raise InputError(f"{after} after posting can't be: give a minute to a year, such as 24h")
    return found


def _duration(text: str) -> timedelta:
    parts = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([mhdw])", text.strip().lower())
    if parts is None:
        raise InputError(f"the time {text!r} after posting can't be read: write 24h, 90m or 7d")
    return timedelta(**{_UNITS[parts[2]]: float(parts[1])})


def spell_after(after: timedelta | None) -> str | None:
    """Write a time after posting in hours, as `parse_after` reads it; None for none."""
    return None if after is None else f"{after / timedelta(hours=1):.6g}h"


def days_until_known(label_delay: float, after: timedelta | None) -> float:
    """Compute the days until a post's count is known, for `heads.data.history.view`.

    A count at the age `after` rests on readings up to `REACH` times that age, so that a post may
    not see it earlier.
    """
    return max(label_delay, 0.0 if after is None else REACH * (after / timedelta(days=1)))


def read_counts(
    store: Store, connection: duckdb.DuckDBPyConnection, kpi: str, after: timedelta | None
) -> tuple[Indices, Floats]:
    """Read the counts of posts: their ids, rising, and the counts; NaN where none is known.

    Raises
    ------
    InputError
        There is no such count.
    """
    if kpi not in KPIS and not kpi.startswith(EXTRA):
        raise InputError(
            f"there is no engagement column {kpi!r}: choose from {', '.join(KPIS)}, or name a"
            " number in the column extra as extra.NAME"
        )
    if after is not None:
        return _counts_after(store, connection, kpi, after)
    columns = connection.table("posts").columns
    if kpi in KPIS and kpi not in columns:
        raise InputError(
            f"an earlier version made {store.path}, without the column {kpi}:"
            f" `embedstore build {store.path}` brings it up to date"
        )
    if kpi in KPIS:
        values = connection.table("posts").project(f"post_id, {kpi}::DOUBLE AS kpi")
    else:
        # A JSON pointer, bound as a parameter: a name of a user's never becomes SQL.
        name = kpi.removeprefix(EXTRA).replace("~", "~0").replace("/", "~1")
        values = connection.sql(
            "SELECT post_id, try_cast(json_extract_string(extra, ?) AS DOUBLE) AS kpi FROM posts",
            params=[f"/{name}"],
        )
    labels = values.order("post_id").to_arrow_table()
    counts = labels["kpi"].to_numpy(zero_copy_only=False).astype(np.float64)
    # A count below zero, or beyond all counts of the world, is no count.
    found = np.where((counts >= 0) & (counts <= MOST), counts, np.nan)
    return labels["post_id"].to_numpy(), found


def _counts_after(
    store: Store, connection: duckdb.DuckDBPyConnection, kpi: str, after: timedelta
) -> tuple[Indices, Floats]:
    """Compute the counts at the age `after` from the table `observations`."""
    tables = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
    if kpi.startswith(EXTRA) or ("observations",) not in tables:
        raise InputError(
            f"{store.path} has no readings of {kpi} over time, which --after needs: build it from"
            " files that say when their counts were read, or with --observed-at"
        )
    hours = after / timedelta(hours=1)
    found = connection.sql(
        sql.read("features/counts_after"),
        params={"kpi": kpi, "hours": hours, "reach": REACH},
    ).to_arrow_table()
    age_before, before, age_after, later = (
        found[name].to_numpy() for name in ("age_before", "before", "age_after", "after")
    )
    counts = interpolate(hours, age_before, before, age_after, later)
    return found["post_id"].to_numpy(), np.where(counts <= MOST, counts, np.nan)


def interpolate(
    age: float, age_before: Floats, before: Floats, age_after: Floats, after: Floats
) -> Floats:
    """Compute counts at an age between two readings, linearly in the logarithm of the age.

    Posts get most of their likes early, so that a straight line in time lies too low: on curves
    that saturate and on power laws the mean error in log1p is 0.005, against 0.014 of a line in
    time.

    Parameters
    ----------
    age : float
        The age, > 0, in the unit of the other ages.
    age_before, before, age_after, after : array, shape (n,)
        Ages and counts of the readings on either side; a reading at the age itself is both.
    """
    span = np.log(age_after / age_before)
    share = np.divide(np.log(age / age_before), span, out=np.zeros_like(span), where=span > 0)
    counts: Floats = before + share * (after - before)
    return counts
