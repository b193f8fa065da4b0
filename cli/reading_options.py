"""Options that say how files of posts are read: the same for every command that reads some."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from embedstore.errors import InputError

if TYPE_CHECKING:
    from embedstore.reading import ReadOptions

_OPTIONS = (
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Where a field is, if its name doesn't tell: a column, a path, or several to try:"
        " --map text=body --map 'likes=stats.likes|hearts'. May be repeated.",
    ),
    click.option(
        "--set",
        "set_values",
        multiple=True,
        metavar="FIELD=VALUE",
        help="A value that all rows get: --set username=acme. May be repeated.",
    ),
    click.option("--sheet", help="Sheet of a workbook.  [default: the one that has posts]"),
    click.option(
        "--no-header", is_flag=True, help="The first row is a post; --columns names the columns."
    ),
    click.option("--columns", metavar="A,B,…", help="Names of the columns, in their order."),
    click.option(
        "--skip-rows", type=click.IntRange(min=0), metavar="N", help="Rows above the header."
    ),
    click.option(
        "--date-format", metavar="FORMAT", help="How times are written: --date-format '%d/%m/%Y'."
    ),
    click.option("--timezone", metavar="ZONE", help="Of times that name none.  [default: UTC]"),
    click.option("--encoding", help="Encoding of text files.  [default: UTF-8]"),
    click.option(
        "--ignore", multiple=True, metavar="COLUMN", help="Leave a column out. May be repeated."
    ),
    click.option(
        "--id",
        "id_from",
        type=click.Choice(["column", "auto"]),
        help="auto: make an id of account, time and text, for files without one."
        "  [default: column]",
    ),
    click.option(
        "--observed-at",
        metavar="TIMESTAMP|file",
        help="When the counts were read; file: at the file's own time. They become rows of"
        " `observations`.",
    ),
    click.option(
        "--mapping",
        "mapping_file",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE.toml",
        help="These options from a file; others on the command line come on top.",
    ),
)


def reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reading; it gets them as one argument, `read`."""

    @wraps(function)
    def with_read(**values: Any) -> Any:
        own = {name: values.pop(name) for name in _NAMES}
        return function(read=_read_options(**own), **values)

    command: Callable[..., Any] = with_read
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_NAMES = (
    "mapping",
    "set_values",
    "sheet",
    "no_header",
    "columns",
    "skip_rows",
    "date_format",
    "timezone",
    "encoding",
    "ignore",
    "id_from",
    "observed_at",
    "mapping_file",
)


def _read_options(
    *,
    mapping: Sequence[str],
    set_values: Sequence[str],
    no_header: bool,
    columns: str | None,
    ignore: Sequence[str],
    id_from: str | None,
    mapping_file: str | None,
    **others: Any,
) -> "ReadOptions":
    """Put the file's options and those of the command line together.

    Raises
    ------
    InputError
        An option has a form that it can't have.
    """
    from embedstore.reading import ReadOptions, parse_mapping

    base = ReadOptions() if mapping_file is None else ReadOptions.from_toml(mapping_file)
    said: dict[str, Any] = {name: value for name, value in others.items() if value is not None}
    if id_from is not None:
        said["id"] = id_from
    if no_header:
        said["header"] = False
    if columns is not None:
        said["columns"] = tuple(name.strip() for name in columns.split(","))
    if ignore:
        said["ignore"] = (*base.ignore, *ignore)
    said["mapping"] = {**base.mapping, **parse_mapping(mapping)}
    said["set"] = {**base.set, **_values(set_values)}
    return replace(base, **said)


def _values(items: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f'--set "{item}" is not of the form FIELD=VALUE, for example username=acme'
            )
        values[name.strip()] = value
    return values
