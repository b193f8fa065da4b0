"""Sizes of a Parquet file's pages, read before anything is decompressed.

The footer says how large a column is in all. How much memory one page takes, or a dictionary
that thousands of rows share, only the page's own header says: a Thrift structure in the compact
protocol (https://parquet.apache.org/docs/file-format/data-pages/).
"""

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

_DICTIONARY = 2  # PageType.DICTIONARY_PAGE
_HEADER = 1 << 12
_LARGEST_HEADER = 1 << 22
_DEPTH = 16

# Types of the compact protocol.
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12


# DuckDB reads the footer, because PyArrow ends the process over statistics that are damaged.
_CHUNKS = """
SELECT row_group_id, column_id, type, encodings, coalesce(dictionary_page_offset, 0),
    coalesce(data_page_offset, 0), coalesce(total_compressed_size, 0)
FROM parquet_metadata(?)
ORDER BY row_group_id, column_id
"""


@dataclass(frozen=True)
class Chunk:
    """Where one column of one row group is.

    Attributes
    ----------
    column
        Position of the column in the schema.
    kind
        Its physical type, such as ``BYTE_ARRAY``.
    encodings
        How its pages are encoded.
    start, end
        Its bytes in the file.
    """

    column: int
    kind: str
    encodings: str
    start: int
    end: int


@dataclass
class ChunkPages:
    """Sizes of the pages of one column in one row group, decompressed, in bytes.

    Attributes
    ----------
    largest
        The largest page.
    dictionary
        The dictionary.
    value
        The most that a value has on average in a page outside of the dictionary.
    values
        The most values in a page.
    """

    largest: int = 0
    dictionary: int = 0
    value: int = 0
    values: int = 0


def column_chunks(path: Path) -> dict[int, list[Chunk]]:
    """Return the column chunks of each row group of a file.

    Raises
    ------
    ValueError
        If the footer is damaged.
    """
    groups: dict[int, list[Chunk]] = {}
    try:
        # Starting DuckDB fails too where little memory is left.
        with duckdb.connect() as connection:
            found = connection.execute(_CHUNKS, [glob.escape(str(path))]).fetchall()
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    for group, column, kind, encodings, dictionary, data, size in found:
        start = dictionary if 0 < dictionary < data else data
        chunk = Chunk(column, str(kind), str(encodings), start, start + size)
        groups.setdefault(group, []).append(chunk)
    return groups


def chunk_pages(file: BinaryIO, chunk: Chunk) -> ChunkPages:
    """Read the page headers of a column chunk.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    found = ChunkPages()
    position = chunk.start
    while 0 <= position < chunk.end:
        header, length = _page_header(file, position)
        size, compressed = header.get((2,), 0), header.get((3,), 0)
        values = max(header.get((5, 1), 0), header.get((8, 1), 0))
        if min(size, compressed, values) < 0:
            raise ValueError("a page has a negative size")
        found.largest = max(found.largest, size)
        if header.get((1,)) == _DICTIONARY:
            found.dictionary = max(found.dictionary, size)
        else:
            found.value = max(found.value, size // max(values, 1) + 1)
            found.values = max(found.values, values)
        position += length + compressed
    return found


def _page_header(file: BinaryIO, position: int) -> tuple[dict[tuple[int, ...], int], int]:
    """Return the numbers of a page header by their path of field ids, and its length."""
    size = _HEADER
    while True:
        file.seek(position)
        data = file.read(size)
        try:
            reader = _Compact(data)
            numbers: dict[tuple[int, ...], int] = {}
            reader.struct((), numbers)
        except IndexError:
            if len(data) < size or size >= _LARGEST_HEADER:
                raise ValueError("a page header is cut off") from None
            size *= 16
        else:
            return numbers, reader.position


class _Compact:
    """Reader of Thrift's compact protocol; past the end of its data it raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def struct(self, path: tuple[int, ...], numbers: dict[tuple[int, ...], int]) -> None:
        if len(path) > _DEPTH:
            raise ValueError("a page header is nested too deeply")
        field = 0
        while head := self._byte():
            delta, kind = head >> 4, head & 15
            field = field + delta if delta else self._number()
            self._value(kind, (*path, field), numbers)

    def _value(self, kind: int, path: tuple[int, ...], numbers: dict[tuple[int, ...], int]) -> None:
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self._skip(1)
        elif kind < _DOUBLE:
            numbers[path] = self._number()
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _BINARY:
            self._skip(self._varint())
        elif kind == _STRUCT:
            self.struct(path, numbers)
        else:  # no list, set or map is in a page header
            raise ValueError("a page header is damaged")

    def _byte(self) -> int:
        byte = self._data[self.position]
        self.position += 1
        return byte

    def _skip(self, count: int) -> None:
        self.position += count
        if self.position > len(self._data):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a page header is damaged")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
