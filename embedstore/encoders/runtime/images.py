"""Forward pass of image files: decoded, resized and batched in threads."""

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
from embedstore.threads import map_ahead, one_core_per_thread

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

Pixels = NDArray[np.uint8]
"""RGB values of one image, shape (height, width, 3), uint8."""

Item = TypeVar("Item")
Outputs = TypeVar("Outputs")

_CPU_BATCH = 8
"""Images in one core's batch; larger ones are no faster."""

_GPU_BATCH = 128

_MAX_ASPECT = 8
"""Longer side over shorter side; a longer image is cropped to its middle before resizing."""


@dataclass(frozen=True)
class Preprocessing:
    """Preprocessing of image files into a model's input.

    Attributes
    ----------
    resize : int
        Pixels that the shorter side is resized to.
    steps : tuple of callable
        Resize and crop of an RGB image, applied one after the other.
    mean, std : tuple of float
        Normalisation of each colour channel: ``(value / 255 - mean) / std``.
    crop : int, optional
        Side of the centre crop, if `steps` are a bicubic resize of the shorter side to
        `resize` and a square centre crop, which a GPU can compute; None for other steps.
    """

    resize: int
    steps: "tuple[Callable[[Image], Image], ...]"
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: int | None = None

    def decode_resized(self, source: bytes | Path) -> Pixels:
        """Decode, resize and crop one image file.

        Raises
        ------
        MediaError
            This file can't be used.
        """
        image = self._decode(source)
        for step in self.steps:
            image = step(image)
        return np.asarray(image)

    def decode(self, source: bytes | Path) -> Pixels:
        """Decode one image file, and leave the resize and crop to `resize_on_device`.

        It is resized here if a GPU can't do that, or if it is too large to be copied there.

        Raises
        ------
        MediaError
            This file can't be used.
        """
        if self.crop is None:
            return np.array(self.decode_resized(source))  # torch requires writable memory
        image = self._decode(source)
        # Only JPEGs are decoded at a fraction of their size; other large ones would fill memory.
        # `resize_on_device` takes an image of the model's own size for one that was resized here.
        if min(image.size) > 4 * self.resize or image.size == (self.crop, self.crop):
            return np.array(self.decode_resized(source))
        return np.array(image)

    def _decode(self, source: bytes | Path) -> "Image":
        return _crop_long_side(open_image(source, target=self.resize))

    def resize_on_device(self, images: Sequence[Pixels], device: str) -> "Tensor":
        """Resize and crop decoded images on a device.

        Parameters
        ----------
        images : sequence of array
            Images from `decode`.
        device : str
            Where to compute.

        Returns
        -------
        Tensor, shape (n, 3, height, width), uint8
            Images of the model's size.
        """
        import torch

        resized = []
        for image in images:
            tensor = to_device(np.ascontiguousarray(image), device).permute(2, 0, 1)
            if self.crop is not None and image.shape[:2] != (self.crop, self.crop):
                tensor = _resize_and_crop(tensor, self.resize, self.crop)
            resized.append(tensor)
        return torch.stack(resized)

    def normalise(self, images: Sequence[Pixels], device: str) -> "Tensor":
        """Stack images from `decode_resized` into the model's input.

        Returns
        -------
        Tensor, shape (n, 3, height, width), float32
            Normalised channels.
        """
        return self._normalise(to_device(np.stack(images), device).permute(0, 3, 1, 2))

    def resize_and_normalise(self, images: Sequence[Pixels], device: str) -> "Tensor":
        """Turn images from `decode` into the model's input, as `normalise` does."""
        return self._normalise(self.resize_on_device(images, device))

    def _normalise(self, batch: "Tensor") -> "Tensor":
        import torch

        device = batch.device
        mean = torch.tensor(self.mean, device=device).view(3, 1, 1)
        std = torch.tensor(self.std, device=device).view(3, 1, 1)
        return batch.float().div_(255).sub_(mean).div_(std)


