"""Arrays to a device and back without waiting: copies run beside the computation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def to_device(values: NDArray[Any], device: "torch.device | str") -> "Tensor":
    """A tensor on the device; from pinned memory and without waiting where that is a GPU."""
    import torch

    tensor = torch.from_numpy(values)
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def to_host(outputs: "Tensor") -> "Callable[[], NDArray[np.float32]]":
    """Start copying outputs to the host as float32; the function returned waits for them.

    On a GPU the copy goes to pinned memory behind what computes the outputs, so that whoever
    called can start the next batch at once.
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
        # A copy: pinned memory is scarce, and goes back to torch's cache.
        return host.numpy().copy()

    return wait
