"""Pieces of the encode stage as files, so that any process anywhere can do one.

A folder ``shards/SPACE-FINGERPRINT/`` of a store holds, while a build runs on an engine::

    000001.todo.parquet    content_id, sha256, and text or image: what to encode
    000001.done.parquet    sha256, a float32 vector for each output, and what went wrong

A shard is done or it isn't: its result appears by a rename. Done ones are keyed by the
content's hash, so that a later build uses what a killed one has left.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, ImageEncoder, TextEncoder
from embedstore.errors import EncoderError

TEXTS = 4096
"""Texts of a shard: some seconds of work for one core, so that little is lost with it."""

IMAGES = 128


def folder_of(store: Path, name: str, fingerprint: str) -> Path:
    """Where the shards of a space are."""
    return store / "shards" / f"{name}-{fingerprint[:16]}"


def write_todo(
    folder: Path,
    number: int,
    content_ids: Indices,
    hashes: Sequence[str],
    column: str,
    values: Sequence[str | bytes],
) -> Path:
    """Write one shard to encode: `column` is ``text`` or ``image``."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{number:06}.todo.parquet"
    kind = pa.string() if column == "text" else pa.binary()
    table = pa.table(
        {"content_id": content_ids, "sha256": list(hashes), column: pa.array(values, kind)}
    )
    _write(file, table)
    return file


def encode(todo: Path, encoder: Encoder) -> Path:
    """Encode one shard; nothing happens if it is done already.

    Returns
    -------
    Path
        The file with its vectors.
    """
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
        columns, errors = _images(table, encoder)
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


def _images(table: pa.Table, encoder: ImageEncoder) -> tuple[dict[str, Any], list[str | None]]:
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
    """Where the vectors of a shard appear."""
    return todo.with_name(todo.name.replace(".todo.", ".done."))


def left_over(folder: Path) -> list[Path]:
    """Done shards of an earlier build; what it left undone is deleted."""
    if not folder.is_dir():
        return []
    for file in folder.iterdir():
        if not file.name.endswith(".done.parquet"):
            file.unlink()
    return sorted(folder.glob("*.done.parquet"))


def next_number(folder: Path) -> int:
    """A number that no shard has."""
    return 1 + max((int(file.name[:6]) for file in folder.glob("*.parquet")), default=0)


def read(
    done: Path, hashes: Sequence[str], content_ids: Indices
) -> Iterator[tuple[Indices, dict[str, Vectors], str | None]]:
    """What a done shard says of these contents.

    Parameters
    ----------
    done : Path
        A shard with vectors.
    hashes, content_ids : sequences of equal length
        Contents that are wanted; others in the shard are passed over.

    Yields
    ------
    ids : array, shape (n,), int64
    vectors : dict
        By output, each of shape (n, dim), float32; empty where there is an error.
    error : str or None
        Why there is no vector, for one content at a time.

    Raises
    ------
    EncoderError
        The file can't be read.
    """
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
    """Delete the shards of a space, once their vectors are in the store."""
    shutil.rmtree(folder, ignore_errors=True)
    parent = folder.parent
    if parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()


def _column(vectors: Vectors) -> pa.FixedSizeListArray:
    flat = np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def _rows(column: pa.ChunkedArray) -> Vectors:
    array = column.combine_chunks()
    rows: Vectors = array.flatten().to_numpy().reshape(len(array), array.type.list_size)
    return rows


def _write(file: Path, table: pa.Table) -> None:
    # Two workers may be at the same shard, when one was thought dead.
    beside = file.with_name(f"{file.name}.{uuid4().hex}")
    pq.write_table(table, beside, compression="none")
    beside.rename(file)
