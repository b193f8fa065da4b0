"""Cache what the queries of one process share, until the store changes.

A `SearchCache` belongs to one session and one generation of its store. It has a `Searchable` for
each space and kind that was searched: the index, the posts of each content, and the masks of
recent filters.
"""

import threading
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors, from_arrow, to_arrow, unit
from embedstore.index.subjects import Kind, Subject
from embedstore.index.upkeep import open_index
from embedstore.search.searchable import Filter, FilterMask, Searchable, load_searchable
from embedstore.storage import spaces
from embedstore.storage.filters import is_constant, posts_passing
from embedstore.storage.openings import Opening, generation
from embedstore.storage.session import Session
from embedstore.storage.spaces import Space

COLUMNS = ("source", "id", "username", "company", "created_at", "likes", "text")
"""Columns of a post in the result of a search, beside `post_id`."""

MAX_CACHED_POSTS = 1_000_000
"""Largest store whose `COLUMNS` are cached, some 130 bytes a post, from the second search on.
DuckDB takes 3 to 5 ms to find ten rows, which is as long as the rest of a search."""


@dataclass
class SearchCache:
    """Cached data of one generation of a store.

    Attributes
    ----------
    store_id : str
        The store, from `meta`.
    generation : int
        Its generation, from `meta`.
    spaces : list of Space
        Spaces of the store.
    opening : Opening, optional
        The opening in which the cache was last used.
    """

    store_id: str
    generation: int
    spaces: list[Space]
    opening: Opening | None
    _searchables: dict[Subject, Searchable] = field(default_factory=dict)
    _posts: pa.Table | None = None
    _post_columns: frozenset[str] = frozenset()
    _searches: int = 0
    _loading: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def searchable(
        self, session: Session, connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind
    ) -> Searchable:
        """Return what a search of a space and kind needs; the first time, open the index."""
        assert space.dim is not None
        subject = Subject(self.store_id, space.space, kind, space.fingerprint, space.dim)
        with self._loading:
            if subject not in self._searchables:
                index = open_index(session.path, connection, subject)
                self._searchables[subject] = load_searchable(connection, space, kind, index)
            return self._searchables[subject]

    def vectors_of(
        self,
        session: Session,
        connection: duckdb.DuckDBPyConnection,
        space: Space,
        kind: Kind,
        post_id: int,
    ) -> tuple[Indices, Vectors]:
        """Read the vectors of a post, in a space and kind that has vectors.

        Returns
        -------
        ids : array, shape (n,), int64
            Its contents that have a vector.
        vectors : array, shape (n, dim), float32
            At length 1, but for those that have no direction.
        """
        searchable = self.searchable(session, connection, space, kind)
        ids = searchable.contents_of(post_id)
        # An exact index has the vectors as they are, and is in memory.
        if len(ids) and not searchable.index.lists:
            return ids, searchable.index.vectors(ids)
        return _read_vectors(connection, space, kind, post_id)

    def mask(
        self,
        session: Session,
        connection: duckdb.DuckDBPyConnection,
        searchable: Searchable,
        chosen: Filter,
    ) -> FilterMask:
        """Evaluate a filter, or return its cached mask.

        Raises
        ------
        QueryError
            The filter can't be used.
        """
        cached = searchable.masks.get(chosen)
        if cached is not None:
            return cached
        mask = searchable.mask_of(posts_passing(connection, *chosen))
        self._post_columns = self._post_columns or frozenset(connection.table("posts").columns)
        if session.mode == "r" and is_constant(chosen[0] or "", self._post_columns):
            searchable.remember(chosen, mask)
        return mask

    def forget_masks(self) -> None:
        """Drop the masks of all filters."""
        for searchable in list(self._searchables.values()):
            searchable.forget_masks()

    def posts(
        self, session: Session, connection: duckdb.DuckDBPyConnection, ids: Indices
    ) -> tuple[Indices, pa.Table]:
        """Read the posts `ids`, in their order.

        From the second search on, all posts are read and cached if they fit.

        Returns
        -------
        there : array, shape (m,), int64
            Positions in `ids` of the posts that are in the database.
        posts : pyarrow.Table
            A row with `COLUMNS` for each of them.
        """
        self._searches += 1
        names = ", ".join(COLUMNS)
        if session.mode == "r":
            with self._loading:
                if self._posts is None and self._searches > 1:
                    self._posts = self._read_posts(connection, names)
        if self._posts is not None:
            known = from_arrow(self._posts["post_id"])
            row = np.searchsorted(known, ids)
            found = row < len(known)
            found[found] = known[row[found]] == ids[found]
            return np.flatnonzero(found), self._posts.take(to_arrow(row[found]))
        # In order already: `take` is in a part of Arrow that takes 40 ms to import.
        rows = connection.sql(
            f"SELECT place, {names} FROM posts JOIN ("  # noqa: S608
            " SELECT unnest($1::BIGINT[]) AS post_id, unnest($2::BIGINT[]) AS place)"
            " USING (post_id) ORDER BY place",
            params=[ids.tolist(), list(range(len(ids)))],
        )
        table = rows.to_arrow_table()
        return from_arrow(table["place"]), table.drop_columns("place")

    def keys(
        self, connection: duckdb.DuckDBPyConnection, ids: list[str]
    ) -> list[tuple[int, str, str]]:
        """Find the posts with one of some ids: post_id, source and id, by source."""
        if self._posts is not None:
            # Imported here: it takes 40 ms, and a single search needs it not.
            from pyarrow import compute

            known = self._posts.select(["post_id", "source", "id"])
            rows = known.filter(compute.is_in(known["id"], pa.array(ids, pa.string())))
            found = [(row["post_id"], row["source"], row["id"]) for row in rows.to_pylist()]
            return sorted(found, key=lambda row: row[1:])
        places = ", ".join("?" * len(ids))
        return connection.execute(
            f"SELECT post_id, source, id FROM posts WHERE id IN ({places}) ORDER BY source",  # noqa: S608
            ids,
        ).fetchall()

    @staticmethod
    def _read_posts(connection: duckdb.DuckDBPyConnection, names: str) -> pa.Table | None:
        """Read the columns `names` of all posts, unless these are too many."""
        (count,) = connection.execute("SELECT count(*) FROM posts").fetchall()[0]
        if count > MAX_CACHED_POSTS:
            return None
        rows = connection.sql(f"SELECT post_id, {names} FROM posts ORDER BY post_id")  # noqa: S608
        return rows.to_arrow_table().combine_chunks()


