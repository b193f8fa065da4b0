"""The posts of a store with their vectors, as a label's head sees them."""

from dataclasses import dataclass

import numpy as np

from embedstore import sql
from embedstore.errors import InputError, QueryError
from embedstore.store import Store
from heads.arrays import Indices, Vectors
from heads.data.posts import Posts
from heads.data.vectors import load_vectors


@dataclass(frozen=True)
class LabelPosts:
    """Posts and their vectors in one space.

    Attributes
    ----------
    posts : Posts
        All posts in the order of time.
    vectors : array, shape (n, dim), float32
        At length 1; NaN where a post has none.
    there : array, shape (m,), int64
        Rows that have a vector.
    centre : array, shape (dim,), float32
        Their mean.
    """

    posts: Posts
    vectors: Vectors
    there: Indices
    centre: Vectors


def load_label_posts(store: Store, space: str | None) -> tuple[str, LabelPosts]:
    """Read all posts with their vectors; returns the name of the space too.

    Parameters
    ----------
    store : Store
        The store.
    space : str, optional
        A space of texts or images; the first one of texts by default.

    Raises
    ------
    InputError
        No post has a vector in the space.
    QueryError
        There is no such space.
    """
    chosen = store.space(space, texts=space is None)
    with store.connection() as connection:
        table = connection.sql(sql.read("labels/posts")).to_arrow_table()
    posts = Posts(table, np.full(table.num_rows, np.nan))
    vectors = load_vectors(store, posts, chosen.space, images=not chosen.texts)
    there = np.flatnonzero(np.isfinite(vectors[:, 0]))
    if not len(there):
        raise InputError(f"no post of {store.path} has a vector in space {chosen.space!r}")
    centre = np.asarray(vectors[there].mean(axis=0), dtype=np.float32)
    return chosen.space, LabelPosts(posts, vectors, there, centre)


def embed(store: Store, space: str, texts: list[str]) -> Vectors:
    """Embed texts that are in no post, shape (n, dim), at length 1.

    Raises
    ------
    InputError
        One can't be embedded in the space.
    """
    try:
        found = [store.embed(text, space=space) for text in texts]
    except QueryError as error:
        raise InputError(f"{error}; examples of stored posts need no encoder") from error
    rows = np.array(found, dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
