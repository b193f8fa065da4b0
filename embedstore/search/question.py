"""What someone looks for, made into vectors of one space: a text, a picture, a post, vectors."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from embedstore.arrays import Indices, Vectors, unit
from embedstore.encoders.base import ImageEncoder, TextEncoder
from embedstore.errors import QueryError
from embedstore.index.subjects import Kind
from embedstore.storage.session import Session
from embedstore.storage.spaces import FIELD_COLUMN, Space, output_of

KINDS: tuple[Kind, Kind] = ("texts", "images")


@dataclass(frozen=True)
class Question:
    """What is looked for.

    Attributes
    ----------
    space : Space
        Where; it has vectors.
    kind : {"texts", "images"}
        Among which of them.
    vectors : array, shape (n, dim), float32
        At length 1.
    query : array, shape (n,), int64
        The query that each vector is of, ascending: a post with several pictures is one.
    queries : int
        How many there are.
    post : int, optional
        A post that is not to be found: the query itself.
    own : tuple of int
        Its contents.
    """

    space: Space
    kind: Kind
    vectors: Vectors
    query: Indices
    queries: int
    post: int | None = None
    own: tuple[int, ...] = ()


def resolve(
    session: Session,
    declared: Sequence[Space],
    *,
    text: str | None,
    image: str | os.PathLike[str] | None,
    post: str | None,
    vector: Vectors | None,
    space: str | None,
    among: Kind | None,
) -> Question:
    """Find the space to search and the query's vectors in it.

    Encoders are loaded while the database is closed, so that a build can go on.

    Raises
    ------
    QueryError
        Not exactly one thing to look for; or it, or the space, can't be used.
    """
    if sum(query is not None for query in (text, image, post, vector)) != 1:
        raise QueryError("say what to look for with one of text, image, post and vector")
    if among not in (None, *KINDS):
        raise QueryError(f"posts are searched among 'texts' or 'images', not {among!r}")
    kinds = (among,) if among else KINDS[::-1] if image is not None else KINDS
    candidates = [
        (each, kind)
        for kind in kinds
        for each in declared
        if space in (None, each.space) and each.dim is not None and _holds(each, kind)
    ]
    if not candidates:
        # It raises, and says whether there is no such space or nothing in it.
        session.space(space, texts=among == "texts", images=among == "images")
        raise QueryError(f"{session.path} has no vectors to search")
    if text is not None:
        return _of_text(session, declared, candidates, text)
    if image is not None:
        return _of_image(session, declared, candidates, Path(image))
    if post is not None:
        return _of_post(session, candidates, str(post))
    assert vector is not None
    return _of_vectors(*candidates[0], vector)


def _holds(space: Space, kind: Kind) -> bool:
    return space.texts if kind == "texts" else space.images


_Candidates = Sequence[tuple[Space, Kind]]


def _of_text(
    session: Session, declared: Sequence[Space], candidates: _Candidates, text: str
) -> Question:
    if not text.strip():
        raise QueryError("the text to look for is empty")
    for space, kind in candidates:
        # Images are found by a text whose encoder shares their space: that of another
        # space with the same joint (MiniLM for ConSE's images), or their own (CLIP).
        sources = [space]
        if kind == "images":
            sources = [s for s in declared if s.texts and s.joint == space.joint] + sources
        for source in sources:
            encoder = session.encoder(source)
            if isinstance(encoder, TextEncoder) and encoder.outputs[0].joint == space.joint:
                return _of_vectors(space, kind, encoder.encode([text]))
    raise QueryError(
        f"space {candidates[0][0].space!r} can't be searched by a text: its encoder"
        f" {candidates[0][0].encoder!r} embeds images only, and no text encoder shares its vectors"
    )


def _of_image(
    session: Session, declared: Sequence[Space], candidates: _Candidates, image: Path
) -> Question:
    if not image.is_file():
        raise QueryError(f"there is no picture at {image}")
    for space, kind in candidates:
        sources = [space]
        if kind == "texts":
            # What joint a space has is not known before its first vector.
            sources = [s for s in declared if s.images and s.joint in (space.joint, None)]
        for source in sources:
            encoder = session.encoder(source)
            output = output_of(source, encoder)
            if isinstance(encoder, ImageEncoder) and output.joint == space.joint:
                _, result = next(iter(encoder.encode_images([image])))
                if isinstance(result, Exception):
                    raise result
                return _of_vectors(space, kind, result[output.name])
    raise QueryError(
        f"space {candidates[0][0].space!r} can't be searched by a picture: its encoder"
        f" {candidates[0][0].encoder!r} embeds texts only, and no image encoder shares its vectors"
    )


def _of_vectors(space: Space, kind: Kind, vectors: Vectors) -> Question:
    try:
        array = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise QueryError(f"a vector is an array of numbers: {error}") from error
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2:
        raise QueryError(f"vectors have the shape (dim,) or (queries, dim), not {array.shape}")
    if array.shape[1] != space.dim:
        raise QueryError(
            f"the vector has {array.shape[1]} dimensions, space {space.space!r} has {space.dim}:"
            " name the space that it belongs to with `space`"
        )
    array = unit(array)
    finite = np.asarray(np.isfinite(array).all(axis=1))
    pointing = np.asarray(array.any(axis=1))
    bad = np.flatnonzero(~(finite & pointing))
    if len(bad):
        row = int(bad[0])
        problem = "has no direction: it is all zeros" if finite[row] else "is not finite"
        raise QueryError(f"the vector of query {row} {problem}")
    return Question(space, kind, array, np.arange(len(array)), len(array))


def _of_post(session: Session, candidates: _Candidates, key: str) -> Question:
    with session.connection() as connection:
        post_id = _post_id(connection, key)
        for space, kind in candidates:
            column = FIELD_COLUMN[space.text_field or "text"]
            owner = f"{column} FROM posts" if kind == "texts" else "content_id FROM media"
            table = connection.sql(
                "SELECT content_id, vector FROM vectors"  # noqa: S608 (our own columns)
                " WHERE space = $1 AND len(vector) = $3"
                f" AND content_id IN (SELECT {owner} WHERE post_id = $2)",
                params=[space.space, post_id, space.dim],
            ).to_arrow_table()
            if table.num_rows:
                flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
                vectors = unit(flat.reshape(table.num_rows, -1))
                usable = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
                own = tuple(table["content_id"].to_pylist())
                if usable.any():
                    query = np.zeros(np.count_nonzero(usable), dtype=np.int64)
                    return Question(space, kind, vectors[usable], query, 1, post_id, own)
    space, kind = candidates[0]
    raise QueryError(
        f"the post {key!r} has no {'text' if kind == 'texts' else 'picture'} with a vector in"
        f" space {space.space!r}; if one is to come, run `embedstore build {session.path}`"
    )


def _post_id(connection: duckdb.DuckDBPyConnection, key: str) -> int:
    """The post that `key` means: ``source:id``, or ``id`` where only one source has it."""
    rows = connection.sql(
        "SELECT post_id, source, id, concat(source, ':', id) = $1 AS whole FROM posts"
        " WHERE id = $1 OR concat(source, ':', id) = $1 ORDER BY whole DESC, source LIMIT 6",
        params=[key],
    ).fetchall()
    whole = [row for row in rows if row[3]]
    found = whole or rows
    if len(found) == 1:
        return int(found[0][0])
    if not found:
        raise QueryError(f"there is no post {key!r}: posts are named source:id")
    names = ", ".join(f"{source}:{id_}" for _, source, id_, _ in found[:5])
    raise QueryError(
        f"{key!r} could be more than one post: {names}{', …' if len(found) > 5 else ''}. Name one"
        " of them as source:id"
    )
