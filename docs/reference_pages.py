"""Pages of the reference that are written while the site is built, so that they can't go stale.

MkDocs runs this file as a hook: the commands come from click, the SQL schema from a new
database, with the comments of `sql/migrations/` and `sql/views.sql`.
"""

import inspect
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import duckdb
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore
from embedstore.cli.running import EPILOG
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from embedstore import sql
from embedstore.storage import database

INTRODUCTION = Path(__file__).parent / "reference" / "sql-introduction.txt"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the site."""
    files.append(File.generated(config, "reference/commands.md", content=commands_page()))
    files.append(File.generated(config, "reference/sql.md", content=schema_page()))
    return files


def commands_page() -> str:
    """The page of all commands, in Markdown: a table of them, then each with its options."""
    lines = ["# Commands", "", *_OF_ALL_COMMANDS, "", *command_table(), ""]
    for path, command in commands():
        lines += [f"## {path}", "", *_help(command), "", *_usage(path, command), ""]
    return "\n".join(lines)


_OF_ALL_COMMANDS = (
    "Every command that prints rows takes `--format table|json|jsonl|csv`. The environment",
    "variable `EMBEDSTORE` stands for `STORE` where that is left out. Progress goes to stderr.",
    "",
    "```text",
    *EPILOG.replace("\b\n", "").splitlines(),
    "```",
)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of both programs with its full name, in order."""
    for program in (embedstore, heads):
        yield from _commands(program, program.name or "")


def _commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        path = f"{prefix} {name}"
        if isinstance(command, click.Group):
            yield from _commands(command, path)
        else:
            yield path, command


def command_table() -> list[str]:
    """Lines of the table of commands: each with its arguments and the first line of its help."""
    rows = ["| command | what it does |", "|---|---|"]
    for path, command in commands():
        what = " ".join(inspect.cleandoc(command.help or "").partition("\n\n")[0].split())
        rows.append(f"| `{' '.join([path, *_arguments(command)])}` | {what} |")
    return rows


def _arguments(command: click.Command) -> list[str]:
    context = click.Context(command)
    return [
        param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)
    ]


def _help(command: click.Command) -> Iterator[str]:
    """Paragraphs of a command's help; those that click prints as they are become code."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield from ("```text", paragraph.removeprefix("\b\n"), "```", "")
        else:
            yield from (paragraph, "")


def _usage(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    yield from ("```text", " ".join([path, "[OPTIONS]", *_arguments(command)]), "```", "")
    yield from ("| option | what it does |", "|---|---|")
    for param in command.params:
        if isinstance(param, click.Option) and (record := param.get_help_record(context)):
            option, what = (part.replace("|", "\\|") for part in record)
            yield f"| `{option}` | {what} |"


@dataclass
class Described:
    """Comments on one table, view or macro in the SQL files.

    Attributes
    ----------
    about : str
        The comment above the statement.
    columns : dict
        The comment beside each column.
    """

    about: str = ""
    columns: dict[str, str] = field(default_factory=dict)


_CREATES = re.compile(r"CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MACRO) (\w+)")
_COLUMN = re.compile(r"    (?P<column>\w+) [A-Z][^-]*?,?\s*(?:-- (?P<comment>.*))?$")
_ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) [^-]*(?:-- (?P<comment>.*))?$")
_COMMENT = re.compile(r"\s*-- ?(?P<comment>.*)$")


def described(text: str) -> dict[str, Described]:
    """Read the comments of an SQL file, by the name of what they describe."""
    found: dict[str, Described] = {}
    above: list[str] = []
    inside: Described | None = None
    column = ""
    for line in text.splitlines():
        comment = _COMMENT.match(line)
        if creates := _CREATES.match(line):
            inside, column = found.setdefault(creates[1], Described(" ".join(above))), ""
        elif added := _ADDED.match(line):
            one = found.setdefault(added[1], Described())
            one.columns[added[2]] = added["comment"] or ""
        elif inside is not None and comment and column:
            inside.columns[column] += f" {comment['comment'].strip()}"
        elif inside is not None and (is_column := _COLUMN.match(line)):
            column = is_column["column"]
            inside.columns[column] = is_column["comment"] or ""
        if line.endswith(";"):
            inside = None
        above = [*above, comment["comment"]] if comment and inside is None else []
    return found


def schema_page() -> str:
    """The page of the SQL interface, in Markdown: tables, views and macros of a new store."""
    comments: dict[str, Described] = {}
    for text in (*(text for _, text in sql.migrations()), sql.read("views")):
        for name, one in described(text).items():
            comments.setdefault(name, one).columns.update(one.columns)
    lines = [INTRODUCTION.read_text(encoding="utf-8")]
    with tempfile.TemporaryDirectory() as folder, _new_store(Path(folder)) as connection:
        for kind, query in (("Tables", _TABLES), ("Views", _VIEWS)):
            lines += [f"## {kind}", ""]
            for name in _in_order(connection.execute(query).fetchall(), comments):
                one = comments.get(name, Described())
                lines += [f"### {name}", "", one.about, "", *_columns(connection, name, one)]
        macros = dict(connection.execute(_MACROS).fetchall())
    lines += ["## Macros", "", "| macro | what it gives |", "|---|---|"]
    for name in _in_order([(name,) for name in macros], comments):
        about = comments.get(name, Described()).about
        lines.append(f"| `{name}({', '.join(macros[name])})` | {about} |")
    return "\n".join([*lines, ""])


def _in_order(rows: list[tuple[str]], comments: dict[str, Described]) -> list[str]:
    """Names as the SQL files have them."""
    order = {name: place for place, name in enumerate(comments)}
    return sorted((name for (name,) in rows), key=lambda name: order.get(name, len(order)))


_TABLES = "SELECT table_name FROM duckdb_tables()"
_VIEWS = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
_MACROS = "SELECT function_name, parameters FROM duckdb_functions() WHERE NOT internal"
_OF_TABLE = (
    "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = ?"
    " ORDER BY column_index"
)


def _new_store(folder: Path) -> duckdb.DuckDBPyConnection:
    store = folder / "new.store"
    database.create(store)
    return database.connect(store)


def _columns(
    connection: duckdb.DuckDBPyConnection, table: str, comments: Described
) -> Iterator[str]:
    yield from ("| column | type | may be NULL | |", "|---|---|---|---|")
    for column, kind, nullable in connection.execute(_OF_TABLE, [table]).fetchall():
        comment = comments.columns.get(column, "").replace("|", "\\|")
        yield f"| `{column}` | {kind} | {'yes' if nullable else ''} | {comment} |"
    yield ""
