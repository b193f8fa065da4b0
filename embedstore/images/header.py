"""Format and size of image files, read from their headers without decoding a pixel.

A decoder may reserve memory for every pixel that a header announces, so that a few hundred
hostile bytes can ask for gigabytes. The size is therefore read first, as the definitions of
the formats say: ITU-T T.81 (JPEG), ISO 15948 (PNG), RFC 9649 (WebP), GIF89a and the
BITMAPINFOHEADER family (BMP).
"""

import struct
from dataclasses import dataclass
from typing import IO

from embedstore.errors import MediaError

MAX_PIXELS = 50_000_000
"""Largest width × height that is decoded by default; as RGB it takes 150 MB."""

SNIFF_BYTES = 32
"""First bytes of a file that `sniff` needs."""

# Markers of JPEG segments: with the size, without a body, and at the end of the header.
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
_JPEG_PIXELS = frozenset({0xD9, 0xDA})
_MAX_JPEG_STEPS = 4096

# Sizes of BMP headers in bytes.
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


@dataclass(frozen=True)
class ImageHeader:
    """Format and size of an image file.

    Attributes
    ----------
    media_type : str
        ``image/jpeg``, ``image/png``, ``image/webp``, ``image/gif`` or ``image/bmp``.
    width, height : int
        Pixels as stored, before the rotation that EXIF asks for.
    """

    media_type: str
    width: int
    height: int


def sniff(start: bytes) -> str | None:
    """Tell the media type from a file's first bytes.

    Parameters
    ----------
    start : bytes
        The first `SNIFF_BYTES` bytes of the file.

    Returns
    -------
    str or None
        Media type, such as ``image/jpeg``; None if it is no image of a known format.
    """
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "image/webp"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    # "BM" alone may begin any text: the size of the header must be a known one as well.
    if start.startswith(b"BM") and int.from_bytes(start[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    return None


def read_header(file: IO[bytes]) -> ImageHeader:
    """Read the format and size of an image file.

    Parameters
    ----------
    file : binary file
        Seekable. It is read from its beginning and left at any position.

    Returns
    -------
    ImageHeader
        Format and size, which is at least 1 × 1.

    Raises
    ------
    MediaError
        It is empty, no image of a known format, or its header is cut off or damaged.
    """
    file.seek(0)
    start = file.read(SNIFF_BYTES)
    media_type = sniff(start)
    if media_type is None:
        raise MediaError(not_an_image(start))
    try:
        width, height = (
            _jpeg_size(file) if media_type == "image/jpeg" else _SIZES[media_type](start)
        )
    except struct.error as error:
        raise MediaError(f"{media_type} that is cut off within its header") from error
    if width < 1 or height < 1:
        raise MediaError(f"{media_type} whose header gives a size of {width}×{height} pixels")
    return ImageHeader(media_type, width, height)


def not_an_image(start: bytes) -> str:
    """Describe a file that is no image, by its first bytes."""
    if not start:
        return "an empty file, expected an image"
    beginning = start[:16].decode("ascii", "backslashreplace")
    kind = "a web page" if start.lstrip()[:1] == b"<" else "no image"
    return f"{kind}: it begins with {beginning!r}, expected JPEG, PNG, WebP, GIF or BMP"


def _jpeg_size(file: IO[bytes]) -> tuple[int, int]:
    """Walk through a JPEG's segments to the one that gives the size."""
    file.seek(2)
    # Without a bound, a file of nothing but tiny segments would take seconds.
    for _ in range(_MAX_JPEG_STEPS):
        prefix, marker = struct.unpack(">BB", file.read(2))
        if prefix != 0xFF or marker == 0xFF:  # a stray or a fill byte, which decoders skip
            file.seek(-1, 1)
            continue
        if marker in _JPEG_PIXELS:
            break
        if marker in _JPEG_BARE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if length < 2:
            raise MediaError("image/jpeg with a damaged header")
        if marker in _JPEG_SIZES:
            _, height, width = struct.unpack(">BHH", file.read(5))
            return width, height
        file.seek(length - 2, 1)
    raise MediaError("image/jpeg whose header gives no size")


def _png_size(start: bytes) -> tuple[int, int]:
    """Read width and height of a PNG."""
    length, chunk, width, height = struct.unpack_from(">I4sII", start, 8)
    if chunk != b"IHDR" or length != 13:
        raise MediaError("image/png with a damaged header")
    return width, height


def _webp_size(start: bytes) -> tuple[int, int]:
    """Read width and height of a WebP."""
    chunk = start[12:16]
    if chunk == b"VP8X":  # extended: canvas size minus one, 24 bits each
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", start, 24)
        return (high_w << 16 | low_w) + 1, (high_h << 16 | low_h) + 1
    if chunk == b"VP8L":  # lossless: size minus one, 14 bits each
        signature, bits = struct.unpack_from("<BI", start, 20)
        if signature == 0x2F:
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and start[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", start, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise MediaError("image/webp with a damaged header")


def _gif_size(start: bytes) -> tuple[int, int]:
    """Read width and height of a GIF."""
    width, height = struct.unpack_from("<HH", start, 6)
    return width, height


def _bmp_size(start: bytes) -> tuple[int, int]:
    """Read width and height of a BMP."""
    if int.from_bytes(start[14:18], "little") == 12:
        width, height = struct.unpack_from("<HH", start, 18)
    else:
        width, height = struct.unpack_from("<ii", start, 18)
    return width, abs(height)  # a negative height means that the top row comes first


_SIZES = {
    "image/png": _png_size,
    "image/webp": _webp_size,
    "image/gif": _gif_size,
    "image/bmp": _bmp_size,
}