_caches: WeakKeyDictionary[Session, SearchCache] = WeakKeyDictionary()


def cache_of(
    session: Session, connection: duckdb.DuckDBPyConnection, *, fresh: bool = False
) -> SearchCache:
    """Return a session's cache if the store is still the same, else an empty one.

    Parameters
    ----------
    session : Session
        The session that searches.
    connection : duckdb.DuckDBPyConnection
        Open on its store.
    fresh : bool
        Drop the cache in any case.
    """
    cache = _caches.get(session)
    opening = session.opening
    unchanging = session.mode == "r" and opening is not None
    if unchanging and cache is not None and cache.opening is opening and not fresh:
        return cache
    now = opening.generation() if unchanging and opening is not None else generation(connection)
    if fresh or cache is None or (cache.store_id, cache.generation) != now:
        cache = _caches[session] = SearchCache(*now, spaces.declared(connection), opening)
    elif cache.opening is not opening:
        # Between two openings, SQL of another program may have changed posts, which leaves the
        # generation as it is.
        cache.forget_masks()
    cache.opening = opening
    return cache


def known_spaces(session: Session) -> list[Space]:
    """Return the spaces of the store when the session last looked."""
    cache = _caches.get(session)
    if cache is not None:
        return cache.spaces
    return session.spaces() if session.spaces_at_first is None else session.spaces_at_first


def _read_vectors(
    connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind, post_id: int
) -> tuple[Indices, Vectors]:
    """Read the contents of a post that have a vector, and their vectors at length 1."""
    owner = f"{space.content_column} FROM posts" if kind == "texts" else "content_id FROM media"
    own = connection.execute(
        f"SELECT {owner} WHERE post_id = $1",
        [post_id],
    ).fetchall()
    # As numbers in the query: DuckDB then looks only where these contents can be.
    contents = ", ".join({str(int(content)) for (content,) in own if content is not None})
    rows = connection.execute(
        "SELECT content_id, vector FROM vectors"  # noqa: S608 (numbers)
        f" WHERE space = $1 AND len(vector) = $2 AND content_id IN ({contents or 'NULL'})"
        " ORDER BY content_id",
        [space.space, space.dim],
    ).fetchall()
    ids = np.array([content for content, _ in rows], dtype=np.int64)
    vectors = np.array([vector for _, vector in rows], dtype=np.float32)
    return ids, unit(vectors.reshape(len(rows), space.dim or 0))
