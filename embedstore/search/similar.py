"""Find the posts nearest to a question, under a filter and before a time.

The index holds contents; a search finds the posts that share a text's content, or show a picture.
A filter becomes a mask of the contents that the index may find, so that k posts come back
whenever k pass.
"""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors, to_arrow
from embedstore.errors import QueryError
from embedstore.index.searcher import ContentMask
from embedstore.index.subjects import Kind
from embedstore.search.cache import (
    COLUMNS,
    SearchCache,
    cache_of,
    known_spaces,
)
from embedstore.search.hits import Hits, fold, fused, joined, ranks
from embedstore.search.question import QueryVectors, Question, checked, resolve
from embedstore.search.searchable import FilterMask, Searchable, ranges
from embedstore.search.words import best_of, find_words
from embedstore.storage.limits import FILTER_TIMEOUT_S, Clock, Limits
from embedstore.storage.openings import GENERATION
from embedstore.storage.session import Session
from embedstore.storage.spaces import Space

MARGIN = 8
"""Contents searched beyond k: for those whose posts may not be found, and to see where a tie of
scores ends."""

DECIMALS = 6
"""Decimals of a score. Equal vectors then have equal scores, in whatever order FAISS adds up the
products. An exact index is right to all of them; an approximate one has float16 rows, whose scores
were off by 0.00001 on average and 0.00007 at most at 384 dimensions. Scores are not computed
again from the database: reading twenty vectors there takes longer than all the rest."""

FUSED = 100
"""Posts of each list that are fused: beyond it, a rank adds less than a tenth of the first's."""

MAX_CONTENTS = 2**21
"""Most contents found in one search of the index, queries times contents for each; bounds the
memory."""


def similar(
    session: Session, question: Question, *, timeout: float | None = FILTER_TIMEOUT_S
) -> pa.Table:
    """Find the k nearest posts of each query.

    Posts with equal scores are ordered by `post_id`. A post with several pictures is found
    by the best of them; a query post with several pictures finds what is nearest to any of
    them. `distinct` keeps the first of the posts with the same content, and none with the
    query post's own.

    Words are found by their spelling. Beside a text, a post or a vector, both lists are fused.

    Parameters
    ----------
    session : Session
        The store.
    question : Question
        The query, the filter and the number of posts to find.
    timeout : float, optional
        Most seconds for what the database does, the filter above all; no limit if None.

    Returns
    -------
    pyarrow.Table
        query, rank (from 1), post_id, score, source, id, username, company, created_at,
        likes, text; among images also url and position of the picture that was found.

    Raises
    ------
    QueryError
        The query, the filter or the space can't be used.
    LimitError
        The filter takes more than `timeout` seconds.
    """
    question = checked(question)
    if question.words is None and not question.has_vectors:
        raise QueryError(
            "say what to look for with one of text, image, post and vector, or with words"
        )
    # Without a filter there is nothing of the user's that could take long.
    clock = Clock(Limits(timeout).timeout if question.where is not None else None)
    declared: Sequence[Space] = []
    embedded: QueryVectors | None = None
    if question.text is not None or question.image is not None:
        # While the database is closed, so that a build can go on: loading an encoder may take
        # seconds.
        declared = known_spaces(session)
        try:
            embedded = resolve(session, declared, question)
        except QueryError:
            # A space may have come since the session has looked.
            declared = session.spaces()
            embedded = resolve(session, declared, question)
    with session.connection(own=question.where is None) as connection:
        cache = cache_of(session, connection)
        if question.has_vectors and (embedded is None or cache.spaces != declared):
            embedded = resolve(session, cache.spaces, question, (connection, cache))
        with clock.watch(connection):
            return _answer(session, connection, cache, question, embedded)


def _answer(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    question: Question,
    embedded: QueryVectors | None,
) -> pa.Table:
    """Search, and add the posts' columns; a second time if the cache turns out to be old."""
    found, rows = _found_rows(session, connection, cache, question, embedded)
    if rows.num_rows < found:
        # A user's own SQL has deleted posts, which leaves the store's generation as it was.
        cache = cache_of(session, connection, fresh=True)
        _, rows = _found_rows(session, connection, cache, question, embedded)
    return rows.replace_schema_metadata({GENERATION: str(cache.generation)})


