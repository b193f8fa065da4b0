"""Vectors and their posts as files that other tools read."""

import shutil
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
from embedstore.progress import Progress, Step, silent
from embedstore.storage.filters import posts_where
from embedstore.storage.spaces import Space
from embedstore.store import Among, Store

Layout = Literal["parquet", "clip-retrieval"]

SHARD_ROWS = 100_000
"""Rows of one file; a shard is what is in memory at once."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

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
    """Write one row a post (or a picture) of a space, vectors as float16.

    ``parquet`` writes Parquet files with the column `vector`; DuckDB reads it as
    FLOAT[]. ``clip-retrieval`` writes NumPy arrays in ``text_emb/`` or ``img_emb/`` and
    row for row Parquet in ``metadata/``, the layout of clip-retrieval that autofaiss and
    embedding-reader take.

    Parameters
    ----------
    store : Store
        The store.
    folder : path
        A folder that isn't there yet, or is empty; it appears when all is written.
    space : str, optional
        Name of the space; the first that fits if not said.
    among : {"texts", "images"}, optional
        What to write; texts where the space has them, if not said.
    layout : {"parquet", "clip-retrieval"}
        How.
    where : str, optional
        SQL condition on the columns of `posts`.
    progress : callable
        Told about every file.

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
    beside = target.with_name(f"{target.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    rows = files = 0
    for rows_there, shard in _shards(store, chosen, kind, where):
        metadata = shard.drop_columns(["vector"])
        vectors = _matrix(shard["vector"], chosen)
        if layout == "parquet":
            column = pa.FixedSizeListArray.from_arrays(vectors.reshape(-1), vectors.shape[1])
            pq.write_table(
                metadata.rename_columns(
                    ["text" if name == "caption" else name for name in metadata.column_names]
                ).append_column("vector", column),
                beside / f"{chosen.space}_{files:04d}.parquet",
                compression="zstd",
            )
        else:
            prefix = "text_emb" if kind == "texts" else "img_emb"
            (beside / prefix).mkdir(exist_ok=True)
            (beside / "metadata").mkdir(exist_ok=True)
            np.save(beside / prefix / f"{prefix}_{files:04d}.npy", vectors)
            pq.write_table(metadata, beside / "metadata" / f"metadata_{files:04d}.parquet")
        rows, files = rows + shard.num_rows, files + 1
        progress(Step(f"export {chosen.space}", rows, rows_there, "rows"))
    if rows == 0:
        shutil.rmtree(beside)
        raise QueryError(f"no {kind} of space {chosen.space!r} pass the filter: nothing to export")
    if target.exists():
        target.rmdir()
    beside.rename(target)
    return Exported(target, rows, files)


def _shards(
    store: Store, space: Space, kind: Among, where: str | None
) -> Iterator[tuple[int, pa.Table]]:
    """Rows there are in all, and tables of at most SHARD_ROWS of them, by post."""
    with store.connection() as connection:
        passing = posts_where(connection, where).project("post_id").to_arrow_table()
        connection.register("passing", passing)
        query = sql.read(f"maintenance/export_{kind}")
        parameters = {"space": space.space}
        rows = connection.sql(query, params=parameters)
        count = rows.aggregate("count(*)").fetchall()[0][0]
        reader = rows.to_arrow_reader(SHARD_ROWS)
        pending: list[pa.RecordBatch] = []
        for batch in reader:
            pending.append(batch)
            if sum(part.num_rows for part in pending) >= SHARD_ROWS:
                yield count, pa.Table.from_batches(pending)
                pending = []
        if pending and sum(part.num_rows for part in pending):
            yield count, pa.Table.from_batches(pending)


def _matrix(column: pa.ChunkedArray, space: Space) -> NDArray[np.float16]:
    """Lists of floats as one float16 array, shape (n, dim)."""
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix: NDArray[np.float16] = flat.reshape(len(column), space.dim).astype(np.float16)
    return matrix
