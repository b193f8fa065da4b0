"""The encode stage of a build on a cluster: contents into shards, and their vectors back."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from embedstore.arrays import Indices, Vectors
from embedstore.building.cluster import shards
from embedstore.building.context import BuildContext
from embedstore.encoders.base import Encoder
from embedstore.errors import MediaError

Found = tuple[Indices, dict[str, Vectors], str | None]
"""Content ids, their vectors by output, and why there are none."""

Fill = Callable[[Indices], Iterator[tuple[Indices, Sequence[str], Sequence[str | bytes]]]]
"""From content ids to their ids, hashes, and texts or image files, shard by shard."""


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
    """Encode contents on the job's cluster.

    Parameters
    ----------
    context : BuildContext
        A build on a cluster.
    folder : Path
        Of the space's shards. Done ones that a killed build has left are used first;
        the caller clears it once all vectors are in the store.
    encoder : Encoder
        The space's.
    content_ids : array, shape (n,), int64
        What to encode.
    column : {"text", "image"}
        What they are.
    hashes, fill : callable
        Look them up.

    Yields
    ------
    Found
        Each content once, in any order.
    """
    assert context.cluster is not None
    remaining = content_ids
    left = shards.left_over(folder)
    known = hashes(content_ids) if left else []
    for done in left:
        for found in shards.read(done, known, content_ids):
            # Of two shards with the same content, the first one counts.
            fresh = np.isin(found[0], remaining)
            remaining = np.setdiff1d(remaining, found[0], assume_unique=True)
            yield found[0][fresh], {n: v[fresh] for n, v in found[1].items()}, found[2]
    number = shards.next_number(folder)
    todo = [
        shards.write_todo(folder, number + each, *part[:2], column, part[2])
        for each, part in enumerate(fill(remaining) if len(remaining) else ())
    ]
    for file in (
        context.cluster.encode(todo, encoder, device=context.options.device) if todo else ()
    ):
        table = pq.read_table(file, columns=["content_id", "sha256"])
        yield from shards.read(
            shards.done_file(file), table["sha256"].to_pylist(), table["content_id"].to_numpy()
        )


def image_results(
    found: Iterator[Found], content_ids: Indices
) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
    """The same as `ImageEncoder.encode_images` gives: by position in `content_ids`."""
    for ids, vectors, error in found:
        for row, position in enumerate(np.searchsorted(content_ids, ids).tolist()):
            if error is not None:
                yield position, MediaError(error)
            else:
                yield position, {name: rows[row] for name, rows in vectors.items()}
