"""Array types that modules exchange, their way to Arrow and back, and unit length."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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


def from_arrow(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """View a column of numbers without NULL as a NumPy array, which can't be written to.

    Arrow's own `to_numpy` first imports pandas where it is installed, which takes longer than
    a query.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values: NDArray[Any] = np.from_dlpack(array)
    return values


def to_arrow(values: NDArray[Any]) -> pa.Array:
    """View a NumPy array of numbers, shape (n,), as an Arrow array; without pandas too."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
