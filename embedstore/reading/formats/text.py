"""Text as lines or pieces: decoded, bounded, and honest about bad bytes."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import Self

from embedstore.errors import InputError
from embedstore.reading.formats.compression import DAMAGED, Source

# Characters that one record may have. It bounds the memory that a broken file can
# take: a file without line ends, or a quotation mark that is never closed.
RECORD_LIMIT = 1 << 20

_SURROGATE = re.compile("[\ud800-\udfff]")
_KEEP_BAD_BYTES = "embedstore.keep_bad_bytes"


def _keep_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that mean nothing as lone surrogates, to be found afterwards.

    Python's own ``surrogateescape`` does the same for bytes from 128 up only, which
    is not enough for UTF-16.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(_KEEP_BAD_BYTES, _keep_bad_bytes)


def has_bad_bytes(text: str) -> bool:
    """Tell whether a text read by :class:`TextFile` held bytes that could not be decoded."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def escape_bad_bytes(text: str) -> str:
    r"""Write the bytes that could not be decoded as ``\xff``."""
    return _SURROGATE.sub(
        lambda found: (
            f"\\x{ord(found[0]) - 0xDC00:02x}"
            if 0xDC00 <= ord(found[0]) <= 0xDCFF
            else f"\\u{ord(found[0]):04x}"
        ),
        text,
    )


class TextFile:
    r"""Decoded text of a source, to be read once, by line or by piece.

    Parameters
    ----------
    source
        Its bytes.
    encoding
        Default: UTF-8, or UTF-16 or UTF-32 where the first bytes say so.
    newline
        ``""`` ends lines at ``\n``, ``\r\n`` and ``\r``; ``"\n"`` at that only.

    Raises
    ------
    InputError
        If the encoding is unknown, or the source can't be read.
    """

    def __init__(self, source: Source, encoding: str | None, *, newline: str = "") -> None:
        self.name = source.name
        self.encoding = encoding or sniff_encoding(source.head())
        try:
            self._text = io.TextIOWrapper(
                source.stream, self.encoding, errors=_KEEP_BAD_BYTES, newline=newline
            )
        except LookupError as error:
            raise unknown_encoding(self.encoding) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def lines(self, limit: int = RECORD_LIMIT) -> Iterator[str]:
        """Give the lines with their line ends.

        A line of more than `limit` characters is given as its first ``limit + 1``. A byte
        order mark is left out.

        Raises
        ------
        InputError
            If the file can't be read to its end, such as a download that was cut off.
        """
        size = limit + 1
        readline = self._text.readline
        number = 0
        try:
            line = readline(size).removeprefix("\ufeff")
            while line:
                number += 1
                yield line
                if len(line) >= size:
                    while not line.endswith(("\n", "\r")) and (line := readline(size)):
                        pass
                line = readline(size)
        except (*DAMAGED, UnicodeError) as error:
            raise InputError(
                f"{self.name} can't be read past line {number}: {error or 'it is damaged'}"
            ) from error

    def read(self, size: int) -> str:
        """Return up to `size` next characters; none at the end.

        Raises
        ------
        InputError
            If the file can't be read to its end.
        """
        try:
            return self._text.read(size)
        except (*DAMAGED, UnicodeError) as error:
            raise InputError(
                f"{self.name} can't be read to its end: {error or 'it is damaged'}"
            ) from error


def sniff_encoding(head: bytes) -> str:
    """Tell the encoding of a text from a byte order mark or its zero bytes."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = head[:8]
    if len(pairs) >= 4:
        # A file begins with names of columns or signs of JSON: every other byte is zero.
        if not any(pairs[1::2]) and all(pairs[::2]):
            return "utf-16-le"
        if not any(pairs[::2]) and all(pairs[1::2]):
            return "utf-16-be"
    return "utf-8"


def decode_head(head: bytes, encoding: str | None) -> str:
    """Decode a file's first bytes as far as that goes, to tell its format.

    Raises
    ------
    InputError
        If the encoding is unknown.
    """
    encoding = encoding or sniff_encoding(head)
    try:
        # io, because `bytes.decode` also takes what is no text encoding, such as hex.
        text = io.TextIOWrapper(io.BytesIO(head), encoding, errors="ignore", newline="").read()
    except LookupError as error:
        raise unknown_encoding(encoding) from error
    except UnicodeError:
        return ""
    return text.removeprefix("\ufeff")


def unknown_encoding(encoding: str) -> InputError:
    """Make the error for an encoding that Python doesn't know."""
    return InputError(
        f'--encoding "{encoding}" is no text encoding that Python knows; '
        "common ones are utf-8, utf-16, cp1252, latin-1, shift_jis"
    )
