"""Tables in memory and in a DuckDB database to rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from embedstore.errors import InputError
from embedstore.reading.formats.arrow import rows_of
from embedstore.reading.formats.compression import no_file
from embedstore.reading.formats.header import column_names
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable
from embedstore.reading.synonyms import score
from embedstore.reading.values import plain_text

_ROWS = 1_024  # rows at once


@contextmanager
def open_arrow(table: object) -> Iterator[Table]:
    """Open a table in memory: of pandas, polars or Arrow, or a relation of DuckDB.

    Raises
    ------
    InputError
        If it is no table.
    """
    name = f"the {type(table).__name__}"
    if hasattr(table, "collect") and not hasattr(table, "__arrow_c_stream__"):
        table = table.collect()  # polars, lazy
    try:
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        rows = len(table) if hasattr(table, "__len__") else 0
        reader = _reader(table)
    except (pa.ArrowException, TypeError, ValueError, duckdb.Error) as error:
        raise InputError(f"{name} can't be read as a table of posts: {error}") from error
    yield _table(name, "table", reader, rows)


@contextmanager
def open_database(path: Path, table: str | None, *, name: str | None = None) -> Iterator[Table]:
    """Open a table or view of a DuckDB database.

    Parameters
    ----------
    path
        The database.
    table
        Its name, ``SCHEMA.TABLE`` outside of the main schema. Default: the one that has the
        most columns that are known.
    name
        The file, for messages.

    Raises
    ------
    InputError
        If it is no database, is open for writing elsewhere, or has no such table.
    """
    name = name or str(path)
    if not path.is_file():
        raise no_file(path)
    try:
        connection = duckdb.connect(
            str(path.absolute()),
            read_only=True,
            # A view may be a query of any kind.
            config={"enable_external_access": "false", "memory_limit": "512MB"},
        )
    except duckdb.Error as error:
        raise InputError(f"{name} can't be opened as a DuckDB database: {error}") from error
    with connection:
        try:
            schema, chosen = _choose_table(connection, name, table)
            relation = f"{_quoted(schema)}.{_quoted(chosen)}"
            rows = connection.sql(f"FROM {relation}")
            total = len(rows)
            reader = rows.to_arrow_reader(_ROWS)
        except duckdb.Error as error:
            raise InputError(f"{name} can't be read: {error}") from error
        yield _table(f"{name}, table {chosen}", "DuckDB table", reader, total)


def _choose_table(
    connection: duckdb.DuckDBPyConnection, name: str, wanted: str | None
) -> tuple[str, str]:
    """Return schema and name of the table to read."""
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal "
        "AND database_name = current_database() ORDER BY ALL"
    ).fetchall():
        found.setdefault((schema, table), []).append(column)
    names = {
        (schema, table): table if schema == "main" else f"{schema}.{table}"
        for schema, table in found
    }
    if not found:
        raise EmptyError(f"{name} is empty: it has no table")
    if wanted is None:
        return max(found, key=lambda key: score(found[key]))
    for (schema, table), known in names.items():
        if wanted in (known, f"{schema}.{table}"):
            return schema, table
    raise InputError(f'{name} has no table "{wanted}". It has: {", ".join(names.values())}')


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reader(table: Any) -> pa.RecordBatchReader:
    if type(table).__module__.partition(".")[0] == "pandas":
        return _pandas_reader(table)
    if isinstance(table, duckdb.DuckDBPyRelation):
        return table.to_arrow_reader(_ROWS)
    if not hasattr(table, "__arrow_c_stream__"):
        raise TypeError("expected a table of pandas, polars or Arrow, or a relation of DuckDB")
    return pa.RecordBatchReader.from_stream(table)


def _pandas_reader(frame: Any) -> pa.RecordBatchReader:
    """Read a data frame of pandas; of a column that mixes types every cell becomes text."""
    import pandas as pd

    # An index with a name is a column, one without it numbers the rows.
    frame = frame.reset_index(drop=all(name is None for name in frame.index.names))
    for position, kind in enumerate(frame.dtypes):
        if kind == "object":
            cells = [
                None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell
                for cell in frame.iloc[:, position]
            ]
            try:
                pa.array(cells)
            except (pa.ArrowException, OverflowError):
                texts = [None if cell is None else plain_text(cell) for cell in cells]
                frame.isetitem(position, texts)
    return pa.RecordBatchReader.from_stream(frame)


def _table(name: str, form: str, reader: pa.RecordBatchReader, total: int) -> Table:
    columns = column_names(reader.schema.names, name)
    read = 0

    def rows() -> Iterator[Row | Unreadable]:
        nonlocal read
        try:
            for whole in reader:
                for start in range(0, whole.num_rows, _ROWS):
                    batch = whole.slice(start, _ROWS)
                    yield from rows_of(batch, columns, read + 1)
                    read += batch.num_rows
        except (pa.ArrowException, duckdb.Error, OSError) as error:
            raise InputError(f"{name} can't be read past row {read}: {error}") from error

    def fraction() -> float:
        return min(1.0, read / total) if total else 1.0

    return Table(name, form, columns, rows(), fraction)
