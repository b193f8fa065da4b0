"""Text files as lines: decompressed, decoded, bounded, and honest about bad bytes."""

import codecs
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from embedstore.errors import InputError

# Characters that one record may have. It bounds the memory that a broken file can
# take: a file without line ends, or a quotation mark that is never closed.
RECORD_LIMIT = 1 << 20

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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
    r"""A text file, gzipped or not, open for reading its lines once.

    Parameters
    ----------
    path
        A name that ends in ``.gz`` is decompressed.
    encoding
        Default: UTF-8, or UTF-16 where its byte order mark says so.
    newline
        ``""`` ends lines at ``\n``, ``\r\n`` and ``\r``; ``"\n"`` at that only.

    Raises
    ------
    InputError
        If the file can't be opened or the encoding is unknown.
    """

    def __init__(self, path: Path, encoding: str | None, *, newline: str = "") -> None:
        self.path = path
        try:
            self._file = path.open("rb")  # closed in __exit__
        except OSError as error:
            raise InputError(f"{path} can't be opened: {error.strerror}") from error
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            stream: io.BufferedReader | gzip.GzipFile = self._file
            if path.suffix.lower() == ".gz":
                stream = gzip.GzipFile(fileobj=self._file)
            self.encoding = encoding or self._sniff_encoding(stream)
            # mypy knows GzipFile as no TextIOWrapper buffer, but it has all it takes.
            self._text = io.TextIOWrapper(
                stream,  # type: ignore[arg-type, unused-ignore]
                self.encoding,
                errors=_KEEP_BAD_BYTES,
                newline=newline,
            )
        except LookupError as error:
            self._file.close()
            raise InputError(
                f'--encoding "{encoding}" is no text encoding that Python knows; '
                "common ones are utf-8, utf-16, cp1252, latin-1, shift_jis"
            ) from error
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def fraction(self) -> float:
        """The share of the file's bytes that has been read, 0 to 1."""
        return min(1.0, self._file.tell() / self._size) if self._size else 1.0

    def lines(self) -> Iterator[str]:
        """Give the lines with their line ends.

        A line over `RECORD_LIMIT` is given as its first ``RECORD_LIMIT + 1`` characters.
        A byte order mark is left out.

        Raises
        ------
        InputError
            If the file can't be read to its end, such as a download that was cut off.
        """
        size = RECORD_LIMIT + 1
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
        except (OSError, EOFError, zlib.error, UnicodeError) as error:
            raise InputError(
                f"{self.path} can't be read past line {number}: {error or 'it is damaged'}"
            ) from error

    def _sniff_encoding(self, stream: io.BufferedReader | gzip.GzipFile) -> str:
        try:
            head = stream.peek(2)[:2]
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.path} can't be read: {error or 'it is damaged'}") from error
        return "utf-16" if head in _UTF16_MARKS else "utf-8"
