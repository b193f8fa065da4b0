"""Write and read shards: contents to encode as files, which any process on any node can encode.

While a build runs on a cluster, a folder ``shards/SPACE-FINGERPRINT/`` of the store holds::

    000001.todo.parquet    content_id, sha256, and text or image
    000001.done.parquet    sha256, a float32 vector for each of the encoder's outputs, and error

A shard's result appears by an atomic rename, so a shard is either complete or missing. Vectors
are keyed by the SHA-256 of the content, so that a later build can use the shards that a killed
build has left.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, ImageEncoder, TextEncoder
from embedstore.errors import EncoderError
from embedstore.storage.layout import shards_folder

TEXTS = 4096
"""Texts of a shard: some seconds of one core's work, which is lost when a worker dies."""

IMAGES = 128
"""Images of a shard."""


def folder_of(store: Path, name: str, fingerprint: str) -> Path:
    """Return the folder of a space's shards."""
    return shards_folder(store) / f"{name}-{fingerprint[:16]}"


def write_todo(
    folder: Path,
    number: int,
    content_ids: Indices,
    hashes: Sequence[str],
    column: str,
    values: Sequence[str | bytes],
) -> Path:
    """Write one shard to encode.

    Parameters
    ----------
    folder : Path
        Folder of the space's shards; made if there is none.
    number : int
        Number of the shard.
    content_ids : array, shape (n,), int64
        Contents of the shard.
    hashes : sequence of str
        Their SHA-256.
    column : {"text", "image"}
        Kind of contents.
    values : sequence of str or bytes
        Their texts, or the bytes of their images.

    Returns
    -------
    Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{number:06}.todo.parquet"
    kind = pa.string() if column == "text" else pa.binary()
    table = pa.table(
        {"content_id": content_ids, "sha256": list(hashes), column: pa.array(values, kind)}
    )
    _write(file, table)
    return file


def encode(todo: Path, encoder: Encoder) -> Path:
    """Encode one shard, unless its result is there already.

    Parameters
    ----------
    todo : Path
        From `write_todo`.
    encoder : Encoder
        Encodes texts or images, as the shard has.

    Returns
    -------
    Path
        The file with the vectors.
    """
    import pyarrow.parquet as pq  # here, since importing it takes a moment

    done = done_file(todo)
    if done.exists():
        return done
    table = pq.read_table(todo)
    if "text" in table.column_names:
        assert isinstance(encoder, TextEncoder)
        vectors = encoder.encode(table["text"].to_pylist())
        columns: dict[str, Any] = {"sha256": table["sha256"], encoder.outputs[0].name: vectors}
        errors: list[str | None] = [None] * len(vectors)
    else:
        assert isinstance(encoder, ImageEncoder)
        columns, errors = _encode_images(table, encoder)
    _write(
        done,
        pa.table(
            {
                name: _column(values) if isinstance(values, np.ndarray) else values
                for name, values in columns.items()
            }
            | {"error": pa.array(errors, pa.string())}
        ),
    )
    return done


def _encode_images(
    table: pa.Table, encoder: ImageEncoder
) -> tuple[dict[str, Any], list[str | None]]:
    """Encode the images of a shard; one that can't be decoded gets zeros and an error."""
    rows = table.num_rows
    vectors = {
        output.name: np.zeros((rows, output.dim), dtype=np.float32) for output in encoder.outputs
    }
    errors: list[str | None] = [None] * rows
    for position, result in encoder.encode_images(table["image"].to_pylist()):
        if isinstance(result, Exception):
            errors[position] = str(result)
        else:
            for name, vector in result.items():
                vectors[name][position] = vector
    return {"sha256": table["sha256"], **vectors}, errors


def done_file(todo: Path) -> Path:
    """Return the path of a shard's result."""
    return todo.with_name(todo.name.replace(".todo.", ".done."))


def left_over(folder: Path) -> list[Path]:
    """List the complete shards of a killed build, after deleting all its other files."""
    if not folder.is_dir():
        return []
    for file in folder.iterdir():
        if not file.name.endswith(".done.parquet"):
            file.unlink()
    return sorted(folder.glob("*.done.parquet"))


def next_number(folder: Path) -> int:
    """Return a number that no shard has."""
    return 1 + max((int(file.name[:6]) for file in folder.glob("*.parquet")), default=0)


def read(
    done: Path, hashes: Sequence[str], content_ids: Indices
) -> Iterator[tuple[Indices, dict[str, Vectors], str | None]]:
    """Read the vectors of some contents from a shard's result.

    Parameters
    ----------
    done : Path
        The result.
    hashes : sequence of str
        SHA-256 of the contents; others in the shard are left out.
    content_ids : array, shape (n,), int64
        Ids of the same contents.

    Yields
    ------
    ids : array, shape (m,), int64
        Content ids; one id where there is an error.
    vectors : dict
        By the encoder's output, each of shape (m, dim), float32; empty where there is an
        error.
    error : str or None
        Why the content has no vector.

    Raises
    ------
    EncoderError
        The file can't be read.
    """
    import pyarrow.parquet as pq  # here, since importing it takes a moment

    try:
        table = pq.read_table(done)
    except (OSError, pa.ArrowException) as error:
        raise EncoderError(
            f"{done} can't be read ({str(error).splitlines()[0]}): delete it and run the same"
            " command again"
        ) from error
    wanted = dict(zip(hashes, content_ids.tolist(), strict=True))
    ids = np.array([wanted.get(each, -1) for each in table["sha256"].to_pylist()], dtype=np.int64)
    failed = np.array([each is not None for each in table["error"].to_pylist()], dtype=bool)
    for row in np.flatnonzero(failed & (ids >= 0)):
        yield ids[row : row + 1], {}, table["error"][int(row)].as_py()
    good = np.flatnonzero(~failed & (ids >= 0))
    if len(good):
        yield (
            ids[good],
            {
                name: _rows(table[name])[good]
                for name in table.column_names
                if name not in ("sha256", "error")
            },
            None,
        )


def clear(folder: Path) -> None:
    """Delete the shards of a space, and the folder of all shards if it is empty then."""
    shutil.rmtree(folder, ignore_errors=True)
    parent = folder.parent
    if parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()


def _column(vectors: Vectors) -> pa.FixedSizeListArray:
    """Convert vectors to an Arrow array."""
    flat = np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def _rows(column: pa.ChunkedArray) -> Vectors:
    """Convert an Arrow array to vectors, shape (n, dim)."""
    array = column.combine_chunks()
    rows: Vectors = array.flatten().to_numpy().reshape(len(array), array.type.list_size)
    return rows


def _write(file: Path, table: pa.Table) -> None:
    """Write a file under a unique name and rename it.

    Two workers may encode the same shard at once, when Ray took one of them for dead.
    """
    import pyarrow.parquet as pq  # here, since importing it takes a moment

    beside = file.with_name(f"{file.name}.{uuid4().hex}")
    pq.write_table(table, beside, compression="none")
    beside.rename(file)
