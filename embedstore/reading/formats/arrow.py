"""Arrow batches to rows, whatever their types are."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore.errors import InputError
from embedstore.reading.formats.text import RECORD_LIMIT
from embedstore.reading.rows import Row, Unreadable
from embedstore.reading.values import is_missing, to_json

TOO_LONG = f"longer than {RECORD_LIMIT:,} characters"


def rows_of(
    batch: pa.RecordBatch, columns: Sequence[str], start: int
) -> Iterator[Row | Unreadable]:
    """Give the rows of a batch that aren't blank.

    Parameters
    ----------
    batch
        The rows.
    columns
        A name for each of its columns.
    start
        The number of its first row.
    """
    too_long = _too_long(batch)
    for number, values in enumerate(zip(*map(python_values, batch.columns), strict=True), start):
        if too_long is not None and too_long[number - start]:
            yield Unreadable(number, TOO_LONG, "")
            continue
        cells = {
            column: value
            for column, value in zip(columns, values, strict=True)
            if not is_missing(value)
        }
        if not cells:
            continue
        try:
            raw = to_json(cells)
        except InputError as error:
            yield Unreadable(number, str(error), "")
            continue
        if len(raw) > RECORD_LIMIT:
            yield Unreadable(number, TOO_LONG, raw[:RECORD_LIMIT])
        else:
            yield Row(number, cells, raw)


def python_values(column: pa.Array) -> list[Any]:
    """Give a column's values as Python objects; texts that are too long are left out."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        # A value that many rows share is made once.
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        used, places = np.unique(codes, return_inverse=True)
        shared = python_values(column.dictionary.take(pa.array(used[used >= 0])))
        shared = [None] * int((used < 0).sum()) + shared
        return [shared[place] for place in places]
    if pa.types.is_timestamp(kind):
        # Nanoseconds are finer than a datetime can be; a zone is only how to show UTC.
        column = column.cast(pa.timestamp("us"), safe=False)
    elif _is_text(kind):
        column = _without_too_long(column)
    try:
        return cast("list[Any]", column.to_pylist())
    except UnicodeDecodeError:
        return cast("list[Any]", column.cast(pa.binary()).to_pylist())
    except (ValueError, OverflowError):  # a moment outside the years 1 to 9999
        return cast("list[Any]", column.cast(pa.string()).to_pylist())


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _too_long(batch: pa.RecordBatch) -> list[bool] | None:
    """Tell which rows have a text of more bytes than characters may be in a row."""
    found = np.zeros(batch.num_rows, bool)
    for column in batch.columns:
        lengths = column
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
        elif _is_text(column.type):
            lengths = pc.binary_length(column)
        else:
            continue
        if (pc.max(lengths).as_py() or 0) > RECORD_LIMIT:
            over = pc.greater(lengths, RECORD_LIMIT).fill_null(False)
            found |= over.to_numpy(zero_copy_only=False)
    return list(map(bool, found)) if found.any() else None


def _without_too_long(column: pa.Array) -> pa.Array:
    lengths = pc.binary_length(column)
    if (pc.max(lengths).as_py() or 0) <= RECORD_LIMIT:
        return column
    return pc.if_else(pc.greater(lengths, RECORD_LIMIT), pa.scalar(None, column.type), column)
