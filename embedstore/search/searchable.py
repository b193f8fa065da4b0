"""One space and kind, ready to be searched: its index, the posts of each content, and filters."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, from_arrow
from embedstore.index.searcher import ContentMask, Index
from embedstore.index.subjects import Kind
from embedstore.storage.spaces import Space

MAX_CACHED_FILTERS = 8
"""Filters whose masks are cached, 2 bytes a post: DuckDB takes 2 to 8 ms to evaluate a filter at
300,000 posts."""

SCAN_SHARE = 1 / 32
"""Share of passing posts above which making the mask of contents by a scan of all rows is quicker
than by looking up the rows of each post."""

Filter = tuple[str | None, datetime | None]
"""A condition on posts, and a time (UTC, naive) that they must be earlier than."""


@dataclass(frozen=True)
class FilterMask:
    """Masks of the posts and contents that pass a filter.

    Attributes
    ----------
    posts : array of bool
        By post id, whether the post passes.
    contents : array of bool
        By content id, whether a post that passes has the content.
    count : int
        Contents that pass.
    """

    posts: NDArray[np.bool_]
    contents: ContentMask
    count: int


@dataclass(frozen=True)
class Searchable:
    """One space and kind, ready to be searched: the index, and the posts of each content.

    Attributes
    ----------
    index : Index
        Index over the contents.
    content, post, position : arrays, shape (n,)
        One row for each post's text, or for each of its pictures at `position`; by content,
        then post, then position.
    contents : array of bool
        By content id, whether the content is in the index and has a post.
    complete : bool
        Whether all contents of the index have a post.
    by_post : array, shape (n,), int64
        The same rows ordered by post.
    first, count : arrays of int64
        By post id, the position of its first row in `by_post`, and the number of its rows.
    masks : dict
        Masks of recent filters.
    """

    index: Index
    content: Indices
    post: Indices
    position: NDArray[np.int32]
    contents: ContentMask
    complete: bool
    by_post: Indices
    first: Indices
    count: Indices
    masks: dict[Filter, FilterMask] = field(default_factory=dict)
    _remembering: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def mask_of(self, posts: Indices) -> FilterMask:
        """Make the mask of a filter from the ids of the posts that pass it."""
        passing = np.zeros(len(self.count), dtype=bool)
        posts = posts[posts < len(passing)]
        passing[posts] = True
        contents = np.zeros_like(self.contents)
        if len(posts) > SCAN_SHARE * len(passing):
            contents[self.content[passing[self.post]]] = True
        else:
            rows, _ = ranges(self.first[posts], self.count[posts])
            contents[self.content[self.by_post[rows]]] = True
        return FilterMask(passing, contents, int(np.count_nonzero(contents)))

    def contents_of(self, post_id: int) -> Indices:
        """Find the contents of a post that are in the index, ascending."""
        if post_id >= len(self.count):
            return self.content[:0]
        first = self.first[post_id]
        return np.unique(self.content[self.by_post[first : first + self.count[post_id]]])

    def remember(self, chosen: Filter, mask: FilterMask) -> None:
        """Cache the mask of a filter; the oldest goes when there are too many."""
        with self._remembering:
            while len(self.masks) >= MAX_CACHED_FILTERS:
                del self.masks[next(iter(self.masks))]
            self.masks[chosen] = mask

    def forget_masks(self) -> None:
        """Drop the masks of all filters."""
        with self._remembering:
            self.masks.clear()


def load_searchable(
    connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind, index: Index
) -> Searchable:
    """Read which posts have which contents of an index."""
    content, post, position = _read_links(connection, space, kind)
    in_index = content < len(index.contents)
    in_index[in_index] = index.contents[content[in_index]]
    content, post, position = content[in_index], post[in_index], position[in_index]
    order = np.lexsort((position, post, content))
    if kind == "images":
        # Of a post that has the same picture twice, keep the first position.
        same = (np.diff(content[order], prepend=-1) == 0) & (np.diff(post[order], prepend=-1) == 0)
        order = order[~same]
    content, post, position = content[order], post[order], position[order]
    contents = np.zeros_like(index.contents)
    contents[content] = True
    count = np.bincount(post)
    return Searchable(
        index,
        content,
        post,
        position,
        contents,
        complete=np.array_equal(contents, index.contents),
        by_post=np.argsort(post, kind="stable"),
        first=np.cumsum(count) - count,
        count=count,
    )


def _read_links(
    connection: duckdb.DuckDBPyConnection, space: Space, kind: Kind
) -> tuple[Indices, Indices, NDArray[np.int32]]:
    """Read content, post and position of each text, or of each picture, in no order."""
    if kind == "texts":
        column = space.content_column
        query = f"SELECT {column} AS content_id, post_id, 0::INTEGER AS position FROM posts"  # noqa: S608
    else:
        column = "content_id"
        query = "SELECT content_id, post_id, position FROM media"
    table = connection.sql(f"{query} WHERE {column} IS NOT NULL").to_arrow_table()
    return (
        from_arrow(table["content_id"]),
        from_arrow(table["post_id"]),
        from_arrow(table["position"]),
    )


def ranges(start: Indices, count: Indices) -> tuple[Indices, Indices]:
    """Concatenate ranges of integers.

    Parameters
    ----------
    start, count : arrays, shape (n,), int64
        First integer and length of each range.

    Returns
    -------
    values : array, shape (sum of count,), int64
        The integers of all ranges.
    owner : array, of the same shape, int64
        Number of the range that each integer is from.
    """
    owner = np.repeat(np.arange(len(start)), count)
    offset = np.cumsum(count) - count
    return (start - offset)[owner] + np.arange(len(owner)), owner
