"""Files opened as tables, for tests of formats."""

from pathlib import Path
from typing import Any

from embedstore.reading.formats import open_table
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import Row, Unreadable

Rows = list[Row | Unreadable]


def write(path: Path, content: str | bytes | bytearray) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(source: object, **options: Any) -> Rows:
    with open_table(source, ReadOptions(**options)) as table:
        rows = list(table.rows)
        assert table.fraction() == 1.0
        return rows


def cells(rows: Rows) -> list[list[object]]:
    return [list(row.cells.values()) for row in rows if isinstance(row, Row)]


def problems(rows: Rows) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, Unreadable)]
