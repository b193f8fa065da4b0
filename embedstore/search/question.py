"""Turn a question (a text, a picture, a post or vectors) into query vectors of one space."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

from embedstore.arrays import Indices, Vectors, unit
from embedstore.encoders.base import ImageEncoder, TextEncoder
from embedstore.errors import MediaError, QueryError
from embedstore.index.subjects import Kind
from embedstore.search.cache import SearchCache
from embedstore.storage.session import Session
from embedstore.storage.spaces import Space, output_of

KINDS: tuple[Kind, Kind] = ("texts", "images")


@dataclass(frozen=True)
class Question:
    """The arguments of `Store.similar`.

    Attributes
    ----------
    text : str, optional
        Words to look for.
    image : path, optional
        An image file to look for.
    post : str, optional
        A post to look for: ``source:id``, or ``id`` where that is unique.
    vector : array, shape (dim,) or (q, dim), float32, optional
        One query, or many.
    k : int
        Posts to find for each query.
    where : str, optional
        SQL condition on the columns of `posts`.
    before : datetime, optional
        Only posts strictly earlier (UTC if it has no zone).
    space : str, optional
        Name of the space to search; the first that fits if None.
    among : {"texts", "images"}, optional
        Kind of contents to search; texts for a text, images for an image if None.
    distinct : bool
        Fold posts with the same text, or the same best picture.
    words : str, optional
        Words to find by their spelling, alone or beside one of the others.
    """

    text: str | None = None
    image: str | os.PathLike[str] | None = None
    post: str | None = None
    vector: Vectors | None = None
    k: int = 10
    where: str | None = None
    before: datetime | None = None
    space: str | None = None
    among: Kind | None = None
    distinct: bool = False
    words: str | None = None

    @property
    def has_vectors(self) -> bool:
        """Whether something is to be found by its vector."""
        return any(each is not None for each in (self.text, self.image, self.post, self.vector))


def checked(question: Question) -> Question:
    """Check the values that need no store, and convert `before` to UTC without a zone.

    Raises
    ------
    QueryError
        `k` is no number of posts, `before` no datetime, or words are to be found in images.
    """
    k, before = question.k, question.before
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 1:
        raise QueryError(f"k is the number of posts to find, at least 1: not {k!r}")
    if before is not None and not isinstance(before, datetime):
        raise QueryError(f"`before` is a datetime, not {before!r}")
    if before is not None and before.tzinfo is not None:
        before = before.astimezone(UTC).replace(tzinfo=None)
    if question.words is not None and question.among == "images":
        raise QueryError("words are found in texts: leave among='images' (--in images) out")
    among = "texts" if question.words is not None else question.among
    return replace(question, k=int(k), before=before, among=among)


@dataclass(frozen=True)
class QueryVectors:
    """A question as vectors of one space.

    Attributes
    ----------
    space : Space
        Space to search; it has vectors.
    kind : {"texts", "images"}
        Kind of contents to search.
    vectors : array, shape (n, dim), float32
        At length 1.
    query : array, shape (n,), int64
        Number of the query that each vector belongs to, ascending: a post with several
        pictures is one query of several vectors.
    queries : int
        Queries.
    post : int, optional
        Id of the post that was asked for, which is not to be found.
    own : tuple of int
        Contents of that post.
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
    question: Question,
    opened: tuple[duckdb.DuckDBPyConnection, SearchCache] | None = None,
) -> QueryVectors:
    """Choose the space to search, and embed the question in it.

    Parameters
    ----------
    session : Session
        The store; loads encoders.
    declared : sequence of Space
        Spaces of the store.
    question : Question
        The query, and where to search.
    opened : (duckdb.DuckDBPyConnection, SearchCache), optional
        Where the vectors of a post are read.

    Raises
    ------
    QueryError
        Not exactly one of text, image, post and vector was given; or it, or the space,
        can't be used.
    """
    text, image, post, vector = question.text, question.image, question.post, question.vector
    if sum(query is not None for query in (text, image, post, vector)) != 1:
        raise QueryError(
            "say what to look for with one of text, image, post and vector; words may go alone"
        )
    candidates = _candidates(session, declared, question)
    if text is not None:
        return _of_text(session, declared, candidates, text)
    if image is not None:
        return _of_image(session, declared, candidates, Path(image))
    if post is not None:
        assert opened is not None
        return _of_post(session, *opened, candidates, str(post))
    assert vector is not None
    return _of_vectors(*candidates[0], vector)


_Candidates = Sequence[tuple[Space, Kind]]


def _candidates(session: Session, declared: Sequence[Space], question: Question) -> _Candidates:
    """List the spaces and kinds that could be searched, the preferred first; at least one."""
    space, among = question.space, question.among
    if among not in (None, *KINDS):
        raise QueryError(f"posts are searched among 'texts' or 'images', not {among!r}")
    kinds = (among,) if among else KINDS[::-1] if question.image is not None else KINDS
    candidates = [
        (each, kind)
        for kind in kinds
        for each in declared
        if space in (None, each.space) and each.dim is not None and _holds(each, kind)
    ]
    if not candidates:
        # `Session.space` tells a missing space from an empty one.
        session.space(space, texts=among == "texts", images=among == "images")
        raise QueryError(f"{session.path} has no vectors to search")
    return candidates


