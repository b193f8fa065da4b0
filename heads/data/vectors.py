"""The vectors of a store's posts, row for row with them."""

import tempfile
from collections.abc import Iterator

import numpy as np

from embedstore.storage.spaces import Space
from embedstore.store import Store
from heads.arrays import Indices, Vectors, unit_or_nan
from heads.data.posts import Posts

BLOCK = 8192
"""Vectors read at once."""

MEMORY_FLOATS = 500_000_000
"""Floats of one space's vectors that are held in memory, 2 GB; more go to a temporary file."""


def load_vectors(store: Store, posts: Posts, space: str, *, images: bool = False) -> Vectors:
    """Read the posts' vectors in a space at length 1; rows of NaN where there is none.

    A post with several pictures gets their mean. Vectors are read block by block; where they
    are too many for the memory, the array lies in a temporary file, of which the system keeps
    in memory what is in use.

    Returns
    -------
    array, shape (n, dim), float32

    Raises
    ------
    QueryError
        There is no such space of texts (or images), or nothing was embedded in it.
    """
    chosen = store.space(space, texts=not images, images=images)
    assert chosen.dim is not None
    total = _room((len(posts), chosen.dim))
    stored = posts.post_id >= 0
    place = np.full(posts.post_id.max(initial=-1) + 2, -1)
    place[posts.post_id[stored]] = np.flatnonzero(stored)
    for post_ids, vectors in _blocks(store, chosen, images=images):
        rows = place[np.minimum(post_ids, len(place) - 1)]
        np.add.at(total, rows[rows >= 0], vectors[rows >= 0])
    for start in range(0, len(total), BLOCK):
        total[start : start + BLOCK] = unit_or_nan(total[start : start + BLOCK])
    return total


def _room(shape: tuple[int, int]) -> Vectors:
    """Make zeros: in memory, or in a temporary file that goes when the array is dropped."""
    if shape[0] * shape[1] <= MEMORY_FLOATS:
        return np.zeros(shape, dtype=np.float32)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)


def _blocks(store: Store, space: Space, *, images: bool) -> Iterator[tuple[Indices, Vectors]]:
    """Yield ids of posts with their vectors, in any order; a post once for each image."""
    # No word of this comes from a user: the view is one of two of ours.
    view = "image_vectors" if images else "text_vectors"
    with store.connection() as connection, connection.cursor() as cursor:
        rows = cursor.sql(
            f"SELECT post_id, vector FROM {view} WHERE space = ? AND len(vector) = ?",  # noqa: S608
            params=[space.space, space.dim],
        )
        for batch in rows.to_arrow_reader(BLOCK):
            flat = batch["vector"].flatten().to_numpy(zero_copy_only=False)
            yield batch["post_id"].to_numpy(), flat.reshape(len(batch), -1)
