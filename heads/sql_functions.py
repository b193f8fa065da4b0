"""Functions of heads in the SQL of a store: `predict_likes` and `expected`.

Both take columns, up to 2048 rows a call. Posts are predicted as `predict_likes` predicts them:
online, with the pinned run or the newest, unless one is named.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore.search.sql_calls import Definition, Function
from embedstore.store import Store
from heads.arrays import Floats, Indices
from heads.data.history import history, view
from heads.data.posts import Posts, load_posts
from heads.likes.known import Known, known
from heads.likes.predict import matrix_of, predict_likes
from heads.likes.saved import Loaded, load_head

SCANNED = 10_240
"""Posts that are predicted at once when a query goes through all posts in order. A call has 2048,
and looking at all that came before takes most of its time."""

FULL = 1024
"""Posts of a call from which on it may be one of many."""

DENSE = 0.5
"""Share of the posts between the first and the last of a call from which on it is a scan."""


def define(store: Store) -> Definition:
    """Make the functions for one query of a store."""
    likes, drafts = _Likes(store), _Drafts(store)
    return Definition(
        {
            "likes": Function(likes, ("BIGINT", "VARCHAR"), "DOUBLE", vectorised=True),
            "drafts": Function(
                drafts,
                ("VARCHAR", "VARCHAR", "TIMESTAMP", "VARCHAR"),
                "DOUBLE",
                vectorised=True,
            ),
            "all": Function(
                _predicting_all(store),
                ("VARCHAR", "VARCHAR"),
                "STRUCT(post_id BIGINT, likes DOUBLE, mean DOUBLE, low DOUBLE, high DOUBLE,"
                " run VARCHAR)[]",
            ),
            "expected": Function(_Expected(store), ("BIGINT",), "DOUBLE", vectorised=True),
        },
        scalars={
            "predict_likes": "(post_id, run := NULL) AS {likes}(post_id::BIGINT, run::VARCHAR),"
            ' (text, username, "at", run := NULL) AS'
            ' {drafts}(text::VARCHAR, username::VARCHAR, "at"::TIMESTAMP, run::VARCHAR)',
            "expected": "(post_id) AS {expected}(post_id::BIGINT)",
        },
        tables={
            "predict_likes": '("where" := NULL, run := NULL) AS TABLE'
            ' SELECT unnest({all}("where", run), recursive := true)'
        },
    )


class _ByPost:
    """Numbers of posts, computed once in a query.

    DuckDB calls from several threads: one computes at a time.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[Any, Floats] = {}

    def look_up(
        self,
        key: Any,
        posts: Posts,
        post_ids: Indices,
        compute: Callable[[Indices], Floats],
    ) -> Floats:
        """Return a number for each post; NaN for one that is not among `posts`.

        Parameters
        ----------
        key : hashable
            What is computed, such as a run.
        posts : Posts
            The posts.
        post_ids : array, shape (n,), int64
            Ids of those asked for.
        compute : callable
            Computes the numbers of some rows of `posts`.
        """
        known = self._found.setdefault(key, np.full(len(posts) + 1, np.nan))
        done = self._found.setdefault((key, "done"), np.zeros(len(posts) + 1))
        rows = posts.rows_of(post_ids)
        wanted = np.unique(rows[(rows >= 0) & (done[rows] == 0)])
        if len(wanted):
            wanted = _ahead(posts, wanted, done)
            known[wanted] = compute(wanted)
            done[wanted] = 1
        return np.where(rows >= 0, known[rows], np.nan)


def _ahead(posts: Posts, wanted: Indices, done: Floats) -> Indices:
    """Add the posts that a scan will ask for next: rows of `posts`, ascending."""
    ids = np.sort(posts.post_id)
    asked = np.sort(posts.post_id[wanted])
    first, last = np.searchsorted(ids, asked[[0, -1]])
    if len(wanted) < FULL or len(wanted) < DENSE * (last - first + 1):
        return wanted
    following = posts.rows_of(ids[last + 1 : last + 1 + SCANNED - len(wanted)])
    return np.union1d(wanted, following[done[following] == 0])