def _holds(space: Space, kind: Kind) -> bool:
    return space.texts if kind == "texts" else space.images


def _with_encoder(spaces: Sequence[Space]) -> list[Space]:
    return [space for space in spaces if space.has_encoder]


def _refuse_imported(session: Session, candidates: _Candidates) -> None:
    """Raise the error that says what a space without an encoder can answer, if that is all."""
    if not any(space.has_encoder for space, _ in candidates):
        session.encoder(candidates[0][0])


def _of_text(
    session: Session, declared: Sequence[Space], candidates: _Candidates, text: str
) -> QueryVectors:
    """Embed a text, in the first candidate for which there is an encoder of texts."""
    if not text.strip():
        raise QueryError("the text to look for is empty")
    for space, kind in candidates:
        # A text finds images through an encoder of texts with the same joint: that of another
        # space (MiniLM's for ConSE's images), or the image space's own (CLIP's).
        sources = [space]
        if kind == "images":
            sources = [s for s in declared if s.texts and s.joint == space.joint] + sources
        for source in _with_encoder(sources):
            encoder = session.encoder(source)
            if isinstance(encoder, TextEncoder) and encoder.outputs[0].joint == space.joint:
                return _of_vectors(space, kind, encoder.encode([text]))
    _refuse_imported(session, candidates)
    raise QueryError(
        f"space {candidates[0][0].space!r} can't be searched by a text: its encoder"
        f" {candidates[0][0].encoder!r} embeds images only, and no text encoder shares its vectors"
    )


def _of_image(
    session: Session, declared: Sequence[Space], candidates: _Candidates, image: Path
) -> QueryVectors:
    """Embed an image file, in the first candidate for which there is an encoder of images."""
    if not image.is_file():
        raise QueryError(f"there is no picture at {image}")
    for space, kind in candidates:
        sources = [space]
        if kind == "texts":
            # The joint of a space is None before its first vector.
            sources = [s for s in declared if s.images and s.joint in (space.joint, None)]
        for source in _with_encoder(sources):
            encoder = session.encoder(source)
            output = output_of(source, encoder)
            if isinstance(encoder, ImageEncoder) and output.joint == space.joint:
                _, result = next(iter(encoder.encode_images([image])))
                if isinstance(result, Exception):
                    raise MediaError(f"{image} can't be looked for: {result}") from result
                return _of_vectors(space, kind, result[output.name])
    _refuse_imported(session, candidates)
    raise QueryError(
        f"space {candidates[0][0].space!r} can't be searched by a picture: its encoder"
        f" {candidates[0][0].encoder!r} embeds texts only, and no image encoder shares its vectors"
    )


def _of_vectors(space: Space, kind: Kind, vectors: Vectors) -> QueryVectors:
    """Check vectors, each of them a query, and scale them to length 1."""
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
    return QueryVectors(space, kind, array, np.arange(len(array)), len(array))


def _of_post(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    cache: SearchCache,
    candidates: _Candidates,
    key: str,
) -> QueryVectors:
    """Read the vectors of a post, in the first candidate that has any."""
    post_id = _post_id(cache, connection, key)
    for space, kind in candidates:
        ids, vectors = cache.vectors_of(session, connection, space, kind, post_id)
        usable = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
        if usable.any():
            query = np.zeros(np.count_nonzero(usable), dtype=np.int64)
            own = tuple(ids.tolist())
            return QueryVectors(space, kind, vectors[usable], query, 1, post_id, own)
    space, kind = candidates[0]
    raise QueryError(
        f"the post {key!r} has no {'text' if kind == 'texts' else 'picture'} with a vector in"
        f" space {space.space!r}; if one is to come, run `embedstore build {session.path}`"
    )


def _post_id(cache: SearchCache, connection: duckdb.DuckDBPyConnection, key: str) -> int:
    """Find the post that a key names: ``source:id``, or ``id`` where only one source has it."""
    parts = key.split(":")
    ids = [":".join(parts[start:]) for start in range(len(parts))]
    rows = cache.keys(connection, ids)
    whole = [row for row in rows if f"{row[1]}:{row[2]}" == key]
    found = whole or [row for row in rows if row[2] == key]
    if len(found) == 1:
        return int(found[0][0])
    if not found:
        raise QueryError(f"there is no post {key!r}: posts are named source:id")
    names = ", ".join(f"{source}:{id_}" for _, source, id_ in found[:5])
    raise QueryError(
        f"{key!r} could be more than one post: {names}{', …' if len(found) > 5 else ''}. Name one"
        " of them as source:id"
    )
