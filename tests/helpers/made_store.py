"""Stores filled directly with made-up posts and vectors, without an encoder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.index import upkeep
from embedstore.storage import database
from embedstore.storage.changes import touch

DIM = 16
START = datetime(2020, 1, 1)


def clustered(rows: int, clusters: int = 6, seed: int = 0, dim: int = DIM) -> NDArray[np.float32]:
    """Vectors around `clusters` directions, row i around direction i % clusters."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, dim))
    vectors = centres[np.arange(rows) % clusters] + 0.4 * rng.standard_normal((rows, dim))
    return vectors.astype(np.float32)


def make(path: Path, vectors: NDArray[np.float32], **columns: Sequence[Any]) -> None:
    """A new store with one post for each vector; see `add`."""
    database.create(path)
    with database.transaction(path) as connection:
        declare(connection, "words", vectors.shape[1])
    add(path, vectors, **columns)


def declare(
    connection: Any, space: str, dim: int | None, *, texts: bool = True, images: bool = False
) -> None:
    """A space as it is after its first vector."""
    connection.execute(
        "INSERT INTO spaces (space, position, encoder, texts, images, text_field, settings,"
        " fingerprint, joint, dim) SELECT $1, count(*), 'hash', $2, $3,"
        " CASE WHEN $2 THEN 'text' END, '{}', $1, $1, $4 FROM spaces",
        [space, texts, images, dim],
    )


def add(
    path: Path,
    vectors: NDArray[np.float32],
    *,
    text: Sequence[str | None] | None = None,
    **columns: Sequence[Any],
) -> None:
    """Posts whose ids go on where the store's end, one a vector, a minute between them.

    Posts with the same `text` share a content, whose vector is that of the first.
    """
    with database.transaction(path) as connection:
        [[first]] = connection.sql("SELECT coalesce(max(post_id), 0) FROM posts").fetchall()
        numbers = [first + 1 + row for row in range(len(vectors))]
        posts = {
            "post_id": numbers,
            "source": ["made"] * len(vectors),
            "id": [str(number) for number in numbers],
            "company": [f"c{number % 6}" for number in numbers],
            "created_at": [START + timedelta(minutes=number) for number in numbers],
            "likes": numbers,
            "text": text or [f"text {number}" for number in numbers],
        } | columns
        connection.register("made", pa.table(posts))
        connection.register(
            "made_vectors",
            pa.table(
                {
                    "post_id": numbers,
                    "vector": pa.FixedSizeListArray.from_arrays(
                        vectors.astype(np.float32).reshape(-1), vectors.shape[1]
                    ),
                }
            ),
        )
        connection.execute(
            "CREATE TEMP TABLE fresh AS SELECT min(post_id) AS content_id, text FROM made"
            " WHERE text IS NOT NULL AND sha256(text) NOT IN (SELECT sha256 FROM contents)"
            " GROUP BY text;"
            "INSERT INTO contents SELECT content_id, sha256(text), 'text' FROM fresh;"
            "INSERT INTO vectors SELECT 'words', content_id, vector::FLOAT[]"
            " FROM fresh JOIN made_vectors ON post_id = content_id;"
            "INSERT INTO posts BY NAME SELECT m.*, c.content_id AS text_content_id"
            " FROM made m LEFT JOIN contents c ON c.sha256 = sha256(m.text);"
        )
        touch(connection)


def change(path: Path, statements: str) -> None:
    """SQL on the store, as a build would do it."""
    with database.transaction(path) as connection:
        connection.execute(statements)
        touch(connection)


def keep_index(path: Path, *, full: bool = False) -> list[upkeep.IndexReport]:
    """What a build does at its end."""
    with database.connect(path) as connection:
        return upkeep.update(path, connection, full=full)


def nearest(
    vectors: NDArray[np.float32], query: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows by descending cosine, equal ones in order, and their cosines; brute force."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    cosines = (vectors.astype(np.float64) @ query) / np.where(lengths > 0, lengths, 1)
    order = np.argsort(-np.round(cosines, 6), kind="stable")
    return order, cosines[order]
