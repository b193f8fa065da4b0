"""The precision that decoders compute in."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from embedstore.encoders.runtime.devices import cpu_has_bfloat16


def dtype_of(device: str) -> torch.dtype:
    """Choose bfloat16 on a GPU and on a processor that multiplies it natively, else float32.

    On other processors bfloat16 takes several times as long as float32.
    """
    fast = torch.device(device).type != "cpu" or cpu_has_bfloat16()
    return torch.bfloat16 if fast else torch.float32


def precision(device: str) -> AbstractContextManager[Any]:
    """Compute matrix products in that precision within this block, all else in float32."""
    dtype = dtype_of(device)
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)
