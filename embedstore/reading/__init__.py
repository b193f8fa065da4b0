"""Files of posts to Arrow batches, with every row that can't be used and why.

Formats are told apart by the file's name (:mod:`embedstore.reading.formats`), columns by
theirs (:mod:`embedstore.reading.columns`), and cells become values in
:mod:`embedstore.reading.values`. Rows stream: apart from a workbook, which is read as a whole,
memory doesn't grow with the file.
"""

import glob
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedstore.errors import InputError
from embedstore.reading.columns import parse_mapping, recognise
from embedstore.reading.formats import open_table
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import Row, Unreadable
from embedstore.reading.schema import BATCH_SCHEMA, COUNTS, Batch, FieldProblem, Reading, Rejected
from embedstore.reading.values import (
    is_missing,
    to_count,
    to_id,
    to_json,
    to_label,
    to_media,
    to_text,
    to_time,
    without_surrogates,
)

__all__ = [
    "BATCH_SCHEMA",
    "Batch",
    "FieldProblem",
    "ReadOptions",
    "Reading",
    "Rejected",
    "describe_columns",
    "expand_inputs",
    "parse_mapping",
    "read_posts",
    "source_of",
]

# A batch ends early when its rows are this large together, so that a file of huge
# records doesn't take huge memory.
_BATCH_CHARACTERS = 1 << 25

_Parser = Callable[[object], object]
_PARSERS: dict[str, _Parser] = {
    "id": to_id,
    "username": to_label,
    "company": to_label,
    "created_at": to_time,
    "text": to_text,
    "media_raw": to_media,
} | dict.fromkeys(COUNTS, to_count)


# A post without values, in the order of the schema.
_NOTHING: dict[str, Any] = dict.fromkeys(BATCH_SCHEMA.names[1:-3])


def expand_inputs(patterns: Sequence[str | Path]) -> list[Path]:
    """List the files that names and patterns stand for.

    Parameters
    ----------
    patterns
        Files, or patterns with ``*``, ``?``, ``[…]`` and ``**`` for any depth. A file
        that exists is taken as it is, whatever characters its name has.

    Returns
    -------
    list of Path
        In the order given (a pattern's files sorted), each file once.

    Raises
    ------
    InputError
        If a name is a directory, or nothing is found under it.
    """
    files: dict[Path, Path] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_dir():
            raise InputError(f"{path} is a directory: name its files, for example {path / '*.csv'}")
        if path.exists():
            found = [path]
        else:
            # Path.glob takes no absolute patterns.
            matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
            found = [match for match in map(Path, matches) if match.is_file()]
        if not found:
            raise InputError(f"no file matches {pattern}")
        for file in found:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def source_of(path: Path) -> str:
    """Name the source a file stands for: ``data/train.csv.gz`` gives ``train``."""
    name = path.name
    if path.suffix.lower() == ".gz":
        name = path.stem
    return _printable(Path(name).stem)


def describe_columns(
    path: Path, *, mapping: Mapping[str, str] | None = None, encoding: str | None = None
) -> dict[str, str]:
    """Tell which column of a file holds which field.

    Raises
    ------
    InputError
        As :func:`read_posts`, on opening the file.
    """
    with open_table(Path(path), encoding) as table:
        return recognise(table.columns, mapping, name=table.name)


def read_posts(
    path: Path,
    *,
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    encoding: str | None = None,
    batch_rows: int = 20_000,
) -> Generator[Batch, None, None]:
    """Read a file of posts: CSV, TSV or JSON lines (also gzipped), XLSX or Parquet.

    Parameters
    ----------
    path
        The file.
    source
        First half of the posts' key. Default: :func:`source_of` the file.
    mapping
        Field to column, where the column's name doesn't tell.
    encoding
        Of a text file. Default: UTF-8, or UTF-16 with a byte order mark.
    batch_rows
        Rows a batch, used and rejected ones together.

    Yields
    ------
    Batch
        In the file's order. A file without a row below its header gives none.

    Raises
    ------
    ColumnsError
        If the text or the id column can't be recognised, or a mapped one is missing.
    InputError
        If the file is missing, empty, damaged or in no known format.
    """
    path = Path(path)
    source = source_of(path) if source is None else source
    file = _printable(str(path))
    with open_table(path, encoding) as table:
        fields = recognise(table.columns, mapping, name=table.name)
        plan = [(field, column, _PARSERS[field]) for field, column in fields.items()]
        posts: list[tuple[object, ...]] = []
        rejected: list[Rejected] = []
        size = 0
        for row in table.rows:
            size += len(row.raw)
            if isinstance(row, Unreadable):
                rejected.append(Rejected(source, file, row.line, row.reason, row.raw))
            else:
                try:
                    posts.append(_to_post(row, source=source, plan=plan))
                except InputError as error:
                    rejected.append(Rejected(source, file, row.line, str(error), row.raw))
            if len(posts) + len(rejected) >= batch_rows or size >= _BATCH_CHARACTERS:
                yield Batch(_record_batch(posts), rejected, table.fraction())
                posts, rejected, size = [], [], 0
        if posts or rejected:
            yield Batch(_record_batch(posts), rejected, 1.0)


def _to_post(
    row: Row, *, source: str, plan: Sequence[tuple[str, str, _Parser]]
) -> tuple[object, ...]:
    """Return a row's values in the order of `BATCH_SCHEMA`.

    Parameters
    ----------
    row
        The row; its cells are used up.
    source
        The first value.
    plan
        Field, column and parser of the fields that the file has.

    Raises
    ------
    InputError
        If the row can't be used; its message is the reason.
    """
    post = _NOTHING.copy()
    rest = row.cells  # what no field takes stays in it
    for field, column, parse in plan:
        value = rest.pop(column, None)
        if not value and value in (None, ""):
            continue
        if isinstance(value, dict) and field == "username":
            # Twitter's own JSON nests the account; the rest of it is worth keeping.
            rest[column] = value
            value = value.get("screen_name") or value.get("username")
        try:
            post[field] = parse(value)
        except InputError as error:
            raise InputError(f"{field}: {error}") from error
    text = post["text"]
    if post["id"] is None:
        raise InputError("no id")
    if text is None and post["media_raw"] is None:
        raise InputError("neither text nor media")
    extra = None
    if rest:
        rest = {name: value for name, value in rest.items() if not is_missing(value)}
        extra = to_json(rest) if rest else None
    return (source, *post.values(), extra, row.line, row.raw)


def _record_batch(posts: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    columns = zip(*posts, strict=True) if posts else ([] for _ in BATCH_SCHEMA)
    arrays = [
        pa.array(values, type=field.type)
        for values, field in zip(columns, BATCH_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=BATCH_SCHEMA)


def _printable(name: str) -> str:
    """Make a file's name valid Unicode, which a name on Linux need not be."""
    return str(without_surrogates(name))
