"""Weights in four bits: whole matrices unpacked once, single rows whenever they are read.

The layout is Q4_0 of ggml, the library under llama.cpp: 32 neighbouring weights of a row share
a float16 scale, and each is a number from -8 to 7 times that scale. A block takes 18 bytes: the
scale, then 16 bytes that hold weight ``i`` in their low and weight ``i + 16`` in their high half.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.runtime.devices import Device, DType

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 32
"""Weights that share a scale."""

BLOCK_BYTES = 18

_ZERO = 8


def unpack_array(blocks: NDArray[np.uint8]) -> Vectors:
    """Unpack weights from four bits, in NumPy.

    Parameters
    ----------
    blocks : array, shape (rows, blocks * 18), uint8
        Rows of whole blocks.

    Returns
    -------
    array, shape (rows, blocks * 32), float32
    """
    parts = blocks.reshape(len(blocks), -1, BLOCK_BYTES)
    scales = np.ascontiguousarray(parts[..., :2]).view(np.float16).astype(np.float32)
    pairs = parts[..., 2:]
    weights = np.empty((*parts.shape[:2], 2, BLOCK // 2), dtype=np.float32)
    for half, numbers in enumerate((pairs & 0x0F, pairs >> 4)):
        np.multiply(numbers.view(np.int8) - np.int8(_ZERO), scales, out=weights[:, :, half])
    return weights.reshape(len(blocks), -1)


class FourBitArray:
    """A table in NumPy that stays in four bits; the rows that are read are unpacked then.

    Parameters
    ----------
    blocks : array, shape (rows, blocks * 18), uint8
        The table, which may be a file mapped to memory.
    """

    def __init__(self, blocks: NDArray[np.uint8]) -> None:
        self._blocks = blocks

    def __getitem__(self, ids: Indices) -> Vectors:
        """Unpack the rows `ids`, shape (n, blocks * 32), float32."""
        return unpack_array(self._blocks[ids])


def unpack(blocks: "Tensor") -> "Tensor":
    """Unpack weights from four bits, in torch.

    Parameters
    ----------
    blocks : Tensor, shape (rows, blocks * 18), uint8
        Rows of whole blocks.

    Returns
    -------
    Tensor, shape (rows, blocks * 32), float32
    """
    import torch

    parts = blocks.view(len(blocks), -1, BLOCK_BYTES)
    scales = parts[..., :2].contiguous().view(torch.float16).float()
    pairs = parts[..., 2:]
    numbers = torch.cat([pairs & 0x0F, pairs >> 4], dim=-1).float() - _ZERO
    return (numbers * scales).flatten(1)


class FourBitRows:
    """A table that stays in four bits; the rows that are read are unpacked then.

    A vocabulary of 250,000 words takes 54 MB so instead of 192 MB in bfloat16, and a batch
    reads a thousand of its rows.

    Parameters
    ----------
    blocks : array, shape (rows, blocks * 18), uint8
        The table. On a CPU it is used where it lies, which may be a file mapped to memory.
    device, dtype : str
        Where the rows are wanted, and in what precision.
    """

    def __init__(self, blocks: NDArray[np.uint8], *, device: Device, dtype: DType) -> None:
        import torch

        self._blocks = torch.from_numpy(blocks).to(device)
        self._dtype: torch.dtype = getattr(torch, dtype)

    def __getitem__(self, ids: "Tensor") -> "Tensor":
        """Unpack the rows `ids`, shape (n, blocks * 32)."""
        return unpack(self._blocks[ids]).to(self._dtype)