def _found_rows(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    question: Question,
    embedded: QueryVectors | None,
) -> tuple[int, pa.Table]:
    """Search once; return the number of posts found, and the rows of those in the database."""
    kind: Kind = "texts"
    if embedded is None:
        assert question.words is not None
        spelt = find_words(session, connection, question.words, question.where, question.before)
        hits = best_of(spelt.hits, question.k, distinct=question.distinct)
    elif question.words is None:
        hits, kind = _near(session, connection, cache, question, embedded), embedded.kind
    else:
        hits = _near_and_spelt(session, connection, cache, question, embedded)
    return len(hits.post), _rows(session, connection, cache, hits, kind)


def _near(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    question: Question,
    embedded: QueryVectors,
    among: Indices | None = None,
) -> Hits:
    """Find the posts nearest to the query vectors, `among` some posts or those that pass."""
    searchable = cache.searchable(session, connection, embedded.space, embedded.kind)
    mask = None
    if among is not None:
        mask = searchable.mask_of(among)
    elif question.where is not None or question.before is not None:
        chosen = (question.where, question.before)
        mask = cache.mask(session, connection, searchable, chosen)
    return _search(searchable, embedded, question.k, mask, distinct=question.distinct)


def _near_and_spelt(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    question: Question,
    embedded: QueryVectors,
) -> Hits:
    """Fuse the posts nearest to the query vector with those that have the words."""
    assert question.words is not None
    if embedded.queries != 1:
        raise QueryError(f"words go with one query, not with {embedded.queries} vectors")
    spelt = find_words(session, connection, question.words, question.where, question.before)
    depth = max(FUSED, question.k)
    found = spelt.hits
    if embedded.post is not None:
        found = found.take(found.post != embedded.post)
        if question.distinct:
            found = found.take(~np.isin(found.content, np.array(embedded.own, dtype=np.int64)))
    near = _near(
        session,
        connection,
        cache,
        replace(question, k=depth),
        embedded,
        np.unique(found.post) if spelt.strict else None,
    )
    return fused([near, best_of(found, depth, distinct=question.distinct)], question.k)


