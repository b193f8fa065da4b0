"""Predictions that were made elsewhere, to be scored as ours are."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from heads.arrays import Floats, Indices
from heads.data.given_splits import rows_of_keys
from heads.likes.ladder import MODES, ByModel
from heads.likes.models.head import Predictions
from heads.likes.task import Task

PredictionsLike = Any
"""An Arrow table, a frame of pandas or polars, or the path of a Parquet or CSV file."""


def read_others(task: Task, named: Mapping[str, PredictionsLike]) -> ByModel:
    """Read predictions by name, for the posts that a task scores.

    Raises
    ------
    InputError
        A table can't be read, or lacks a post that is scored.
    """
    found: ByModel = {}
    for name, given in named.items():
        predicted = _predictions(task, _table(given, name), name)
        found[name] = dict.fromkeys(MODES, predicted)
    return found


def _table(given: PredictionsLike, name: str) -> pa.Table:
    """Bring what was given into a table."""
    if isinstance(given, pa.Table):
        return given
    if not isinstance(given, str | PathLike):
        try:
            return pa.table(given)
        except (TypeError, ValueError, pa.ArrowException) as error:
            raise InputError(
                f"the predictions {name!r} are given as a table or a file, not as"
                f" {type(given).__name__}"
            ) from error
    import pyarrow.csv
    import pyarrow.parquet

    file = Path(given)
    try:
        with file.open("rb") as opened:
            parquet = opened.read(4) == b"PAR1"
        if parquet:
            return pyarrow.parquet.read_table(file)
        as_text = {"id": pa.string(), "source": pa.string()}
        convert = pyarrow.csv.ConvertOptions(column_types=as_text)
        return pyarrow.csv.read_csv(file, convert_options=convert)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{file} can't be read as Parquet or CSV: {error}") from error


def _predictions(task: Task, table: pa.Table, name: str) -> Predictions:
    """Lay predictions out row for row with the posts; NaN where there is none."""
    posts = task.material.posts
    rows = _rows(task, table, name)
    inside = rows >= 0
    size = len(posts)

    def values(column: str) -> Floats:
        found = np.full(size, np.nan)
        if column in table.column_names:
            try:
                given = table[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
            except pa.ArrowException as error:
                raise InputError(f"the predictions {name!r} have no numbers in {column}") from error
            found[rows[inside]] = np.maximum(given[inside], 0) / task.unit
        return found

    if "likes" not in table.column_names:
        raise InputError(
            f"the predictions {name!r} have no column `likes` (the predicted count), only"
            f" {', '.join(table.column_names)}"
        )
    counts = values("likes")
    scored = np.any([fold.test for fold in task.folds], axis=0)
    lacking = np.flatnonzero(scored & ~np.isfinite(counts))
    if len(lacking):
        row = int(lacking[0])
        key = f"{posts.table['source'][row].as_py()}:{posts.table['id'][row].as_py()}"
        raise InputError(
            f"the predictions {name!r} lack {len(lacking):,} of the {scored.sum():,} posts that"
            f" the split {task.split.text!r} scores, such as {key}"
        )
    return Predictions(
        np.log1p(counts), np.log1p(values("low")), np.log1p(values("high")), values("mean")
    )


def _rows(task: Task, table: pa.Table, name: str) -> Indices:
    """Find the row of each prediction's post; −1 for one that is not among the posts."""
    posts = task.material.posts
    if "post_id" in table.column_names:
        ids = table["post_id"].cast(pa.int64()).to_numpy(zero_copy_only=False)
        rows = posts.rows_of(ids)
    elif "id" in table.column_names:
        keys = [str(key) for key in table["id"].to_pylist()]
        if "source" in table.column_names:
            keys = [
                f"{source}:{key}"
                for source, key in zip(table["source"].to_pylist(), keys, strict=True)
            ]
        rows = rows_of_keys(posts, keys, f"the table of {name!r}")
    else:
        raise InputError(f"the predictions {name!r} have neither post_id nor id")
    there = rows[rows >= 0]
    if len(np.unique(there)) < len(there):
        raise InputError(f"the predictions {name!r} have a post twice")
    return rows