class _Likes(_ByPost):
    """`predict_likes(post_id)`: the median of the likes that a stored post is to get."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._heads: dict[str | None, tuple[Loaded, Known]] = {}

    def __call__(self, post_ids: pa.ChunkedArray, runs: pa.ChunkedArray) -> pa.Array:
        """Predict posts; NULL for one without a time, and for a repost that the head leaves out."""
        with self._lock:
            ids, found = _ids(post_ids), np.full(len(post_ids), np.nan)
            names = np.array(runs.to_pylist(), dtype=object)
            for run in set(names.tolist()):
                places = np.flatnonzero(names == run)
                found[places] = self._predict(run, ids[places])
            return _column(found)

    def _predict(self, run: str | None, post_ids: Indices) -> Floats:
        if run not in self._heads:
            head = load_head(self._store, run)
            self._heads[run] = head, known(self._store, head)
        head, here = self._heads[run]

        def compute(rows: Indices) -> Floats:
            matrix, _ = matrix_of(head, here.material, "online", rows, here)
            log = head.model.predict(matrix).log
            return np.asarray(np.round(np.expm1(log), 2), dtype=np.float64)

        return self.look_up(run, here.material.posts, post_ids, compute)


class _Drafts:
    """`predict_likes(text, username, at)`: the likes that posts which were never made would get."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()

    def __call__(
        self,
        texts: pa.ChunkedArray,
        usernames: pa.ChunkedArray,
        times: pa.ChunkedArray,
        runs: pa.ChunkedArray,
    ) -> pa.Array:
        """Predict drafts; NULL where the time is NULL."""
        text, username, at = (_whole(column) for column in (texts, usernames, times))
        names = np.array(runs.to_pylist(), dtype=object)
        usable = np.asarray(pc.is_valid(at))
        found = np.full(len(text), np.nan)
        with self._lock:
            for run in set(names[usable].tolist()):
                places = np.flatnonzero(usable & (names == run))
                drafts = pa.table(
                    {
                        "source": pa.array(["draft"] * len(places)),
                        "id": pa.array([str(place) for place in places]),
                        "username": username.take(places),
                        "created_at": at.take(places).cast(pa.timestamp("us")),
                        "text": text.take(places),
                    }
                )
                found[places] = np.asarray(predict_likes(self._store, drafts, run=run)["likes"])
        return _column(found)


class _Expected(_ByPost):
    """`expected(post_id)`: the likes that an account's level before the post lets expect."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._posts: Posts | None = None

    def __call__(self, post_ids: pa.ChunkedArray) -> pa.Array:
        """Compute levels; NULL for a post without a time."""
        with self._lock:
            if self._posts is None:
                self._posts = load_posts(self._store, reposts=True)
            posts = self._posts
            seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)

            def compute(rows: Indices) -> Floats:
                level = history(posts, seen, rows).expected
                return np.asarray(np.round(np.expm1(level), 2), dtype=np.float64)

            return _column(self.look_up("level", posts, _ids(post_ids), compute))


def _predicting_all(store: Store) -> Callable[..., list[dict[str, Any]]]:
    """`FROM predict_likes(where := …)`: the posts that pass, with intervals."""

    def predict_all(where: str | None, run: str | None) -> list[dict[str, Any]]:
        found = predict_likes(store, run=run, where=where)
        columns = ["post_id", "likes", "mean", "low", "high", "run"]
        rows: list[dict[str, Any]] = found.select(columns).to_pylist()
        return rows

    return predict_all


def _ids(column: pa.ChunkedArray) -> Indices:
    """Read ids of posts; −1 where there is none."""
    ids: Indices = pc.fill_null(_whole(column), -1).to_numpy(zero_copy_only=False)
    return ids


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _column(values: Floats) -> pa.Array:
    """Make a column of numbers; NULL where there is none."""
    return pa.array(values, mask=np.isnan(values))
