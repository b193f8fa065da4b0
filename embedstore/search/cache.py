"""What the queries of one process share, kept as long as the store stays the same."""

from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.arrays import Indices
from embedstore.index.searcher import Allowed, Index
from embedstore.index.subjects import Kind, Subject
from embedstore.index.upkeep import open_index
from embedstore.storage import spaces
from embedstore.storage.filters import is_constant, posts_passing
from embedstore.storage.session import Session
from embedstore.storage.spaces import FIELD_COLUMN, Space

COLUMNS = ("source", "id", "username", "company", "created_at", "likes", "text")
"""What a search says of each post beside its id."""

POSTS_KEPT = 1_000_000
"""Posts up to which a process that searches repeatedly keeps `COLUMNS` in memory, some 130
bytes a post: DuckDB takes 3 to 5 ms to find ten rows, which is as long as all the rest."""


FILTERS_KEPT = 8
"""Filters of which a process that searches repeatedly keeps what they leave, 2 bytes a post: to
ask DuckDB takes 2 to 8 ms at 300,000 posts."""


Filter = tuple[str | None, datetime | None]
"""A condition on posts, and the time (UTC, without a zone) that they are earlier than."""

MANY = 32
"""One in so many posts that pass: from there on it is quicker to look at the rows of all."""


@dataclass(frozen=True)
class Passing:
    """What a filter leaves.

    Attributes
    ----------
    posts : array of bool
        By post id.
    contents : array of bool
        By content id.
    count : int
        How many contents.
    """

    posts: NDArray[np.bool_]
    contents: Allowed
    count: int


@dataclass(frozen=True)
class Shelf:
    """What of one space and kind can be found, and by which posts.

    Attributes
    ----------
    index : Index
        Over the contents.
    content, post, position : arrays, shape (n,)
        One row for a post's text, or for each of its pictures; by content, then post.
    allowed : array of bool
        By content id: is in the index and has a post.
    complete : bool
        Whether that is all of the index.
    by_post : array, shape (n,), int64
        The rows, by post.
    first, count : arrays of int64
        By post id, where its rows begin in `by_post` and how many they are.
    passing : dict
        What filters leave that were asked for before.
    """

    index: Index
    content: Indices
    post: Indices
    position: NDArray[np.int32]
    allowed: Allowed
    complete: bool
    by_post: Indices
    first: Indices
    count: Indices
    passing: dict[Filter, Passing] = field(default_factory=dict)

    def passed(self, posts: Indices) -> Passing:
        """What is left of it where some posts pass."""
        may = np.zeros(len(self.count), dtype=bool)
        posts = posts[posts < len(may)]
        may[posts] = True
        allowed = np.zeros_like(self.allowed)
        if MANY * len(posts) > len(may):
            allowed[self.content[may[self.post]]] = True
        else:
            rows, _ = ranges(self.first[posts], self.count[posts])
            allowed[self.content[self.by_post[rows]]] = True
        return Passing(may, allowed, int(np.count_nonzero(allowed)))


