"""Image files through a model: decoded, resized and batched in threads."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.threads import ahead, one_core_a_thread
from embedstore.errors import MediaError
from embedstore.images import open_image

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

Pixels = NDArray[np.uint8]
"""Red, green and blue levels of one image, shape (height, width, 3), uint8."""

Item = TypeVar("Item")
Outputs = TypeVar("Outputs")

_CPU_BATCH = 8
"""Images that one core takes at a time; with more it's no faster."""

_GPU_BATCH = 128

_WIDEST = 8
"""Longer side over shorter side, beyond which an image's ends are cut off unseen."""


@dataclass(frozen=True)
class Preparation:
    """How an image file becomes what a model reads.

    Attributes
    ----------
    side : int
        Pixels that the shorter side is resized to.
    steps : tuple of callable
        What takes an RGB image of any size, one after the other, to the model's size.
    mean, std : tuple of float
        Of each colour, on a scale from 0 to 1: ``(level / 255 - mean) / std``.
    """

    side: int
    steps: "tuple[Callable[[Image], Image], ...]"
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def pixels(self, source: bytes | Path) -> Pixels:
        """Decode and resize one image file.

        Raises
        ------
        MediaError
            This file can't be used.
        """
        image = _without_far_ends(open_image(source, target=self.side))
        for step in self.steps:
            image = step(image)
        return np.asarray(image)

    def normalised(self, pixels: Sequence[Pixels], device: str) -> "Tensor":
        """Stack prepared images into what the model reads: (n, 3, height, width), float32."""
        import torch

        batch = torch.from_numpy(np.stack(pixels)).to(device).permute(0, 3, 1, 2)
        mean = torch.tensor(self.mean, device=device).view(3, 1, 1)
        std = torch.tensor(self.std, device=device).view(3, 1, 1)
        return batch.float().div_(255).sub_(mean).div_(std)


@dataclass(frozen=True)
class Passed(Generic[Outputs]):
    """Images that went through the model together.

    Attributes
    ----------
    positions : list of int
        Where each stands among the images that were handed in; not empty.
    outputs : object
        What the model made of them.
    """

    positions: list[int]
    outputs: Outputs


@dataclass(frozen=True)
class Unusable:
    """An image that can't be used, and why."""

    position: int
    reason: MediaError


def forward_images(
    images: Iterable[bytes | Path],
    preparation: Preparation,
    forward: "Callable[[Tensor], Outputs]",
    *,
    device: str,
) -> Iterator[Passed[Outputs] | Unusable]:
    """Run image files through a model, a bounded number of them ahead of the results.

    On a CPU each core takes a few images at a time from the file to the model's outputs,
    so that no core ever waits for another. A GPU gets batches while threads decode the
    next one; Pillow lets go of the interpreter meanwhile.

    Parameters
    ----------
    images : iterable of bytes or Path
        Read in the caller's thread, and no further ahead than is needed.
    preparation : Preparation
        From a file to what `forward` takes.
    forward : callable
        From (n, 3, height, width), float32, on `device`, to the outputs of n images.
    device : str
        Where the model is.
    """

    def read(numbered: tuple[int, bytes | Path]) -> tuple[int, Pixels | MediaError]:
        position, image = numbered
        try:
            return position, preparation.pixels(image)
        except MediaError as error:
            return position, error

    def run(group: list[tuple[int, Pixels | MediaError]]) -> Iterator[Passed[Outputs] | Unusable]:
        good: dict[int, Pixels] = {}
        for position, result in group:
            if isinstance(result, MediaError):
                yield Unusable(position, result)
            else:
                good[position] = result
        if good:
            outputs = forward(preparation.normalised(list(good.values()), device))
            yield Passed(list(good), outputs)

    numbered = enumerate(images)
    if device == "cpu":
        with one_core_a_thread() as (threads, prepare):
            for results in ahead(
                lambda group: list(run([read(one) for one in group])),
                _groups(numbered, _CPU_BATCH),
                threads=threads,
                prepare=prepare,
            ):
                yield from results
    else:
        for group in _groups(ahead(read, numbered, threads=os.cpu_count() or 1), _GPU_BATCH):
            yield from run(group)


def _groups(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while group := list(islice(items, size)):
        yield group


def _without_far_ends(image: "Image") -> "Image":
    """Cut a very long image to its middle, which is all that a centre crop shows anyway.

    Resized to the model's side first, a strip of 2 × 60,000 pixels would take gigabytes.
    """
    width, height = image.size
    most = _WIDEST * min(width, height)
    left, top = max(0, width - most) // 2, max(0, height - most) // 2
    if left == 0 and top == 0:
        return image
    return image.crop((left, top, width - left, height - top))
