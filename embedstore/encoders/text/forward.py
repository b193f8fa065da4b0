"""Which library computes a text model's forward pass: NumPy for a few texts, torch for many.

Importing torch takes seconds, which is most of the time of a query from a shell. On a few texts
NumPy computes the same vectors (cosine ≥ 0.9999) before torch would be there.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.devices import Device, DType
from embedstore.encoders.runtime.texts import BATCH_TOKENS

if TYPE_CHECKING:
    from embedstore.encoders.text.bert import Network
    from embedstore.encoders.text.bert_numpy import NumpyBert

FEW_TEXTS = 8
"""Most texts that NumPy encodes: when all of them are as long as the model reads, the time that
importing torch takes is used up."""


def is_few(texts: int) -> bool:
    """Tell whether NumPy computes so many texts.

    Few in a process that hasn't imported torch, and one alone where torch has no GPU: of one text,
    torch takes twice the processor time.
    """
    if not _torch_is_imported():
        return texts <= FEW_TEXTS
    return texts <= 1 and not _has_gpu()


def _torch_is_imported() -> bool:
    return "torch" in sys.modules


@cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@dataclass(frozen=True)
class TorchNetwork:
    """A network that torch computes.

    Attributes
    ----------
    network : Network
        Forward pass of the model, pooling included.
    device : {"cpu", "cuda"}
        Where it computes.
    dtype : {"float32", "bfloat16", "float16"}
        Precision that it computes in.
    """

    network: "Network"
    device: Device
    dtype: DType

    @cached_property
    def budget(self) -> Budget:
        """Tokens of a batch; encoders that share the network share it."""
        return Budget(BATCH_TOKENS[self.device])


class Forward:
    """A text model's forward pass, loaded into a library when it is first needed there.

    Parameters
    ----------
    dim : int
        Dimensions of its vectors.
    load_torch : callable
        Loads the model into torch.
    load_numpy : callable, optional
        Loads it into NumPy; None for a model that only torch computes, or of which a device or
        a precision was asked for.

    Attributes
    ----------
    dim : int
        Dimensions of its vectors.
    """

    def __init__(
        self,
        dim: int,
        load_torch: Callable[[], TorchNetwork],
        load_numpy: "Callable[[], NumpyBert] | None" = None,
    ) -> None:
        self.dim = dim
        self._load_torch = load_torch
        self._load_numpy = load_numpy

    @cached_property
    def torch(self) -> TorchNetwork:
        """The model in torch."""
        return self._load_torch()

    @cached_property
    def _numpy(self) -> "NumpyBert":
        assert self._load_numpy is not None
        return self._load_numpy()

    def numpy(self, texts: int) -> "NumpyBert | None":
        """Return the model in NumPy if that is to compute so many texts, else None."""
        return self._numpy if self._load_numpy is not None and is_few(texts) else None


def forward_when_needed(
    dim: int,
    device: str,
    dtype: str | None,
    *,
    load_torch: Callable[[], TorchNetwork],
    load_numpy: "Callable[[], NumpyBert]",
) -> Forward:
    """Make a forward pass that both libraries can compute.

    A device or a precision that was asked for is torch's, and the model is loaded at once.

    Raises
    ------
    EncoderError
        The device or the precision can't be used.
    """
    if device == "auto" and dtype in (None, "auto"):
        return Forward(dim, load_torch, load_numpy)
    loaded = load_torch()
    return Forward(dim, lambda: loaded)
