"""Format and size of image files, read from their headers without decoding a pixel.

A decoder may reserve memory for every pixel that a header announces, so that a few hundred
hostile bytes can ask for gigabytes. The size is therefore read first, as the definitions of
the formats say: ITU-T T.81 (JPEG), ISO 15948 (PNG), RFC 9649 (WebP), GIF89a, the
BITMAPINFOHEADER family (BMP), and ISO/IEC 14496-12 and 23008-12 (AVIF and HEIC, which are boxes
within boxes).
"""

import struct
from collections.abc import Iterator
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

# Brands in the first box of an AVIF and of a HEIC: what a reader must understand.
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_MAX_META_BYTES = 1 << 20
_MAX_TOP_BOXES = 64

# Sizes of BMP headers in bytes.
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


@dataclass(frozen=True)
class ImageHeader:
    """Format and size of an image file.

    Attributes
    ----------
    media_type : str
        ``image/jpeg``, ``image/png``, ``image/webp``, ``image/gif``, ``image/bmp``,
        ``image/avif`` or ``image/heic``.
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
    return _sniff_boxes(start)


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
        if media_type == "image/jpeg":
            width, height = _jpeg_size(file)
        elif media_type in ("image/avif", "image/heic"):
            width, height = _boxed_size(file, media_type)
        else:
            width, height = _SIZES[media_type](start)
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
    return f"{kind}: it begins with {beginning!r}, expected JPEG, PNG, WebP, AVIF, HEIC, GIF or BMP"


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


def _sniff_boxes(start: bytes) -> str | None:
    """Tell AVIF and HEIC by the brands of their first box."""
    if start[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(start[:4], "big"), len(start))
    # Major brand, version, then compatible brands.
    brands = {start[8:12], *(start[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "image/avif"
    return "image/heic" if brands & _HEIC_BRANDS else None


def _boxed_size(file: IO[bytes], media_type: str) -> tuple[int, int]:
    """Read the size of the largest picture in an AVIF or HEIC: thumbnails and tiles are smaller."""
    meta = _meta_box(file, media_type)
    # A "full" box: version and flags come first.
    properties = dict(_boxes(dict(_boxes(meta[4:])).get(b"iprp", b""))).get(b"ipco", b"")
    sizes = [
        struct.unpack_from(">II", body, 4) for kind, body in _boxes(properties) if kind == b"ispe"
    ]
    if not sizes:
        raise MediaError(f"{media_type} whose header gives no size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return width, height


def _meta_box(file: IO[bytes], media_type: str) -> bytes:
    """Find the top-level box that describes a file's pictures."""
    file.seek(0)
    for _ in range(_MAX_TOP_BOXES):
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:  # 64 bits follow
            (size,) = struct.unpack(">Q", file.read(8))
            header = 16
        if kind == b"meta" and header <= size <= _MAX_META_BYTES:
            return file.read(size - header)
        if size < header or size >= 1 << 62 or kind == b"meta":
            break
        file.seek(size - header, 1)
    raise MediaError(f"{media_type} with a damaged header")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Split bytes into boxes: kind and body of each."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size


_SIZES = {
    "image/png": _png_size,
    "image/webp": _webp_size,
    "image/gif": _gif_size,
    "image/bmp": _bmp_size,
}
