"""Encode contents on a cluster: write them to shards, and read the vectors back."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.building.cluster import shards
from embedstore.building.context import BuildContext
from embedstore.encoders.base import Encoder
from embedstore.errors import MediaError

Found = tuple[Indices, dict[str, Vectors], str | None]
"""Content ids, shape (n,); their vectors by the encoder's output, each of shape (n, dim), float32;
and an error. Either the vectors are empty or the error is None."""

Fill = Callable[[Indices], Iterator[tuple[Indices, Sequence[str], Sequence[str | bytes]]]]
"""Yields, shard by shard: content ids, their SHA-256, and their texts or the bytes of their
images."""


def encode(
    context: BuildContext,
    folder: Path,
    encoder: Encoder,
    content_ids: Indices,
    *,
    column: str,
    hashes: Callable[[Indices], Sequence[str]],
    fill: Fill,
) -> Iterator[Found]:
    """Encode contents on the build's cluster.

    Parameters
    ----------
    context : BuildContext
        A build on a cluster.
    folder : Path
        Folder of the space's shards. Complete shards that a killed build has left there are
        read first. The caller deletes the folder once all vectors are in the store.
    encoder : Encoder
        Encoder of the space.
    content_ids : array, shape (n,), int64
        Contents to encode.
    column : {"text", "image"}
        Kind of contents.
    hashes : callable
        Looks up the SHA-256 of contents.
    fill : callable
        Reads the texts or images of contents, shard by shard.

    Yields
    ------
    Found
        Each content once, in any order.
    """
    remaining = content_ids
    for ids, vectors, error in _left_over(folder, content_ids, hashes):
        # Of two shards with the same content, the first one counts.
        fresh = np.isin(ids, remaining)
        remaining = np.setdiff1d(remaining, ids, assume_unique=True)
        yield ids[fresh], {name: rows[fresh] for name, rows in vectors.items()}, error
    if len(remaining):
        number = shards.next_number(folder)
        todo = [
            shards.write_todo(folder, number + each, ids, digests, column, values)
            for each, (ids, digests, values) in enumerate(fill(remaining))
        ]
        yield from _encoded(context, encoder, todo)


def _left_over(
    folder: Path, content_ids: Indices, hashes: Callable[[Indices], Sequence[str]]
) -> Iterator[Found]:
    """Read the complete shards that a killed build has left."""
    files = shards.left_over(folder)
    digests = hashes(content_ids) if files else []
    for file in files:
        yield from shards.read(file, digests, content_ids)


def _encoded(context: BuildContext, encoder: Encoder, todo: Sequence[Path]) -> Iterator[Found]:
    """Encode shards on the cluster, and read each as soon as it is complete."""
    assert context.cluster is not None
    if not todo:
        return
    import pyarrow.parquet as pq  # here, since importing it takes a moment

    for file in context.cluster.encode(todo, encoder, device=context.options.device):
        table = pq.read_table(file, columns=["content_id", "sha256"])
        yield from shards.read(
            shards.done_file(file), table["sha256"].to_pylist(), table["content_id"].to_numpy()
        )


def image_results(
    found: Iterator[Found], content_ids: Indices
) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
    """Convert results to the form of `ImageEncoder.encode_images`.

    Parameters
    ----------
    found : iterator of Found
        From `encode`.
    content_ids : array, shape (n,), int64
        Ascending.

    Yields
    ------
    position : int
        Position in `content_ids`.
    result : dict or Exception
        Vectors by the encoder's output, or why there are none.
    """
    for ids, vectors, error in found:
        for row, position in enumerate(np.searchsorted(content_ids, ids).tolist()):
            if error is not None:
                yield position, MediaError(error)
            else:
                yield position, {name: rows[row] for name, rows in vectors.items()}
