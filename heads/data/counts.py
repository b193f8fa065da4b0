"""The count of each post that a head learns: the latest one, or the one at a certain age."""

import re
from datetime import timedelta

import duckdb
import numpy as np

from embedstore import sql
from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Floats, Indices
from heads.data.expressions import Expression, parse_expression

KPIS = (
    "likes", "comments", "shares", "quotes", "views",
    "bookmarks", "impressions", "reach", "clicks", "video_views",
)  # fmt: skip
"""Engagement columns of the store, which a head can predict."""

FACTS = ("followers",)
"""Columns that are no engagement, and so no count to predict, but may be part of an expression."""

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


def spell_after(after: timedelta | None) -> str | None:
    """Write a time after posting in hours, as `parse_after` reads it; None for none."""
    return None if after is None else f"{after / timedelta(hours=1):.6g}h"


def days_until_known(label_delay: float, after: timedelta | None) -> float:
    """Compute the days until a post's count is known, for `heads.data.history.view`.

    A count at the age `after` rests on readings up to `REACH` times that age, so that a post may
    not see it earlier.
    """
    return max(label_delay, 0.0 if after is None else REACH * (after / timedelta(days=1)))


def parse_kpi(kpi: str) -> Expression | None:
    """Read ``--kpi``: the name of one count (then None), or an expression over several.

    Raises
    ------
    InputError
        It is neither.
    """
    if kpi in KPIS:
        return None
    try:
        found = parse_expression(kpi)
        for name in found.names:
            _check_name(name)
    except InputError:
        # A name in `extra` may have any signs.
        if kpi.startswith(EXTRA):
            return None
        raise
    if found.names == (kpi.strip(),):
        if kpi.strip() in FACTS:
            raise InputError(f"{kpi} is no engagement: predict likes / {kpi}, for example")
        return None
    return found


def counts_in(kpi: str) -> tuple[str, ...]:
    """Name the counts that ``--kpi`` is made of, without facts such as followers."""
    found = parse_kpi(kpi)
    names = (kpi,) if found is None else found.names
    return tuple(name for name in names if name not in FACTS)


def _check_name(name: str) -> None:
    if name not in KPIS and name not in FACTS and not name.startswith(EXTRA):
        raise InputError(
            f"there is no engagement column {name!r}: choose from {', '.join(KPIS)}, name a"
            " number in the column extra as extra.NAME, or write an expression of them and of"
            " followers, such as likes / followers"
        )


def read_counts(
    store: Store, connection: duckdb.DuckDBPyConnection, kpi: str, after: timedelta | None
) -> tuple[Indices, Floats]:
    """Read the counts of posts: their ids, rising, and the counts; NaN where none is known.

    An expression is known where all counts in it are.

    Raises
    ------
    InputError
        There is no such count.
    """
    expression = parse_kpi(kpi)
    if expression is None:
        return _read_count(store, connection, kpi, after)
    parts = {
        # What is no engagement has no readings over time.
        name: _read_count(store, connection, name, None if name in FACTS else after)
        for name in expression.names
    }
    ids = np.unique(np.concatenate([found for found, _ in parts.values()]))
    values = {}
    for name, (found, counts) in parts.items():
        values[name] = np.full(len(ids), np.nan)
        values[name][np.searchsorted(ids, found)] = counts
    return ids, _plausible(expression.compute(values))


def _plausible(counts: Floats) -> Floats:
    """Replace counts below zero, or beyond all counts of the world, by NaN."""
    return np.where((counts >= 0) & (counts <= MOST), counts, np.nan)


def choose_unit(kpi: str, counts: Floats) -> float:
    """Choose the unit that a ratio is learned in, a power of ten; 1 for whole counts.

    log1p tells nothing apart among values far below 1. In this unit the median of those above 0
    is between 10 and 100.

    Parameters
    ----------
    kpi : str
        The count or expression.
    counts : array, shape (n,)
        Its values of the posts that are learned from.
    """
    expression = parse_kpi(kpi)
    some = counts[counts > 0]
    if expression is None or not expression.divides or not len(some):
        return 1.0
    return float(min(1.0, 10.0 ** (np.floor(np.log10(np.median(some))) - 1)))


def _read_count(
    store: Store, connection: duckdb.DuckDBPyConnection, kpi: str, after: timedelta | None
) -> tuple[Indices, Floats]:
    """Read one count, or number of `extra`."""
    _check_name(kpi)
    if after is not None:
        return _counts_after(store, connection, kpi, after)
    columns = connection.table("posts").columns
    if not kpi.startswith(EXTRA) and kpi not in columns:
        raise InputError(
            f"an earlier version made {store.path}, without the column {kpi}:"
            f" `embedstore build {store.path}` brings it up to date"
        )
    if not kpi.startswith(EXTRA):
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
    return labels["post_id"].to_numpy(), _plausible(counts)


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
    return found["post_id"].to_numpy(), _plausible(counts)


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
