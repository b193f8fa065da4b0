"""Array types that modules exchange, normalisation to unit length, and Arrow columns.

`pyarrow.array` imports pandas where that is installed, which takes .2 s and 60 MB: as much as
a whole build of a small file. `to_column` and `to_arrow` make columns of their buffers; a process
that asks more of pyarrow tells it once to go without (`leave_pandas_out`).
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Vectors = NDArray[np.float32]
"""Rows of vectors, shape (n, dim), float32."""


Indices = NDArray[np.int64]
"""Positions in a sequence, or ids of contents, shape (n,), int64."""


def unit(vectors: Vectors) -> Vectors:
    """Normalise vectors to unit length.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        Any vectors.

    Returns
    -------
    array, shape (n, dim), float32
        Contiguous. A vector of zeros stays as it is; one with a value that isn't finite
        becomes all NaN.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    scale = np.where(lengths > 0, lengths, 1)
    scale[~np.isfinite(scale)] = np.nan
    return np.ascontiguousarray(vectors / scale[:, None], dtype=np.float32)


_EPOCH = datetime(1970, 1, 1)
_NOTHING = timedelta()


def to_column(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    """Make an Arrow column of texts, whole numbers or times.

    Parameters
    ----------
    values
        str, int or datetime (naive), as `kind` says; None where there is none. Shape (n,).
    kind
        ``string``, ``int64`` or ``timestamp[us]``.
    """
    import pyarrow as pa

    known = [value is not None for value in values]
    present = sum(known)
    if not present:
        return pa.nulls(len(values), kind)
    valid = None
    if present < len(values):
        valid = pa.py_buffer(np.packbits(np.array(known), bitorder="little"))
    if pa.types.is_string(kind):
        texts = [value.encode() if value else b"" for value in values]
        ends = np.zeros(len(texts) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
        buffers = [pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    else:
        numbers = _microseconds(values) if pa.types.is_timestamp(kind) else values
        if valid is not None:
            numbers = [0 if number is None else number for number in numbers]
        buffers = [pa.py_buffer(np.array(numbers, np.int64))]
    return pa.Array.from_buffers(kind, len(values), [valid, *buffers], len(values) - present)


def _microseconds(values: Sequence[datetime | None]) -> list[int]:
    """Return microseconds since 1970, 0 where there is no time."""
    apart = [_NOTHING if value is None else value - _EPOCH for value in values]
    return [(each.days * 86_400 + each.seconds) * 1_000_000 + each.microseconds for each in apart]


def to_arrow(values: NDArray[Any]) -> "pa.Array":
    """Make an Arrow column of an array of numbers, shape (n,), without a copy of them."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None, buffer])


def from_arrow(column: "pa.Array | pa.ChunkedArray") -> NDArray[Any]:
    """Give an Arrow column of numbers as an array, shape (n,), without a copy where it is whole."""
    import pyarrow as pa

    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    if not chunks:
        return np.empty(0, column.type.to_pandas_dtype())
    whole = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
    if whole.null_count:
        return np.asarray(whole.to_numpy(zero_copy_only=False))
    return np.from_dlpack(whole)


def leave_pandas_out() -> None:
    """Let pyarrow go without pandas in this process, much as where it isn't installed.

    Each of its two halves, in Cython and in C++, imports pandas once, at the first of many calls,
    and remembers what it found: here a module that has nothing. Whoever imports pandas later
    gets the real one, and pyarrow's `to_pandas` looks again; but `pyarrow.array` doesn't know
    what data frames consist of, so this is for processes that are given none. To be called
    before there are threads; does nothing where pandas was imported already.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.modules["pandas"] = ModuleType("pandas")
    try:
        # The first call fails in Cython, the second gets as far as C++. Should another version
        # do neither, or more, nothing is lost but the time.
        for _ in range(2):
            with suppress(Exception):
                pa.array([None])
    finally:
        del sys.modules["pandas"]
