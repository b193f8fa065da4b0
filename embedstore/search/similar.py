"""The posts nearest to a text, a picture, a post or vectors, under a filter and before a time.

What is searched are contents, by `ann.Index`; what is found are posts: those that share the
content of a text, or have the picture. A filter decides which contents the search may find,
so that as many posts come back as were asked for whenever so many pass.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.errors import QueryError
from embedstore.index.subjects import Kind
from embedstore.search.cache import COLUMNS, Memory, Passing, Shelf, memory_of, ranges
from embedstore.search.question import Question, resolve
from embedstore.storage.session import Session

MARGIN = 8
"""Contents looked for beyond k: for posts that may not be found, and to see where a tie ends."""

DECIMALS = 6
"""Of a score. Equal vectors then have equal scores, in whatever order FAISS adds them up. An
exact index is right to all of them; an approximate one has codes of 16 bits, which at 384
dimensions were off by 0.00001 on average and 0.00007 at most. Scores are not computed again
from the database: to read twenty vectors there takes longer than all the rest."""


def similar(
    session: Session,
    *,
    text: str | None = None,
    image: str | os.PathLike[str] | None = None,
    post: str | None = None,
    vector: Vectors | None = None,
    k: int = 10,
    where: str | None = None,
    before: datetime | None = None,
    space: str | None = None,
    among: Kind | None = None,
    distinct: bool = False,
) -> pa.Table:
    """The k nearest posts of each query; `Store.similar` says what the parameters mean.

    Posts with equal scores are ordered by `post_id`. A post with several pictures is found
    by its best one, a query post with several by whichever of them is nearest. `distinct`
    keeps the first of the posts with the same content, and none with the query post's own.

    Returns
    -------
    pyarrow.Table
        query, rank (from 1), post_id, score, source, id, username, company, created_at,
        likes, text; among images also url and position of the picture that was found.

    Raises
    ------
    QueryError
        The query, the filter or the space can't be used.
    """
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 1:
        raise QueryError(f"k is the number of posts to find, at least 1: not {k!r}")
    if before is not None and not isinstance(before, datetime):
        raise QueryError(f"`before` is a datetime, not {before!r}")
    if before is not None and before.tzinfo is not None:
        before = before.astimezone(UTC).replace(tzinfo=None)
    ask = partial(
        resolve,
        session,
        text=text,
        image=image,
        post=post,
        vector=vector,
        space=space,
        among=among,
    )
    wish = _Wish(int(k), where, before, distinct)
    with session.connection() as connection:
        memory = memory_of(session, connection)
        if vector is not None:
            return _answer(session, connection, memory, ask(memory.spaces), wish)
    # The database is closed meanwhile: an encoder may take seconds to load.
    question = ask(memory.spaces)
    with session.connection() as connection:
        return _answer(session, connection, memory_of(session, connection), question, wish)


@dataclass(frozen=True)
class _Wish:
    """Which posts, and how many, each query wants."""

    k: int
    where: str | None
    before: datetime | None
    distinct: bool


def _answer(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    memory: Memory,
    question: Question,
    wish: _Wish,
) -> pa.Table:
    for attempt in (1, 2):
        shelf = memory.shelf(session, connection, question.space, question.kind)
        passing = None
        if wish.where is not None or wish.before is not None:
            passing = memory.passing(session, connection, shelf, (wish.where, wish.before))
        hits = _search(shelf, question, wish.k, passing, distinct=wish.distinct)
        rows = _rows(session, connection, memory, hits, question.kind)
        # Someone who deletes posts in SQL of their own leaves the generation as it was.
        if attempt == 1 and rows.num_rows < len(hits.post):
            memory = memory_of(session, connection, fresh=True)
        else:
            break
    return rows


@dataclass(frozen=True)
class _Hits:
    """Posts that were found: arrays of equal length."""

    query: Indices
    score: Vectors
    post: Indices
    content: Indices
    position: NDArray[np.int32]

    def take(self, rows: NDArray[np.bool_] | Indices) -> "_Hits":
        return _Hits(
            self.query[rows],
            self.score[rows],
            self.post[rows],
            self.content[rows],
            self.position[rows],
        )


AT_ONCE = 2**21
"""Contents looked at for all queries of a step together; bounds the memory."""


def _search(
    shelf: Shelf, question: Question, k: int, passing: Passing | None, *, distinct: bool
) -> _Hits:
    """The k best posts of each query, by query and rank."""
    may: NDArray[np.bool_] | None = None
    allowed: NDArray[np.bool_] | None = None if shelf.complete else shelf.allowed
    if passing is not None:
        may, allowed = passing.posts, passing.contents
    available = int(np.count_nonzero(shelf.allowed)) if passing is None else passing.count
    done: list[_Hits] = []
    steps = [(np.arange(question.queries), k + MARGIN)] if available else []
    while steps:
        queries, reach = steps.pop()
        reach = min(reach, available)
        if len(queries) > max(1, AT_ONCE // reach):
            steps += [(half, reach) for half in np.array_split(queries, 2)]
            continue
        rows = np.flatnonzero(np.isin(question.query, queries))
        scores, ids = shelf.index.search(question.vectors[rows], reach, allowed)
        scores = np.round(scores, DECIMALS)
        hits = _posts_of(shelf, question.query[rows], scores, ids, k, may, question.post)
        if distinct:
            hits = hits.take(~np.isin(hits.content, np.array(question.own, dtype=np.int64)))
        best = _fold(hits, k, distinct=distinct)
        # A query is settled when even the worst content looked at is worse than its k-th
        # post: nothing that was not looked at can enter, or tie with it.
        worst = np.full(question.queries, -np.inf, dtype=np.float32)
        np.maximum.at(worst, question.query[rows], scores[:, -1])
        lowest = np.full(question.queries, np.inf, dtype=np.float32)
        np.minimum.at(lowest, best.query, best.score)
        found = np.bincount(best.query, minlength=question.queries)
        settled = (found >= k) & (worst < lowest) | (reach == available)
        done.append(best.take(settled[best.query]))
        if not settled[queries].all():
            steps.append((queries[~settled[queries]], 4 * reach))
    return _joined(done)


def _posts_of(
    shelf: Shelf,
    query: Indices,
    scores: Vectors,
    ids: Indices,
    k: int,
    may: NDArray[np.bool_] | None,
    excluded: int | None,
) -> _Hits:
    """The posts of the contents that were found, in no order; of a content the first k."""
    found = ids >= 0
    distinct, which = np.unique(ids[found], return_inverse=True)
    start = np.searchsorted(shelf.content, distinct, "left")
    rows, owner = ranges(start, np.searchsorted(shelf.content, distinct, "right") - start)
    keep = np.ones(len(rows), dtype=bool) if may is None else may[shelf.post[rows]]
    if excluded is not None:
        keep &= shelf.post[rows] != excluded
    rows, owner = rows[keep], owner[keep]
    # A text that thousands of posts share must not bring in thousands for each query.
    nth = np.arange(len(rows)) - np.searchsorted(owner, owner, "left")
    rows, owner = rows[nth < k], owner[nth < k]
    count = np.bincount(owner, minlength=len(distinct))
    position, hit = ranges((np.cumsum(count) - count)[which], count[which])
    rows = rows[position]
    return _Hits(
        query=np.repeat(query, ids.shape[1])[found.ravel()][hit],
        score=scores[found][hit],
        post=shelf.post[rows],
        content=shelf.content[rows],
        position=shelf.position[rows],
    )


def _fold(hits: _Hits, k: int, *, distinct: bool) -> _Hits:
    """The k best of each query: a post once, and a content once if `distinct`."""
    hits = hits.take(np.lexsort((hits.position, hits.post, -hits.score, hits.query)))
    hits = hits.take(_first(hits.query, hits.post))
    if distinct:
        hits = hits.take(_first(hits.query, hits.content))
    return hits.take(_rank(hits.query) <= k)


def _first(query: Indices, item: Indices) -> Indices:
    """Rows that have their item for the first time in their query."""
    key = query * (int(item.max(initial=0)) + 1) + item
    return np.sort(np.unique(key, return_index=True)[1])


def _rank(query: Indices) -> Indices:
    """Number of each row within its query, from 1; rows of a query stand together."""
    return np.arange(len(query)) - np.searchsorted(query, query, "left") + 1


def _joined(parts: Sequence[_Hits]) -> _Hits:
    """All of them, by query; within one they keep their order."""
    empty = np.empty(0, dtype=np.int64)
    everything = _Hits(
        np.concatenate([empty, *(part.query for part in parts)]),
        np.concatenate([empty.astype(np.float32), *(part.score for part in parts)]),
        np.concatenate([empty, *(part.post for part in parts)]),
        np.concatenate([empty, *(part.content for part in parts)]),
        np.concatenate([empty.astype(np.int32), *(part.position for part in parts)]),
    )
    return everything.take(np.argsort(everything.query, kind="stable"))


def _rows(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    memory: Memory,
    hits: _Hits,
    kind: Kind,
) -> pa.Table:
    """The hits with their posts' columns; without posts that are not there any more."""
    posts = memory.posts(session, connection, hits.post)
    known = posts["post_id"].to_numpy()
    row = np.searchsorted(known, hits.post)
    there = row < len(known)
    there[there] = known[row[there]] == hits.post[there]
    hits, row = hits.take(there), row[there]
    table = {
        "query": hits.query,
        "rank": _rank(hits.query),
        "post_id": hits.post,
        "score": hits.score,
        **{name: posts[name].take(row) for name in COLUMNS},
    }
    if kind == "images":
        table |= {"url": _urls(connection, hits), "position": hits.position}
    return pa.table(table)


def _urls(connection: duckdb.DuckDBPyConnection, hits: _Hits) -> pa.Array:
    """The address of each hit's picture."""
    rows = connection.execute(
        "SELECT post_id, position, url FROM media WHERE post_id IN (SELECT unnest($1::BIGINT[]))",
        [np.unique(hits.post).tolist()],
    ).fetchall()
    urls = {(post, position): url for post, position, url in rows}
    keys = zip(hits.post.tolist(), hits.position.tolist(), strict=True)
    return pa.array([urls.get(key) for key in keys], pa.string())