def _search(
    searchable: Searchable,
    embedded: QueryVectors,
    k: int,
    mask: FilterMask | None,
    *,
    distinct: bool,
) -> Hits:
    """Find the k best posts of each query, by query and rank.

    The posts of k contents may be fewer than k, as when one post shows several of the pictures
    found, or may tie with posts of contents that were not found. Queries for which that happens
    are searched again with four times as many contents.
    """
    contents, available = _contents_to_search(searchable, mask)
    done: list[Hits] = []
    steps = [(np.arange(embedded.queries), k + MARGIN)] if available else []
    while steps:
        queries, wanted = steps.pop()
        wanted = min(wanted, available)
        if len(queries) > max(1, MAX_CONTENTS // wanted):
            steps += [(half, wanted) for half in np.array_split(queries, 2)]
            continue
        rows = np.flatnonzero(np.isin(embedded.query, queries))
        query = embedded.query[rows]
        scores, ids = searchable.index.search(embedded.vectors[rows], wanted, contents)
        scores = np.round(scores, DECIMALS)
        hits = _posts_of(searchable, query, scores, ids, k, mask, embedded.post)
        if distinct:
            hits = hits.take(~np.isin(hits.content, np.array(embedded.own, dtype=np.int64)))
        best = fold(hits, k, distinct=distinct)
        settled = _settled(embedded.queries, query, scores, best, k) | (wanted == available)
        done.append(best.take(settled[best.query]))
        if not settled[queries].all():
            steps.append((queries[~settled[queries]], 4 * wanted))
    return joined(done)


def _contents_to_search(
    searchable: Searchable, mask: FilterMask | None
) -> tuple[ContentMask | None, int]:
    """Return the mask of contents that may be found, None for the whole index, and their number."""
    if mask is not None:
        return mask.contents, mask.count
    contents = None if searchable.complete else searchable.contents
    return contents, int(np.count_nonzero(searchable.contents))


def _settled(
    queries: int, query: Indices, scores: Vectors, best: Hits, k: int
) -> NDArray[np.bool_]:
    """Tell which queries have their k best posts.

    A query is settled when the worst content found is worse than its k-th post: a content that
    was not found can then neither enter the k best nor tie with one of them.

    Parameters
    ----------
    queries : int
        Queries of the question.
    query : array, shape (n,), int64
        Query of each vector that was searched.
    scores : array, shape (n, contents), float32
        Scores of the contents found for each vector, descending.
    best : Hits
        The k best posts so far.
    k : int
        Posts to find for each query.

    Returns
    -------
    array, shape (queries,), bool
    """
    worst = np.full(queries, -np.inf, dtype=np.float32)
    np.maximum.at(worst, query, scores[:, -1])
    lowest = np.full(queries, np.inf, dtype=np.float32)
    np.minimum.at(lowest, best.query, best.score)
    found = np.bincount(best.query, minlength=queries)
    settled: NDArray[np.bool_] = (found >= k) & (worst < lowest)
    return settled


def _posts_of(
    searchable: Searchable,
    query: Indices,
    scores: Vectors,
    ids: Indices,
    k: int,
    mask: FilterMask | None,
    excluded: int | None,
) -> Hits:
    """Find the posts of the contents found, in no order; of each content the first k.

    Parameters
    ----------
    searchable : Searchable
        Which posts have which contents.
    query : array, shape (n,), int64
        Query of each vector that was searched.
    scores, ids : arrays, shape (n, contents)
        Contents found for each vector.
    k : int
        Most posts of one content.
    mask : FilterMask, optional
        Posts that may be found; all if None.
    excluded : int, optional
        A post that may not be found.
    """
    found = ids >= 0
    contents, which = np.unique(ids[found], return_inverse=True)
    rows, count = _first_posts(searchable, contents, k, mask, excluded)
    # The rows of each content found, once for each vector that found it.
    position, hit = ranges((np.cumsum(count) - count)[which], count[which])
    rows = rows[position]
    return Hits(
        query=np.repeat(query, ids.shape[1])[found.ravel()][hit],
        score=scores[found][hit],
        post=searchable.post[rows],
        content=searchable.content[rows],
        position=searchable.position[rows],
    )


def _first_posts(
    searchable: Searchable,
    contents: Indices,
    k: int,
    mask: FilterMask | None,
    excluded: int | None,
) -> tuple[Indices, Indices]:
    """Find the first k posts of each content that may be found.

    No more than k, since a text that thousands of posts share must not bring thousands of
    rows into each query.

    Returns
    -------
    rows : array, int64
        Rows of `searchable`, by content.
    count : array, shape of `contents`, int64
        Number of rows of each content.
    """
    start = np.searchsorted(searchable.content, contents, "left")
    stop = np.searchsorted(searchable.content, contents, "right")
    rows, owner = ranges(start, stop - start)
    allowed = np.ones(len(rows), dtype=bool) if mask is None else mask.posts[searchable.post[rows]]
    if excluded is not None:
        allowed &= searchable.post[rows] != excluded
    rows, owner = rows[allowed], owner[allowed]
    nth = np.arange(len(rows)) - np.searchsorted(owner, owner, "left")
    rows, owner = rows[nth < k], owner[nth < k]
    return rows, np.bincount(owner, minlength=len(contents))


def _rows(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    hits: Hits,
    kind: Kind,
) -> pa.Table:
    """Add the posts' columns to the hits; posts that are no longer there are left out."""
    there, posts = cache.posts(session, connection, hits.post)
    hits = hits.take(there)
    table = {
        "query": to_arrow(hits.query),
        "rank": to_arrow(ranks(hits.query)),
        "post_id": to_arrow(hits.post),
        "score": to_arrow(hits.score),
        **{name: posts[name] for name in COLUMNS},
    }
    if kind == "images":
        table |= {"url": _urls(connection, hits), "position": to_arrow(hits.position)}
    return pa.table(table)


def _urls(connection: duckdb.DuckDBPyConnection, hits: Hits) -> pa.Array:
    """Read the address of each hit's picture."""
    rows = connection.execute(
        "SELECT post_id, position, url FROM media WHERE post_id IN (SELECT unnest($1::BIGINT[]))",
        [np.unique(hits.post).tolist()],
    ).fetchall()
    urls = {(post, position): url for post, position, url in rows}
    keys = zip(hits.post.tolist(), hits.position.tolist(), strict=True)
    return pa.array([urls.get(key) for key in keys], pa.string())