def _resize_and_crop(image: "Tensor", resize: int, crop: int) -> "Tensor":
    """Resize the shorter side bicubically and crop the centre, as torchvision does on a CPU.

    Parameters
    ----------
    image : Tensor, shape (3, height, width), uint8
        An image on its device.
    resize, crop : int
        As in `Preprocessing`.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

    height, width = image.shape[1:]
    short = min(height, width)
    size = (resize * height // short, resize * width // short)
    values = F.interpolate(
        image[None].float(), size, mode="bicubic", antialias=True, align_corners=False
    )[0]
    top, left = (round((length - crop) / 2) for length in size)
    return values[:, top : top + crop, left : left + crop].round().clamp(0, 255).to(torch.uint8)


def centre_crop(steps: Sequence[object], size: int) -> int | None:
    """Read the side of the centre crop from torchvision's transforms.

    Parameters
    ----------
    steps : sequence of callable
        Transforms of an image.
    size : int
        Pixels that they should resize the shorter side to.

    Returns
    -------
    int or None
        None unless they are a bicubic resize and a square centre crop: `Preprocessing.crop`.
    """
    from torchvision.transforms import CenterCrop, InterpolationMode, Resize

    if len(steps) != 2:
        return None
    resize, crop = steps
    plain = (
        isinstance(resize, Resize)
        and resize.size == size
        and resize.interpolation == InterpolationMode.BICUBIC
        and resize.max_size is None
        and isinstance(crop, CenterCrop)
        and crop.size[0] == crop.size[1]
    )
    return int(crop.size[0]) if plain and isinstance(crop, CenterCrop) else None


@dataclass(frozen=True)
class ImageBatch(Generic[Outputs]):
    """A batch of images with the model's outputs.

    Attributes
    ----------
    positions : list of int
        Position of each image among all; at least one.
    outputs : object
        The model's outputs for them.
    """

    positions: list[int]
    outputs: Outputs


@dataclass(frozen=True)
class UnusableImage:
    """An image that can't be used.

    Attributes
    ----------
    position : int
        Its position among all images.
    reason : MediaError
        Why it can't be used.
    """

    position: int
    reason: MediaError


def forward_images(
    images: Iterable[bytes | Path],
    preprocessing: Preprocessing,
    forward: "Callable[[Tensor], Outputs]",
    *,
    device: str,
) -> Iterator[ImageBatch[Outputs] | UnusableImage]:
    """Run image files through a model, a bounded number of them ahead of the caller.

    On a CPU each core takes a few images at a time from the file to the model's outputs,
    so that no core waits for another. A GPU resizes images itself, and gets batches from one
    thread while others decode the next images.

    Parameters
    ----------
    images : iterable of bytes or Path
        The files, or their bytes; read in the caller's thread.
    preprocessing : Preprocessing
        Turns a file into the model's input.
    forward : callable
        Takes (n, 3, height, width), float32, on `device`; returns the outputs of n images.
    device : str
        Where the model is.

    Yields
    ------
    ImageBatch or UnusableImage
        Each position once, in any order.
    """
    if device == "cpu":
        yield from _forward_on_cpu(images, preprocessing, forward)
    else:
        yield from forward_on_gpu(images, preprocessing, forward, device=device)


_Decoded = tuple[int, Pixels | MediaError]
"""Position of an image, and its pixels or why it can't be used."""


_Numbered = tuple[int, bytes | Path]
"""Position of an image, and its bytes or file."""


def _catching(decode: Callable[[bytes | Path], Pixels]) -> Callable[[_Numbered], _Decoded]:
    """Make `decode` take a numbered image, and return a `MediaError` instead of raising it."""

    def read(numbered: _Numbered) -> _Decoded:
        position, image = numbered
        try:
            return position, decode(image)
        except MediaError as error:
            return position, error

    return read


def _forward_on_cpu(
    images: Iterable[bytes | Path],
    preprocessing: Preprocessing,
    forward: "Callable[[Tensor], Outputs]",
) -> Iterator[ImageBatch[Outputs] | UnusableImage]:
    """Run `forward_images` with all steps of a batch on one core."""
    read = _catching(preprocessing.decode_resized)

    def run(batch: Sequence[_Numbered]) -> list[ImageBatch[Outputs] | UnusableImage]:
        unusable, decoded = _split_unusable([read(one) for one in batch])
        if not decoded:
            return [*unusable]
        outputs = forward(preprocessing.normalise([pixels for _, pixels in decoded], "cpu"))
        return [*unusable, ImageBatch([position for position, _ in decoded], outputs)]

    with one_core_per_thread() as (threads, prepare):
        batches = _batches(enumerate(images), lambda: _CPU_BATCH)
        for results in map_ahead(run, batches, threads=threads, prepare=prepare):
            yield from results


def forward_on_gpu(
    images: Iterable[bytes | Path],
    preprocessing: Preprocessing,
    forward: "Callable[[Tensor], Outputs]",
    *,
    device: str,
    batch: int = _GPU_BATCH,
) -> Iterator[ImageBatch[Outputs] | UnusableImage]:
    """Run `forward_images` with one thread that feeds the device, and others that decode.

    Parameters
    ----------
    images, preprocessing, forward, device
        As in `forward_images`.
    batch : int
        Images of a batch at first; batches that don't fit in the device's memory are halved.
    """
    budget = Budget(batch)

    def run(group: Sequence[_Decoded]) -> list[ImageBatch[Outputs] | UnusableImage]:
        unusable, decoded = _split_unusable(group)
        if not decoded:
            return [*unusable]

        def forward_some(some: Sequence[tuple[int, Pixels]]) -> Outputs:
            return forward(preprocessing.resize_and_normalise([one for _, one in some], device))

        done = budget.run(forward_some, decoded)
        batches = [ImageBatch([position for position, _ in some], out) for some, out in done]
        return [*unusable, *batches]

    read = _catching(preprocessing.decode)
    decoded = map_ahead(read, enumerate(images), threads=os.cpu_count() or 1)
    for results in map_ahead(run, _batches(decoded, lambda: budget.size), threads=1):
        yield from results


def _split_unusable(
    batch: Sequence[_Decoded],
) -> tuple[list[UnusableImage], list[tuple[int, Pixels]]]:
    """Separate the images that can't be used from those that were decoded."""
    unusable = [UnusableImage(at, found) for at, found in batch if isinstance(found, MediaError)]
    decoded = [(at, found) for at, found in batch if not isinstance(found, MediaError)]
    return unusable, decoded


def _batches(items: Iterator[Item], size: Callable[[], int]) -> Iterator[list[Item]]:
    """Take `size()` items at a time, until none are left."""
    while batch := list(islice(items, size())):
        yield batch


def _crop_long_side(image: "Image") -> "Image":
    """Crop a very long image to its middle, since a centre crop discards its ends anyway.

    Resizing the whole of a strip of 2 × 60,000 pixels first would take gigabytes.
    """
    width, height = image.size
    most = _MAX_ASPECT * min(width, height)
    left, top = max(0, width - most) // 2, max(0, height - most) // 2
    if left == 0 and top == 0:
        return image
    return image.crop((left, top, width - left, height - top))
