"""Image files through a model: decoded, resized and batched in threads."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.transfer import to_device
from embedstore.errors import MediaError
from embedstore.images.decode import open_image
from embedstore.threads import ahead, one_core_a_thread

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
    crop : int, optional
        Side of the middle that is left, where `steps` are a bicubic resize of the shorter side
        to `side` and a cut, which a GPU can do itself; None where they are anything else.
    """

    side: int
    steps: "tuple[Callable[[Image], Image], ...]"
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: int | None = None

    def pixels(self, source: bytes | Path) -> Pixels:
        """Decode and resize one image file.

        Raises
        ------
        MediaError
            This file can't be used.
        """
        image = self._decoded(source)
        for step in self.steps:
            image = step(image)
        return np.asarray(image)

    def frame(self, source: bytes | Path) -> Pixels:
        """Decode one image file, and leave to `resized` what a GPU can do.

        Raises
        ------
        MediaError
            This file can't be used.
        """
        if self.crop is None:
            return np.array(self.pixels(source))  # torch wants memory that it could write to
        image = self._decoded(source)
        # Only JPEGs are decoded at a fraction of their size; other large ones would fill memory.
        # One that has the model's size by chance must not pass for one that was resized to it.
        if min(image.size) > 4 * self.side or image.size == (self.crop, self.crop):
            return np.array(self.pixels(source))
        return np.array(image)

    def _decoded(self, source: bytes | Path) -> "Image":
        return _without_far_ends(open_image(source, target=self.side))

    def resized(self, frames: Sequence[Pixels], device: str) -> "Tensor":
        """Frames at the model's size, (n, 3, height, width), uint8, resized on the device."""
        import torch
        from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

        images = []
        for frame in frames:
            height, width = frame.shape[:2]
            image = to_device(np.ascontiguousarray(frame), device).permute(2, 0, 1)
            if self.crop is not None and (height, width) != (self.crop, self.crop):
                short = min(height, width)
                size = (self.side * height // short, self.side * width // short)
                levels = F.interpolate(
                    image[None].float(), size, mode="bicubic", antialias=True, align_corners=False
                )[0]
                top, left = (round((length - self.crop) / 2) for length in size)
                cut = levels[:, top : top + self.crop, left : left + self.crop]
                image = cut.round().clamp(0, 255).to(torch.uint8)
            images.append(image)
        return torch.stack(images)

    def normalised(self, pixels: Sequence[Pixels], device: str) -> "Tensor":
        """Stack prepared images into what the model reads: (n, 3, height, width), float32."""
        return self._scaled(to_device(np.stack(pixels), device).permute(0, 3, 1, 2))

    def prepared(self, frames: Sequence[Pixels], device: str) -> "Tensor":
        """The same from what `frame` returned."""
        return self._scaled(self.resized(frames, device))

    def _scaled(self, batch: "Tensor") -> "Tensor":
        import torch

        device = batch.device
        mean = torch.tensor(self.mean, device=device).view(3, 1, 1)
        std = torch.tensor(self.std, device=device).view(3, 1, 1)
        return batch.float().div_(255).sub_(mean).div_(std)


def middle(steps: Sequence[object], side: int) -> int | None:
    """Side of what torchvision's `steps` leave, if that is what `Preparation.crop` is for."""
    from torchvision.transforms import CenterCrop, InterpolationMode, Resize

    if len(steps) != 2:
        return None
    resize, cut = steps
    plain = (
        isinstance(resize, Resize)
        and resize.size == side
        and resize.interpolation == InterpolationMode.BICUBIC
        and resize.max_size is None
        and isinstance(cut, CenterCrop)
        and cut.size[0] == cut.size[1]
    )
    return int(cut.size[0]) if plain and isinstance(cut, CenterCrop) else None


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
    so that no core ever waits for another. A GPU gets batches from a thread of its own while
    others decode the next ones, and resizes them itself.

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
    if device == "cpu":
        yield from _core_by_core(images, preparation, forward)
    else:
        yield from streamed(images, preparation, forward, device=device)


_Read = tuple[int, Pixels | MediaError]
"""Position of an image, and what decoding it gave."""


_Numbered = tuple[int, bytes | Path]


def _reader(decode: Callable[[bytes | Path], Pixels]) -> Callable[[_Numbered], _Read]:
    def read(numbered: _Numbered) -> _Read:
        position, image = numbered
        try:
            return position, decode(image)
        except MediaError as error:
            return position, error

    return read


def _core_by_core(
    images: Iterable[bytes | Path],
    preparation: Preparation,
    forward: "Callable[[Tensor], Outputs]",
) -> Iterator[Passed[Outputs] | Unusable]:
    read = _reader(preparation.pixels)

    def run(group: Sequence[_Numbered]) -> list[Passed[Outputs] | Unusable]:
        bad, good = _sorted_out([read(one) for one in group])
        if not good:
            return [*bad]
        pixels = [frame for _, frame in good]
        outputs = forward(preparation.normalised(pixels, "cpu"))
        return [*bad, Passed([position for position, _ in good], outputs)]

    with one_core_a_thread() as (threads, prepare):
        groups = _groups(enumerate(images), lambda: _CPU_BATCH)
        for results in ahead(run, groups, threads=threads, prepare=prepare):
            yield from results


def streamed(
    images: Iterable[bytes | Path],
    preparation: Preparation,
    forward: "Callable[[Tensor], Outputs]",
    *,
    device: str,
    batch: int = _GPU_BATCH,
) -> Iterator[Passed[Outputs] | Unusable]:
    """`forward_images` for a GPU, which is fed by one thread and halves what doesn't fit."""
    budget = Budget(batch)

    def run(group: Sequence[_Read]) -> list[Passed[Outputs] | Unusable]:
        bad, good = _sorted_out(group)
        if not good:
            return [*bad]
        done = budget.run(
            lambda some: forward(preparation.prepared([frame for _, frame in some], device)), good
        )
        passed = [Passed([position for position, _ in some], outputs) for some, outputs in done]
        return [*bad, *passed]

    decoded = ahead(_reader(preparation.frame), enumerate(images), threads=os.cpu_count() or 1)
    for results in ahead(run, _groups(decoded, lambda: budget.size), threads=1):
        yield from results


def _sorted_out(group: Sequence[_Read]) -> tuple[list[Unusable], list[tuple[int, Pixels]]]:
    """What can't be used, and what can."""
    bad = [Unusable(at, found) for at, found in group if isinstance(found, MediaError)]
    good = [(at, found) for at, found in group if not isinstance(found, MediaError)]
    return bad, good


def _groups(items: Iterator[Item], size: Callable[[], int]) -> Iterator[list[Item]]:
    while group := list(islice(items, size())):
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
