"""Find near-duplicates: groups of posts whose texts are nearly the same.

Each text's nearest are looked for around a few pivots (`index.pivots`), so that the time grows with
the texts and not with their square. Pairs that are alike enough are joined, and what hangs together
is a group.
"""

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors, to_arrow
from embedstore.errors import QueryError
from embedstore.index.pivots import nearest
from embedstore.search.cache import COLUMNS, cache_of
from embedstore.search.searchable import Searchable
from embedstore.storage.filters import posts_passing
from embedstore.storage.session import Session

ALIKE = 16
"""Texts that are joined with a text, the nearest: enough for a group to hang together."""

LEAST_THRESHOLD = 0.5
"""Below it, half of a store would be one group, and pairs would be missed."""


def duplicates(
    session: Session,
    threshold: float = 0.9,
    *,
    where: str | None = None,
    space: str | None = None,
) -> pa.Table:
    """Group the posts whose texts are the same or nearly so.

    Parameters
    ----------
    session : Session
        The store.
    threshold : float
        Least cosine of two texts that are joined, from `LEAST_THRESHOLD` to 1.
    where : str, optional
        SQL condition on the columns of `posts`.
    space : str, optional
        A space of texts; the first one if None.

    Returns
    -------
    pyarrow.Table
        duplicate (number of the group, from 1, the largest first), post_id, score (cosine to
        the group's first post), source, id, username, company, created_at, likes, text; by
        group, then in the order of time. Posts that are like no other are left out.

    Raises
    ------
    QueryError
        The threshold, the filter or the space can't be used.
    """
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise QueryError(f"a threshold is a cosine from {LEAST_THRESHOLD} to 1, not {threshold:g}")
    chosen = session.space(space, texts=True)
    with session.connection() as connection:
        cache = cache_of(session, connection)
        searchable = cache.searchable(session, connection, chosen, "texts")
        rows = np.arange(len(searchable.post))
        if where is not None:
            rows = np.flatnonzero(np.isin(searchable.post, posts_passing(connection, where, None)))
        post, group, score = _grouped(connection, searchable, rows, threshold)
        there, posts = cache.posts(session, connection, post)
    return pa.table(
        {
            "duplicate": to_arrow(group[there]),
            "post_id": to_arrow(post[there]),
            "score": to_arrow(score[there]),
            **{name: posts[name] for name in COLUMNS},
        }
    )


def _grouped(
    connection: duckdb.DuckDBPyConnection, searchable: Searchable, rows: Indices, threshold: float
) -> tuple[Indices, Indices, Vectors]:
    """Group posts: the post, number of its group and score of each that is like another."""
    contents, which = np.unique(searchable.content[rows], return_inverse=True)
    vectors = searchable.index.vectors(contents)
    group = connected(len(contents), *near_pairs(vectors, threshold))[which]
    sizes = np.bincount(group)
    kept = sizes[group] > 1
    post, group, which = searchable.post[rows][kept], group[kept], which[kept]
    # The largest group first; of equal ones that with the first post.
    first_post = np.full(len(sizes), np.iinfo(np.int64).max)
    np.minimum.at(first_post, group, post)
    number = np.empty(len(sizes), dtype=np.int64)
    number[np.lexsort((first_post, -sizes))] = np.arange(1, len(sizes) + 1)
    order = np.lexsort((post, _times(connection, post), number[group]))
    post, number, which = post[order], number[group][order], which[order]
    lead = which[np.searchsorted(number, number, "left")]
    score = np.einsum("ij,ij->i", vectors[which], vectors[lead])
    return post, number, np.round(score, 6)


def _times(connection: duckdb.DuckDBPyConnection, post: Indices) -> Indices:
    """Read when posts were made, in microseconds; those without a time last."""
    found = connection.execute(
        "SELECT post_id, coalesce(epoch_us(created_at), 9223372036854775807) AS time FROM posts"
        " ORDER BY post_id"
    ).fetchnumpy()
    times: Indices = found["time"][np.searchsorted(found["post_id"], post)]
    return times


def near_pairs(vectors: Vectors, threshold: float, *, seed: int = 0) -> tuple[Indices, Indices]:
    """Find pairs of vectors with a cosine of at least a threshold.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1.
    threshold : float
        Least cosine.
    seed : int
        Draws the pivots.

    Returns
    -------
    first, second : arrays, shape (pairs,), int64
        Rows; of each at most `ALIKE` others, the nearest, so that a pair may be there twice.
    """
    count = len(vectors)
    if count < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    cosine, near = nearest(vectors, vectors, min(ALIKE, count), seed=seed)
    first, second = np.repeat(np.arange(count), near.shape[1]), near.ravel()
    # float32 puts a vector's cosine with itself at 0.9999999.
    alike = (cosine.ravel() >= threshold - 1e-6) & (second >= 0) & (first != second)
    return first[alike], second[alike].astype(np.int64)


def connected(count: int, first: Indices, second: Indices) -> Indices:
    """Number the groups of what hangs together by pairs: shape (count,), int64.

    Each takes the least number on its way, and then that one's, until nothing changes: union and
    find for all pairs at once (Shiloach and Vishkin, "An O(log n) parallel connectivity
    algorithm", 1982).
    """
    root = np.arange(count)
    while True:
        a, b = root[first], root[second]
        apart = a != b
        if not apart.any():
            return np.unique(root, return_inverse=True)[1].astype(np.int64)
        first, second, a, b = first[apart], second[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while (root != root[root]).any():
            root = root[root]
