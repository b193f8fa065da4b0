"""Topics over time: their shares of the posts, and their likes beside what accounts usually get.

Intervals come from a bootstrap of accounts with all their posts, since posts of one account are
not independent; of weeks of an account where there are few accounts. Likes are compared with
the account's own level just before: an association, which needn't be an effect of the topic.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore import sql
from embedstore.arrays import Indices
from embedstore.errors import InputError
from embedstore.store import Store
from embedstore.topics import tables
from embedstore.topics.find import StoreLike

Period = Literal["week", "month", "quarter", "year"]

Floats = NDArray[np.float64]

DRAWS = 300

FEW_ACCOUNTS = 10
"""With fewer accounts than this, weeks of an account are drawn instead of accounts."""

FEWEST_COUNTS = 5
"""Posts with known likes and a level that a mean is given of."""

FALSE_SHARE = 0.05
"""Share of topics said to rise or fall that may do so by chance (Benjamini and Hochberg, 1995)."""


@dataclass(frozen=True)
class OverTime:
    """Topics over time.

    Attributes
    ----------
    periods : pyarrow.Table
        For each topic and period: topic_id, name, period (its first day), posts, share,
        share_low, share_high, likes, likes_low, likes_high. Likes are a multiple of the
        account's usual ones; None where too few are known.
    trends : pyarrow.Table
        For each topic: topic_id, name, posts, share, change (of the share, in percentage points
        a year), change_low, change_high, trend (rises, falls or empty), likes, likes_low,
        likes_high.
    """

    periods: pa.Table
    trends: pa.Table


def topics_over_time(store: StoreLike, *, by: Period = "month", seed: int = 0) -> OverTime:
    """Compute shares and likes of topics by period, and which topics rise or fall.

    Parameters
    ----------
    store : Store or path
        A store with topics.
    by : {"week", "month", "quarter", "year"}
        Periods.
    seed : int
        Of the resampling.

    Raises
    ------
    InputError
        There are no topics yet, or no post with a time has one.
    """
    if by not in get_args(Period):
        raise InputError(f"a period is one of {', '.join(get_args(Period))}: not {by!r}")
    opened = store if isinstance(store, Store) else Store(store)
    with opened.connection() as connection:
        found = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'topic_settings'"
        ).fetchall()
        if found == [(0,)] or tables.read_settings(connection) is None:
            raise InputError(
                f"{opened.path} has no topics yet: `embedstore topics {opened.path}` finds them"
            )
        topics = {
            number: topic
            for number, (topic, _) in tables.read_topics(connection).items()
            if topic.level == 0
        }
        rows = connection.sql(sql.read("topics/over_time"), params={"period": by}).to_arrow_table()
    if not rows.num_rows or not topics:
        raise InputError(f"no post of {opened.path} that has a topic has a time")
    return _tabulate(rows, {number: topic.name for number, topic in topics.items()}, seed)


def _tabulate(rows: pa.Table, names: dict[int, str], seed: int) -> OverTime:
    ids = np.array(list(names))
    topic = np.searchsorted(ids, rows["topic_id"].fill_null(-1).to_numpy())
    topic[rows["topic_id"].is_null().to_numpy()] = len(ids)  # outliers
    account = np.unique(rows["account"].to_pylist(), return_inverse=True)[1]
    time = rows["created_at"].to_numpy().astype("datetime64[us]")
    days, period = np.unique(rows["period"].to_numpy(), return_inverse=True)
    likes = rows["log_likes"].to_numpy(zero_copy_only=False).astype(np.float64)
    above = likes - level_before(account, likes)
    weights = _draws(_clusters(account, time), seed)
    shape = (len(ids) + 1, len(days))
    cell = topic * len(days) + period
    posts = weights(cell, np.ones(len(cell)), shape)
    known = np.isfinite(above)
    counted = weights(cell[known], np.ones(known.sum()), shape, known)
    summed = weights(cell[known], above[known], shape, known)
    return OverTime(
        _periods(ids, names, days, posts, counted, summed),
        _trends(ids, names, days, posts, counted, summed),
    )


def level_before(account: Indices, y: Floats) -> Floats:
    """Compute what each account usually got before each post; NaN before its first count.

    An exponentially weighted mean of earlier values: the newest of n has the weight
    max(0.2, 1 / n), a plain mean at first.

    Parameters
    ----------
    account : array, shape (n,), int64
        Account of each post, in the order of time.
    y : array, shape (n,), float64
        log1p of its count; NaN where that isn't known.
    """
    level: dict[int, float] = {}
    seen: dict[int, int] = {}
    before = np.full(len(y), np.nan)
    for row, (key, value) in enumerate(zip(account.tolist(), y.tolist(), strict=True)):
        if key in level:
            before[row] = level[key]
        if value == value:  # not NaN
            count = seen[key] = seen.get(key, 0) + 1
            mean = level.get(key, 0.0)
            level[key] = mean + max(0.2, 1 / count) * (value - mean)
    return before


def _clusters(account: Indices, time: NDArray[np.datetime64]) -> Indices:
    """Number what is drawn together: accounts, or weeks of an account where they are few."""
    if len(np.unique(account)) >= FEW_ACCOUNTS:
        return account
    week = (time.astype("datetime64[D]").astype(np.int64) + 3) // 7
    pairs = np.stack([account, week], axis=1)
    return np.asarray(np.unique(pairs, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


class _draws:  # noqa: N801 (called like a function)
    """Sums by cell under resampled clusters: row 0 as it is, then `DRAWS` resamples."""

    def __init__(self, cluster: Indices, seed: int) -> None:
        random = np.random.default_rng(seed)
        count = int(cluster.max()) + 1
        drawn = random.multinomial(count, np.full(count, 1 / count), size=DRAWS)
        self.weights = np.vstack([np.ones(count), drawn]).astype(np.float64)
        self.cluster = cluster

    def __call__(
        self,
        cell: Indices,
        value: Floats,
        shape: tuple[int, int],
        kept: NDArray[np.bool_] | None = None,
    ) -> Floats:
        """Sum values by cell, shape (1 + draws, topics, periods)."""
        from scipy.sparse import csr_matrix

        cluster = self.cluster if kept is None else self.cluster[kept]
        table = csr_matrix(
            (value, (cluster, cell)), shape=(self.weights.shape[1], shape[0] * shape[1])
        )
        return np.asarray(self.weights @ table).reshape(-1, *shape)


def _ends(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Split estimates from the ends of their intervals; values has the draws first."""
    with np.errstate(invalid="ignore"):
        low, high = np.nanquantile(values[1:], [0.025, 0.975], axis=0)
    return values[0], low, high


