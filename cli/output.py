"""Printing rows the same way everywhere: as a table, JSON, JSON lines or CSV."""

import csv
import io
import json
import sys
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


def format_option(function: Function) -> Function:
    """Give a command `--format`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print rows.",
    )(function)


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
    rows = table.to_pylist()
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_plain))
    elif form == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False, default=_plain))
    elif form == "csv":
        _print_csv(table.column_names, [list(row.values()) for row in rows])
    else:
        _print_table(table.column_names, [list(row.values()) for row in rows], title)


def _print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    for start in range(0, len(rows) or 1, _ROWS_AT_ONCE):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if start == 0:
            writer.writerow(columns)
        for row in rows[start : start + _ROWS_AT_ONCE]:
            writer.writerow(["" if value is None else _plain_cell(value) for value in row])
        # Through click, which writes UTF-8 also where Python believes in ASCII; `color` keeps
        # escape sequences, which it would drop outside a terminal.
        click.echo(text.getvalue(), nl=False, color=True)


def print_json(value: Any) -> None:
    """Print one JSON value to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


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


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _plain_cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return value
