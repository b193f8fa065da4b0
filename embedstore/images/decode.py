"""Decoding of image files to RGB, and random noise in place of a missing image.

Images are rotated as EXIF says, and converted as follows.

- Transparent pixels become white.
- 16-bit grey keeps its upper 8 bits; CMYK is converted without its colour profile.
- An animation is decoded to its first frame.
"""

import io
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from embedstore.errors import MediaError
from embedstore.images.header import MAX_PIXELS, ImageHeader, read_header

MIN_SIDE = 2
"""Smallest width and height in pixels; smaller files are tracking pixels and spacers."""

_DRAFT_FACTOR = 2
"""A JPEG is decoded at a fraction of its size that is at least this many times `target`."""

_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
}
_ORIENTATION = 0x0112
_TRANSPOSES = {  # EXIF orientation: operation that undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(
    data: bytes | Path, *, target: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Decode an image file.

    Parameters
    ----------
    data : bytes or Path
        A JPEG, PNG, WebP, AVIF, GIF or BMP file; HEIC with the extra `heif`.
    target : int, optional
        Pixels that the caller will resize the smaller side to. A large JPEG is then
        decoded at 1/2, 1/4 or 1/8 of its size, such that its smaller side stays at least
        2 × `target`. After an antialiased bicubic resize to 224, photographs differ from a
        full decode by less than 1 of 255 levels on average (0.1 to 0.8 measured; 2.1 on
        pure noise, the worst case).
    max_pixels : int, default 50,000,000
        Largest width × height, checked in the header before anything is decoded.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, decoded; it holds no file open.

    Raises
    ------
    MediaError
        It is empty, no image, of a format that needs an extra, truncated or damaged, smaller
        than 2 × 2 pixels, or larger than `max_pixels`.
    """
    with _open(data) as file:
        header = read_header(file)
        _check_size(header.media_type, header.width, header.height, max_pixels)
        _require_decoder(header.media_type)
        file.seek(0)
        # On hostile bytes a decoder may raise anything. Whatever it is, only this image can't
        # be used.
        try:
            return _decode(file, header, target, max_pixels)
        except MediaError:
            raise
        except UnidentifiedImageError as error:
            raise MediaError(f"{header.media_type} with a damaged header") from error
        except Exception as error:
            raise MediaError(f"{header.media_type} that can't be decoded: {error}") from error


def noise_image(seed: int, size: int) -> Image.Image:
    """Make random noise in place of a missing image; no pixel of it is black.

    Parameters
    ----------
    seed : int
        Same seed, same pixels; not negative.
    size : int
        Side in pixels.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, `size` × `size`.
    """
    noise = np.random.default_rng(seed).integers(1, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def _open(data: bytes | Path) -> AbstractContextManager[IO[bytes]]:
    """Open bytes or a file for reading."""
    if isinstance(data, bytes):
        return nullcontext(io.BytesIO(data))
    try:
        return data.open("rb")
    except OSError as error:
        raise MediaError(f"{data} can't be read: {error.strerror}") from error


def _require_decoder(media_type: str) -> None:
    """Raise a `MediaError` that names the remedy if a format's decoder isn't installed."""
    if media_type == "image/avif" and not features.check("avif"):
        raise MediaError(
            "image/avif, which this Pillow was built without: `pip install --upgrade pillow`,"
            " then build with --retry-failed"
        )
    if media_type == "image/heic":
        try:
            from pillow_heif import register_heif_opener
        except ImportError as error:
            raise MediaError(
                "image/heic needs pillow-heif: `pip install 'embedstore[heif]'`, then build with"
                " --retry-failed"
            ) from error
        # Thumbnails, depth maps and the like are not looked at.
        register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _check_size(media_type: str, width: int, height: int, max_pixels: int) -> None:
    """Raise a `MediaError` for an image that is too large or too small."""
    if width * height > max_pixels:
        raise MediaError(
            f"{media_type} of {width}×{height} pixels, expected at most {max_pixels:,} in all"
        )
    if min(width, height) < MIN_SIDE:
        raise MediaError(
            f"{media_type} of {width}×{height} pixels, expected at least {MIN_SIDE}×{MIN_SIDE}"
        )


def _decode(
    file: IO[bytes], header: ImageHeader, target: int | None, max_pixels: int
) -> Image.Image:
    """Decode a file whose header was checked."""
    with Image.open(file, formats=[_FORMATS[header.media_type]]) as image:
        # The decoder may find another size than `read_header`, in a second header or a frame.
        _check_size(header.media_type, image.width, image.height, max_pixels)
        if target is not None and header.media_type == "image/jpeg":
            image.draft(None, (_DRAFT_FACTOR * target, _DRAFT_FACTOR * target))
        image.load()
        transpose = _TRANSPOSES.get(_orientation(image))
        pixels = _to_rgb(image)
    return pixels if transpose is None else pixels.transpose(transpose)


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; 1 (upright) if there is none or it can't be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF: the pixels may still be good
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to RGB over white; the result is a copy that holds no file."""
    if image.mode.startswith("I"):  # 16 bits a pixel: `convert` would clip them at 255
        grey = np.asarray(image).astype(np.uint32) >> 8
        return Image.fromarray(np.minimum(grey, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(colours, mask=colours.getchannel("A"))
        return white
    return image.convert("RGB")
