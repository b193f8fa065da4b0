"""Printing rows the same way everywhere: as a table, JSON, JSON lines or CSV."""

import csv
import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from embedstore.cli.terminal import visible

from embedstore.files import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

Function = TypeVar("Function", bound=Callable[..., Any])

_ROWS_AT_ONCE = 10_000
"""Rows of CSV that are written at once."""

FORMATS = ("table", "json", "jsonl", "csv")

SAFE_CSV = "csv, safe"
"""What `--format csv --safe` becomes: CSV whose cells a spreadsheet shows and never computes."""

TABLE_ROWS = 100_000
"""Most rows of a table unless asked otherwise: its columns' widths need all rows in memory."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First characters of a cell that spreadsheets take for a formula (OWASP, CSV Injection)."""


def format_option(function: Function) -> Function:
    """Give a command `--format` and `--safe`; both end in its parameter `form`."""
    function = click.option(
        "--safe",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_remember_safe,
        help="With --format csv: put ' before cells that a spreadsheet would take for formulas.",
    )(function)
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        callback=_join_safe,
        help="How to print rows.",
    )(function)


def _remember_safe(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta["safe"] = value


def _join_safe(context: click.Context, _option: click.Parameter, form: str) -> str:
    if not context.meta["safe"]:
        return form
    if form != "csv":
        raise click.UsageError("--safe goes with --format csv")
    return SAFE_CSV


def report_format_option(function: Function) -> Function:
    """Give a command that prints a report of several parts `--format`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="How to print the report.",
    )(function)


def print_rows(table: "pa.Table", form: str, *, title: str | None = None) -> None:
    """Print an Arrow table to stdout.

    Parameters
    ----------
    table : pyarrow.Table
        What to print.
    form : {"table", "json", "jsonl", "csv"}
        How; only a table shortens long texts and vectors.
    title : str, optional
        Heading of a table; the other formats don't show it.
    """
    print_batches(table.column_names, table.to_batches(_ROWS_AT_ONCE), form, title=title)


def print_batches(
    columns: Sequence[str],
    batches: "Iterable[pa.RecordBatch]",
    form: str,
    *,
    title: str | None = None,
) -> None:
    """Print batches of rows to stdout, each when it comes; a table when it has them all."""
    if form == "json":
        _print_json(columns, batches)
    elif form == "jsonl":
        for batch in batches:
            lines = [_json(row) + "\n" for row in _dicts(columns, batch)]
            _echo("".join(lines))
    elif form in ("csv", SAFE_CSV):
        _print_csv(columns, batches, safe=form == SAFE_CSV)
    else:
        _print_table(columns, (row for batch in batches for row in _rows(batch)), title)


def _rows(batch: "pa.RecordBatch") -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _dicts(columns: Sequence[str], batch: "pa.RecordBatch") -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in _rows(batch)]


def _json(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=plain)


def _echo(text: str) -> None:
    # Through click, which writes UTF-8 also where Python believes in ASCII; `color` keeps
    # escape sequences, which it would drop outside a terminal.
    click.echo(text, nl=False, color=True)


def _print_json(columns: Sequence[str], batches: "Iterable[pa.RecordBatch]") -> None:
    before = "[\n"
    for batch in batches:
        for row in _dicts(columns, batch):
            _echo(before + textwrap.indent(_json(row, indent=2), "  "))
            before = ",\n"
    _echo("[]\n" if before == "[\n" else "\n]\n")


def _print_csv(
    columns: Sequence[str], batches: "Iterable[pa.RecordBatch]", *, safe: bool = False
) -> None:
    lines = _Lines()
    writer = csv.writer(lines)
    writer.writerow([harmless(name) if safe else name for name in columns])
    for batch in batches:
        for row in _rows(batch):
            cells = ["" if value is None else cell_text(value) for value in row]
            writer.writerow([harmless(cell) for cell in cells] if safe else cells)
        _echo(lines.take())
    _echo(lines.take())


class _Lines:
    """Takes rows of a CSV writer and ends them in a line feed alone.

    The writer quotes a carriage return inside a cell only where its lines end in one too.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        self._lines.append(line.removesuffix("\r\n") + "\n")

    def take(self) -> str:
        text = "".join(self._lines)
        self._lines.clear()
        return text


def harmless(cell: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would compute; numbers stay."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def print_json(value: Any) -> None:
    """Print one JSON value to stdout."""
    _echo(_json(value, indent=2) + "\n")


def write_text(file: Path, text: str) -> None:
    """Write a file whole: nobody sees half of it."""
    with whole_file(file) as beside:
        beside.write_text(text, encoding="utf-8")


def print_records(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> None:
    """Print rows that have the same names as a table; nothing if there are none."""
    if rows:
        _print_table(list(rows[0]), [list(row.values()) for row in rows], title)


def print_pairs(pairs: Mapping[str, Any], *, title: str | None = None) -> None:
    """Print names beside values as a table."""
    _print_table(None, [[name, value] for name, value in pairs.items()], title)


def _print_table(
    columns: Sequence[str] | None, rows: Iterable[Sequence[Any]], title: str | None
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(
        title=None if title is None else Text(visible(title, keep="\n")),
        title_justify="left",
        title_style="bold",
        show_header=columns is not None,
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    rows = [list(row) for row in rows]
    for index, name in enumerate(columns or ("", "")):
        values = [row[index] for row in rows if row[index] is not None]
        numeric = bool(values) and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in values
        )
        header = Text(visible(str(name)))
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(human(value)) for value in row))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    # Columns are filled up with blanks, which is of use on a terminal only.
    console.file.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())


def human(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list) and len(value) > 4 and all(isinstance(x, float) for x in value):
        head = ", ".join(f"{x:.3f}" for x in value[:3])
        return f"[{head}, … {len(value)} numbers]"
    text = visible(str(value).replace("\r", " ").replace("\n", " "))
    return text if len(text) <= 160 else text[:159] + "…"


def size(count: int) -> str:
    """Bytes in a unit that can be read: ``1.4 MB``."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def plain(value: Any) -> Any:
    """A value that JSON has no type for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def cell_text(value: Any) -> Any:
    """A value as a cell of CSV: lists as JSON, times with a space."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=plain)
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return value
