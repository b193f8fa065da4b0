"""Parquet to rows, in bounded memory whatever the file's pages expand to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from embedstore.errors import InputError
from embedstore.reading.formats.arrow import rows_of
from embedstore.reading.formats.compression import Source
from embedstore.reading.formats.header import column_names
from embedstore.reading.formats.parquet_pages import Chunk, chunk_pages, column_chunks
from embedstore.reading.rows import Row, Table, Unreadable

_ROWS = 4_096  # rows at once, where they are small
_BATCH = 1 << 26  # bytes that the rows read at once may have
_PAGE = 1 << 27  # bytes that a page may have
_PAGES = 1 << 29  # bytes that one page of each column may have together
_NESTED_VALUES = 1 << 22  # values that a page of a nested column may have
_SHARED = 1 << 14  # bytes from which on the values of a dictionary are kept shared
_BUFFER = 1 << 20

# What PyArrow raises for a damaged file; ValueError for names that are no UTF-8.
_DAMAGED = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True)
class _Plan:
    """How to read a row group.

    Attributes
    ----------
    rows
        Rows at once.
    shared
        Columns whose dictionaries are kept.
    problem
        Why it can't be read; empty if it can.
    """

    rows: int
    shared: tuple[str, ...]
    problem: str = ""


@contextmanager
def open_parquet(path: Path, source: Source) -> Iterator[Table]:
    """Open a Parquet file; rows are numbered from 1.

    A row group with pages so large that a cell of it must be too long is left out as a whole,
    before it is decompressed.

    Raises
    ------
    InputError
        If it is damaged or has too many columns.
    """
    name = source.name
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
        chunks = column_chunks(path)
    except _DAMAGED as error:
        raise InputError(f"{name} is not a Parquet file that can be read: {error}") from error
    columns = column_names(schema.names, name)
    total = metadata.num_rows
    read = 0

    def rows() -> Iterator[Row | Unreadable]:
        nonlocal read
        try:
            for group in range(metadata.num_row_groups):
                count = metadata.row_group(group).num_rows
                if len(chunks.get(group, ())) != metadata.num_columns:
                    raise ValueError("a row group lacks columns")
                plan = _plan(path, metadata.schema, chunks[group])
                if plan.problem:
                    span = f"rows {read + 1:,} to {read + count:,}: " if count > 1 else ""
                    yield Unreadable(read + 1, span + plan.problem, "")
                    read += count
                    continue
                # Buffering ahead would bring the whole row group into memory.
                with pq.ParquetFile(
                    path,
                    metadata=metadata,
                    read_dictionary=plan.shared,
                    buffer_size=_BUFFER,
                    pre_buffer=False,
                ) as file:
                    for batch in file.iter_batches(plan.rows, row_groups=[group]):
                        yield from rows_of(batch, columns, read + 1)
                        read += batch.num_rows
        except _DAMAGED as error:
            raise InputError(f"{name} can't be read past row {read}: {error}") from error

    form = f"{source.compression}Parquet"
    yield Table(name, form, columns, rows(), lambda: min(1.0, read / total) if total else 1.0)


def _plan(path: Path, schema: pq.ParquetSchema, chunks: Sequence[Chunk]) -> _Plan:
    """Decide how to read a row group from the sizes of its pages."""
    shared = []
    pages_in_all = row = 0
    with path.open("rb") as file:
        for chunk in chunks:
            column = schema.column(chunk.column)
            pages = chunk_pages(file, chunk)
            if pages.largest > _PAGE:
                return _Plan(0, (), _too_large(f'the column "{column.path}"', pages.largest))
            if column.max_repetition_level > 0 and pages.values > _NESTED_VALUES:
                reason = f'a page of the column "{column.path}" has {pages.values:,} values'
                return _Plan(0, (), reason)
            pages_in_all += pages.largest
            dictionary = pages.dictionary
            if dictionary > _SHARED and chunk.kind == "BYTE_ARRAY" and "." not in column.path:
                shared.append(column.path)
                dictionary = 0
            if "DELTA_BYTE_ARRAY" in chunk.encodings:
                row += pages.largest  # each value may repeat all of the one before
            else:
                row += max(pages.value, dictionary)
    if pages_in_all > _PAGES:
        return _Plan(0, (), _too_large("all columns together", pages_in_all))
    return _Plan(max(1, min(_ROWS, _BATCH // max(row, 1))), tuple(shared))


def _too_large(what: str, size: int) -> str:
    return (
        f"a page of {what} has {size >> 20:,} MiB: write the file with smaller pages, "
        "or leave out its longest cells"
    )
