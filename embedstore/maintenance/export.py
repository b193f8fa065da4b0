"""Write vectors and their posts to files that other tools read."""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embedstore import sql
from embedstore.errors import InputError, QueryError
from embedstore.files import whole_folder
from embedstore.progress import Progress, Step, silent
from embedstore.storage.filters import chosen_posts
from embedstore.storage.spaces import Space
from embedstore.store import Among, Store

Layout = Literal["parquet", "clip-retrieval"]

SHARD_ROWS = 100_000
"""Rows of one file, and rows in memory at once."""


@dataclass(frozen=True)
class Exported:
    """Result of `export`.

    Attributes
    ----------
    folder : Path
        The folder.
    rows : int
        Vectors.
    files : int
        Files with vectors.
    """

    folder: Path
    rows: int
    files: int


def export(
    store: Store,
    folder: str | PathLike[str],
    *,
    space: str | None = None,
    among: Among | None = None,
    layout: Layout = "parquet",
    where: str | None = None,
    progress: Progress = silent,
) -> Exported:
    """Write one row for each post, or each picture, of a space; vectors as float16.

    ``parquet`` writes Parquet files with the column `vector`; DuckDB reads it as
    FLOAT[]. ``clip-retrieval`` writes NumPy arrays in ``text_emb/`` or ``img_emb/`` and
    row for row Parquet in ``metadata/``, the layout of clip-retrieval that autofaiss and
    embedding-reader take.

    Parameters
    ----------
    store : Store
        The store.
    folder : path
        A folder that doesn't exist yet, or is empty; its files appear together once all are
        written.
    space : str, optional
        Name of the space; the first that fits if None.
    among : {"texts", "images"}, optional
        Kind of contents to write; texts where the space has them if None.
    layout : {"parquet", "clip-retrieval"}
        Layout of the files.
    where : str, optional
        SQL condition on the columns of `posts`.
    progress : callable
        Called after every file.

    Raises
    ------
    InputError
        The folder has something in it.
    QueryError
        The space or the filter can't be used, or nothing passes it.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is not empty: name a folder that isn't there yet")
    chosen = store.space(space, texts=among == "texts", images=among == "images")
    kind: Among = among or ("texts" if chosen.texts else "images")
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = files = 0
    with whole_folder(target) as beside:
        for total, shard in _shards(store, chosen, kind, where):
            metadata = shard.drop_columns(["vector"])
            vectors = _matrix(shard["vector"], chosen)
            if layout == "parquet":
                _write_parquet(beside / f"{chosen.space}_{files:04d}.parquet", metadata, vectors)
            else:
                _write_clip_retrieval(beside, kind, files, metadata, vectors)
            rows, files = rows + shard.num_rows, files + 1
            progress(Step(f"export {chosen.space}", rows, total, "rows"))
        if rows == 0:
            raise QueryError(
                f"no {kind} of space {chosen.space!r} pass the filter: nothing to export"
            )
    return Exported(target, rows, files)


def _shards(
    store: Store, space: Space, kind: Among, where: str | None
) -> Iterator[tuple[int, pa.Table]]:
    """Read the rows to export, ordered by post.

    Yields
    ------
    total : int
        Rows of the whole export.
    shard : pyarrow.Table
        The next rows: `SHARD_ROWS` of them or a few more.
    """
    with store.connection() as connection:
        passing = chosen_posts(connection, where)
        connection.register("passing", passing)
        query = sql.read(f"maintenance/export_{kind}")
        parameters = {"space": space.space}
        rows = connection.sql(query, params=parameters)
        total = rows.aggregate("count(*)").fetchall()[0][0]
        reader = rows.to_arrow_reader(SHARD_ROWS)
        pending: list[pa.RecordBatch] = []
        for batch in reader:
            pending.append(batch)
            if sum(part.num_rows for part in pending) >= SHARD_ROWS:
                yield total, pa.Table.from_batches(pending)
                pending = []
        if pending and sum(part.num_rows for part in pending):
            yield total, pa.Table.from_batches(pending)


def _matrix(column: pa.ChunkedArray, space: Space) -> NDArray[np.float16]:
    """Convert lists of floats to one float16 array, shape (n, dim)."""
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix: NDArray[np.float16] = flat.reshape(len(column), space.dim).astype(np.float16)
    return matrix


def _write_parquet(file: Path, metadata: pa.Table, vectors: NDArray[np.float16]) -> None:
    """Write posts and vectors to one Parquet file."""
    names = ["text" if name == "caption" else name for name in metadata.column_names]
    column = pa.FixedSizeListArray.from_arrays(vectors.reshape(-1), vectors.shape[1])
    table = metadata.rename_columns(names).append_column("vector", column)
    pq.write_table(table, file, compression="zstd")


def _write_clip_retrieval(
    folder: Path, kind: Among, number: int, metadata: pa.Table, vectors: NDArray[np.float16]
) -> None:
    """Write vectors to a NumPy file, and their posts row for row to a Parquet file."""
    prefix = "text_emb" if kind == "texts" else "img_emb"
    for name in (prefix, "metadata"):
        (folder / name).mkdir(exist_ok=True)
    np.save(folder / prefix / f"{prefix}_{number:04d}.npy", vectors)
    pq.write_table(metadata, folder / "metadata" / f"metadata_{number:04d}.parquet")
