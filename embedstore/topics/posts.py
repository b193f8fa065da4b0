"""The posts that topics are made of."""

from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np

from embedstore import sql
from embedstore.arrays import Indices, Vectors, from_arrow, unit
from embedstore.storage.filters import chosen_posts
from embedstore.storage.spaces import Space
from embedstore.topics.centring import less_centres

BLOCK = 8192
"""Vectors read at once."""


@dataclass(frozen=True)
class TopicPosts:
    """Posts with a text and a vector, by post_id.

    Attributes
    ----------
    post_id, content_id : arrays, shape (n,), int64
        The posts, and the contents that their texts are.
    owner : array, shape (n,), int64
        A number from 0 for each company; the account where no company is named.
    texts : list of str, length n
        The texts.
    vectors : array, shape (n, dim), float32
        At length 1, less their owners' centres unless brands may be topics.
    """

    post_id: Indices
    content_id: Indices
    owner: Indices
    texts: list[str]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.post_id)

    @cached_property
    def distinct(self) -> Indices:
        """Rows of the first post of each content."""
        return np.asarray(np.unique(self.content_id, return_index=True)[1], dtype=np.int64)


def load_posts(
    connection: duckdb.DuckDBPyConnection, space: Space, where: str | None, *, brands: bool
) -> TopicPosts:
    """Read the posts that pass a filter and have a vector in a space.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    space : Space
        A space of texts.
    where : str, optional
        SQL condition on the columns of `posts`; all posts if None.
    brands : bool
        Keep what the posts of a company have in common.

    Raises
    ------
    QueryError
        The filter can't be used.
    """
    assert space.dim is not None
    connection.register("chosen", chosen_posts(connection, where))
    reader = connection.sql(
        sql.read("topics/posts"), params={"space": space.space, "dim": space.dim}
    ).to_arrow_reader(BLOCK)
    ids, contents, owners, texts, vectors = [], [], [], [], []
    for batch in reader:
        flat = from_arrow(batch["vector"].flatten()).reshape(len(batch), space.dim)
        ids.append(from_arrow(batch["post_id"]))
        contents.append(from_arrow(batch["content_id"]))
        owners += batch["owner"].to_pylist()
        texts += batch["text"].to_pylist()
        vectors.append(np.array(flat, dtype=np.float32))
    connection.unregister("chosen")
    if not ids:
        none = np.empty(0, dtype=np.int64)
        return TopicPosts(none, none, none, [], np.empty((0, space.dim), dtype=np.float32))
    post_id = np.concatenate(ids)
    scaled = unit(np.concatenate(vectors))
    usable = np.flatnonzero(np.isfinite(scaled[:, 0]) & scaled.any(axis=1))
    rows = usable[np.argsort(post_id[usable], kind="stable")]
    _, owner = np.unique([owners[row] or "" for row in rows.tolist()], return_inverse=True)
    scaled = scaled[rows]
    return TopicPosts(
        post_id[rows],
        np.concatenate(contents)[rows],
        np.asarray(owner, dtype=np.int64),
        [texts[row] for row in rows.tolist()],
        scaled if brands or not len(rows) else less_centres(scaled, owner),
    )
