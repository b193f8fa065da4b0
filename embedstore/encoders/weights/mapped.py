"""Tensors of a safetensors file as NumPy arrays that lie in the file, mapped to memory.

The format is that of https://huggingface.co/docs/safetensors: the length of a header (u64), the
header (JSON: each tensor's type, shape and place), the tensors. The library of that name copies
every tensor that it reads; here only the pages that a computation touches are read.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.errors import WeightsError

Tensors = dict[str, NDArray[np.float32]]
"""Tensors by name."""

_LENGTH_BYTES = 8
_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def map_tensors(file: Path) -> Tensors:
    """Map the floating-point tensors of a safetensors file to memory.

    Tensors in float32 lie in the file and can't be written to; those in another precision are
    converted.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    dict of str to array, float32
        Tensors by name; those of integers are left out.

    Raises
    ------
    WeightsError
        It is no such file, or was cut off.
    """
    try:
        data = np.asarray(np.memmap(file, dtype=np.uint8, mode="r"))
        length = int.from_bytes(data[:_LENGTH_BYTES].tobytes(), "little")
        start = _LENGTH_BYTES + length
        header: dict[str, Any] = json.loads(data[_LENGTH_BYTES:start].tobytes())
        header.pop("__metadata__", None)
        found: Tensors = {}
        for name, entry in header.items():
            kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
            raw = data[start + begin : start + end]
            if len(raw) != end - begin:
                raise ValueError(f"it ends before its tensor {name}")
            if kind == "BF16":
                found[name] = _of_bfloat16(raw).reshape(shape)
            elif kind in _FLOATS:
                values = raw.view(_FLOATS[kind]).reshape(shape)
                found[name] = values.astype(np.float32, copy=False)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{file} can't be read as tensors: {error}") from error
    return found


def _of_bfloat16(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert bfloat16, which is the upper half of a float32."""
    return (raw.view("<u2").astype("<u4") << 16).view("<f4")