@dataclass
class Memory:
    """What is kept of one generation of a store.

    Attributes
    ----------
    spaces : list of Space
        Its spaces.
    held : duckdb.DuckDBPyConnection, optional
        The store's connection when it was looked at, if it keeps one.
    """

    store_id: str
    generation: str
    spaces: list[Space]
    held: duckdb.DuckDBPyConnection | None
    _shelves: dict[Subject, Shelf] = field(default_factory=dict)
    _columns: pa.Table | None = None
    _names: frozenset[str] = frozenset()
    _asked: int = 0

    def shelf(
        self, session: Session, connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind
    ) -> Shelf:
        """The shelf of a space and kind; its index is opened, or mended, the first time."""
        assert space.dim is not None
        subject = Subject(self.store_id, space.space, kind, space.fingerprint, space.dim)
        if subject not in self._shelves:
            index = open_index(session.path, connection, subject)
            self._shelves[subject] = _shelf(connection, space, kind, index)
        return self._shelves[subject]

    def passing(
        self, session: Session, connection: duckdb.DuckDBPyConnection, shelf: Shelf, chosen: Filter
    ) -> Passing:
        """What of a shelf a filter leaves.

        Raises
        ------
        QueryError
            It can't be used.
        """
        kept = shelf.passing.get(chosen)
        if kept is not None:
            return kept
        passing = shelf.passed(posts_passing(connection, *chosen))
        # Of a store that is opened for each call, anyone may change a post in between.
        self._names = self._names or frozenset(connection.table("posts").columns)
        if _constant(session) and is_constant(chosen[0] or "", self._names):
            while len(shelf.passing) >= FILTERS_KEPT:
                shelf.passing.pop(next(iter(shelf.passing)), None)
            shelf.passing[chosen] = passing
        return passing

    def forget_filters(self) -> None:
        """Ask again which posts pass."""
        for shelf in self._shelves.values():
            shelf.passing.clear()

    def posts(
        self, session: Session, connection: duckdb.DuckDBPyConnection, ids: Indices
    ) -> pa.Table:
        """Post_id and `COLUMNS` of at least the posts `ids`, by post_id."""
        self._asked += 1
        names = ", ".join(("post_id", *COLUMNS))
        if self._columns is None and self._asked > 1 and session.mode == "r":
            (count,) = connection.execute("SELECT count(*) FROM posts").fetchall()[0]
            if count <= POSTS_KEPT:
                rows = connection.sql(f"SELECT {names} FROM posts ORDER BY post_id")  # noqa: S608
                self._columns = rows.to_arrow_table().combine_chunks()
        if self._columns is not None:
            return self._columns
        return connection.sql(
            f"SELECT {names} FROM posts WHERE post_id IN (SELECT unnest($1::BIGINT[]))"  # noqa: S608
            " ORDER BY post_id",
            params=[np.unique(ids).tolist()],
        ).to_arrow_table()


_memories: WeakKeyDictionary[Session, Memory] = WeakKeyDictionary()


def memory_of(
    session: Session, connection: duckdb.DuckDBPyConnection, *, fresh: bool = False
) -> Memory:
    """What earlier queries left, if the store is still the same; else an empty memory."""
    memory = _memories.get(session)
    if _constant(session) and memory is not None and memory.held is session.held and not fresh:
        return memory
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    now = (meta["store_id"], meta["generation"])
    if fresh or memory is None or (memory.store_id, memory.generation) != now:
        memory = _memories[session] = Memory(*now, spaces.declared(connection), session.held)
    elif memory.held is not session.held:
        memory.forget_filters()
    memory.held = session.held
    return memory


def _constant(session: Session) -> bool:
    """Whether the store stays as it is: nobody can write while a reader holds the file."""
    return session.mode == "r" and session.held is not None


def _shelf(connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind, index: Index) -> Shelf:
    if kind == "texts":
        column = FIELD_COLUMN[space.text_field or "text"]
        query = f"SELECT {column} AS content_id, post_id, 0::INTEGER AS position FROM posts"  # noqa: S608
    else:
        column = "content_id"
        query = "SELECT content_id, post_id, position FROM media"
    table = connection.sql(f"{query} WHERE {column} IS NOT NULL").to_arrow_table()
    content = table["content_id"].to_numpy()
    there = content < len(index.contents)
    there[there] = index.contents[content[there]]
    content = content[there]
    post, position = table["post_id"].to_numpy()[there], table["position"].to_numpy()[there]
    order = np.lexsort((position, post, content))
    if kind == "images":
        # A post that has the same picture twice has it at the first position.
        same = (np.diff(content[order], prepend=-1) == 0) & (np.diff(post[order], prepend=-1) == 0)
        order = order[~same]
    content, post, position = content[order], post[order], position[order]
    allowed = np.zeros_like(index.contents)
    allowed[content] = True
    count = np.bincount(post)
    return Shelf(
        index,
        content,
        post,
        position,
        allowed,
        complete=np.array_equal(allowed, index.contents),
        by_post=np.argsort(post, kind="stable"),
        first=np.cumsum(count) - count,
        count=count,
    )


def ranges(start: Indices, count: Indices) -> tuple[Indices, Indices]:
    """The numbers from each `start`, `count` of them, and which start each came from."""
    owner = np.repeat(np.arange(len(start)), count)
    first = np.cumsum(count) - count
    return (start - first)[owner] + np.arange(len(owner)), owner