def _divided(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))


def _multiples(counted: Floats, summed: Floats) -> tuple[Floats, Floats, Floats]:
    """Compute mean likes as multiples of the account's usual; NaN where few are known."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a cell that has none in any draw
        ends = _ends(np.exp(_divided(summed, counted)))
    few = counted[0] < FEWEST_COUNTS
    value, low, high = (np.where(few, np.nan, each) for each in ends)
    return value, low, high


def _column(values: Floats, digits: int = 4) -> pa.Array:
    return pa.array(np.round(values, digits), from_pandas=True)


def _periods(
    ids: Indices,
    names: dict[int, str],
    days: NDArray[np.datetime64],
    posts: Floats,
    counted: Floats,
    summed: Floats,
) -> pa.Table:
    """Tabulate each topic and period that has posts."""
    share = _ends(np.nan_to_num(_divided(posts, posts.sum(axis=1, keepdims=True))))
    likes = _multiples(counted, summed)
    topic, period = np.nonzero(posts[0, :-1] > 0)
    at = (topic, period)
    starts: list[date] = days.astype("datetime64[D]").tolist()
    return pa.table(
        {
            "topic_id": ids[topic],
            "name": [names[int(ids[each])] for each in topic],
            "period": pa.array([starts[each] for each in period], pa.date32()),
            "posts": posts[0][at].astype(np.int64),
        }
        | {
            name: _column(values[at])
            for name, values in zip(("share", "share_low", "share_high"), share, strict=True)
        }
        | {
            name: _column(values[at])
            for name, values in zip(("likes", "likes_low", "likes_high"), likes, strict=True)
        }
    )


def _trends(
    ids: Indices,
    names: dict[int, str],
    days: NDArray[np.datetime64],
    posts: Floats,
    counted: Floats,
    summed: Floats,
) -> pa.Table:
    """Tabulate the change of each topic's share, by least squares weighted by posts."""
    total = posts.sum(axis=1, keepdims=True)
    years = days.astype("datetime64[D]").astype(np.float64) / 365.25
    share = np.nan_to_num(_divided(posts, total))
    middle = _divided((total * years).sum(axis=2), total.sum(axis=2))[:, :, None]
    apart = total * (years - middle)
    spread = (apart * (years - middle)).sum(axis=2)
    slope = 100 * _divided((apart * share).sum(axis=2), spread)[:, :-1]
    change, low, high = _ends(slope)
    rising = _significant(change, slope[1:].std(axis=0))
    likes = _multiples(counted.sum(axis=2), summed.sum(axis=2))
    size = posts[0, :-1].sum(axis=1)
    order = np.lexsort((ids, -size))
    trend = np.where(rising, np.where(change > 0, "rises", "falls"), "")
    columns = {
        "topic_id": pa.array(ids[order]),
        "name": pa.array([names[int(each)] for each in ids[order]]),
        "posts": pa.array(size[order].astype(np.int64)),
        "share": _column((size / total[0].sum())[order]),
        "change": _column(change[order]),
        "change_low": _column(low[order]),
        "change_high": _column(high[order]),
        "trend": pa.array(trend[order].tolist()),
    }
    for name, values in zip(("likes", "likes_low", "likes_high"), likes, strict=True):
        columns[name] = _column(values[:-1][order])
    return pa.table(columns)


def _significant(value: Floats, error: Floats) -> NDArray[np.bool_]:
    """Tell which values are not 0, with a bounded share of false ones among them."""
    from scipy.stats import norm

    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.nan_to_num(2 * norm.sf(np.abs(value) / error), nan=1.0)
    order = np.argsort(chance)
    passes = chance[order] <= FALSE_SHARE * np.arange(1, len(chance) + 1) / len(chance)
    count = int(np.flatnonzero(passes).max(initial=-1)) + 1
    chosen = np.zeros(len(chance), dtype=bool)
    chosen[order[:count]] = True
    return chosen
