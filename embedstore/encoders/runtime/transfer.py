"""Copies of arrays to a device and back, which run while the device computes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def to_device(values: NDArray[Any], device: "torch.device | str") -> "Tensor":
    """Copy an array to a device; to a GPU from pinned memory, without waiting for the copy."""
    import torch

    tensor = torch.from_numpy(values)
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def to_host(outputs: "Tensor") -> "Callable[[], NDArray[np.float32]]":
    """Start to copy a model's outputs to the host as float32.

    From a GPU the copy is queued behind the computation and goes to pinned memory, so that
    the caller can start the next batch at once.

    Returns
    -------
    callable
        Waits for the copy and returns the array.
    """
    import torch

    if outputs.device.type != "cuda":
        values: NDArray[np.float32] = outputs.float().cpu().numpy()
        return lambda: values
    host = torch.empty(outputs.shape, dtype=torch.float32, pin_memory=True)
    host.copy_(outputs.float(), non_blocking=True)
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()

    def wait() -> NDArray[np.float32]:
        done.synchronize()
        # A copy, so that the pinned memory, which is scarce, goes back to torch's cache.
        return host.numpy().copy()

    return wait
