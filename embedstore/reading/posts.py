"""Files of posts to batches, and how a file would be read."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedstore.errors import InputError
from embedstore.reading.columns import recognise
from embedstore.reading.fields.counts import CountReader
from embedstore.reading.fields.ids import RoundedIds
from embedstore.reading.fields.times import TimeReader
from embedstore.reading.formats import can_reopen, open_table
from embedstore.reading.inputs import printable, source_of
from embedstore.reading.options import ReadOptions
from embedstore.reading.paths import Cells
from embedstore.reading.platforms.x_archive import account_name
from embedstore.reading.post_reader import NUMBERS, PARSERS, TIMES, PostReader
from embedstore.reading.rows import Row, Table, Unreadable
from embedstore.reading.schema import Batch, Reading

# So much of a file tells what its columns are.
_LOOKAHEAD_ROWS = 2_000
_LOOKAHEAD_CHARACTERS = 1 << 23
_SAMPLE_ROWS = 5

# A batch ends early when its rows are this large together, so that a file of huge
# records doesn't take huge memory.
_BATCH_CHARACTERS = 1 << 25

# So many rows are Python objects at once, which take ten times the memory of Arrow's.
_PART_ROWS = 4_000


class OpenPosts:
    """A file of posts that is open: how it is read, and its posts, once.

    Attributes
    ----------
    reading
        How the file is understood; `Reading.sample` is empty.
    """

    def __init__(
        self,
        reading: Reading,
        reader: PostReader,
        rows: Iterator[Row | Unreadable],
        fraction: Callable[[], float],
    ) -> None:
        self.reading = reading
        self._reader = reader
        self._rows = rows
        self._fraction = fraction
        self._kept: list[Batch] = []

    def ahead(self, rows: int) -> Batch | None:
        """Read up to `rows` further rows, which `batches` will give as well; None at the end."""
        batch = self._part(rows, _BATCH_CHARACTERS)
        if batch is not None:
            self._kept.append(batch)
        return batch

    def batches(self, rows: int) -> Iterator[Batch]:
        """Give the posts in batches of at most `rows` rows, used and rejected ones together.

        Rows that were read ahead come first; they may make the first batch larger.
        """
        parts, self._kept = self._kept, []
        count, size = sum(map(_rows_of, parts)), sum(map(_characters_of, parts))
        while True:
            while count < rows and size < _BATCH_CHARACTERS:
                left = min(rows - count, _PART_ROWS)
                part = self._part(left, _BATCH_CHARACTERS - size)
                if part is None:
                    if parts:
                        yield _joined(parts, fraction=1.0)
                    return
                parts.append(part)
                count, size = count + _rows_of(part), size + _characters_of(part)
            yield _joined(parts)
            parts, count, size = [], 0, 0

    def _part(self, rows: int, characters: int) -> Batch | None:
        """Read up to `rows` rows, fewer if they are long."""
        part: list[Row | Unreadable] = []
        size = 0
        for row in self._rows:
            part.append(row)
            size += len(row.raw)
            if len(part) >= rows or size >= characters:
                return self._reader.batch(part, self._fraction())
        return self._reader.batch(part, 1.0) if part else None


def _rows_of(batch: Batch) -> int:
    return int(batch.posts.num_rows) + len(batch.rejected)


def _characters_of(batch: Batch) -> int:
    """Count the characters of a batch's rows, roughly: bytes, of the rows that are used."""
    used: int = batch.posts["raw"].nbytes
    rejected = sum(len(row.raw) for row in batch.rejected)
    return used + rejected


@contextmanager
def open_posts(
    path: Path | object, options: ReadOptions | None = None, *, source: str | None = None
) -> Iterator[OpenPosts]:
    """Open a file of posts: look at its first rows, and decide how it is read.

    Parameters
    ----------
    path
        The file; also a folder that is an account's archive, or a table in memory.
    options
        How to read it, where it doesn't tell itself.
    source
        First half of the posts' key. Default: :func:`source_of` the file.

    Raises
    ------
    ColumnsError
        If the text or the id column can't be recognised, or a mapped one is missing.
    InputError
        If the file is missing, empty, damaged or in no known format, or its dates can be read
        in two ways.
    """
    options = options or ReadOptions()
    with open_table(path, options) as table:
        reader, ahead = _prepare(
            path, table, options, source=_name(path) if source is None else source
        )
        reading = _reading(path, table, reader, ahead, options)
        yield OpenPosts(reading, reader, chain(_taken(ahead), table.rows), table.fraction)


def describe(path: Path | object, options: ReadOptions | None = None) -> Reading:
    """Tell how a file would be read: its format, where each field is, and its first posts.

    Raises
    ------
    InputError
        As :func:`open_posts`.
    """
    with open_posts(path, options) as opened:
        first = opened.ahead(_SAMPLE_ROWS)
        return replace(opened.reading, sample=first.posts.to_pylist() if first else [])


def read_posts(
    path: Path | object,
    *,
    source: str | None = None,
    options: ReadOptions | None = None,
    batch_rows: int = 20_000,
) -> Generator[Batch, None, None]:
    """Read a file of posts.

    Parameters
    ----------
    path, source, options
        As of :func:`open_posts`.
    batch_rows
        Rows a batch, used and rejected ones together.

    Yields
    ------
    Batch
        In the file's order. A file without a row below its header gives none.

    Raises
    ------
    InputError
        As :func:`open_posts`.
    """
    with open_posts(path, options, source=source) as opened:
        yield from opened.batches(batch_rows)


def _taken(rows: deque[Row | Unreadable]) -> Iterator[Row | Unreadable]:
    """Give rows and forget them."""
    while rows:
        yield rows.popleft()


def _reading(
    path: Path | object,
    table: Table,
    reader: PostReader,
    ahead: Iterable[Row | Unreadable],
    options: ReadOptions,
) -> Reading:
    """Say how a file is understood."""
    layout = reader.plan.layout
    ids = RoundedIds()
    if options.id == "column":
        ids.count(reader.ids([row for row in ahead if isinstance(row, Row)]))
    usual = layout.platform if layout is not None else None
    return Reading(
        format=table.format if layout is None else f"{table.format} of {layout.name}",
        platform=reader.given.get("platform", usual),
        fields=reader.where(),
        missing=reader.plan.missing(reader.given),
        sheet=_sheet(path, table),
        warnings=[ids.warning] if ids.warning else [],
    )


def _prepare(
    path: Path | object, table: Table, options: ReadOptions, *, source: str
) -> tuple[PostReader, deque[Row | Unreadable]]:
    """Look at the first rows, and decide how the file is read.

    Returns
    -------
    tuple
        What reads it, and the rows that were looked at.
    """
    ahead, ended = _look_ahead(table)
    seen = [row.cells for row in ahead if isinstance(row, Row)]
    columns = [column for column in table.columns if column not in options.ignore]
    given = {name: _given(name, value) for name, value in options.set.items()}
    plan = recognise(
        columns,
        options.mapping,
        name=table.name,
        rows=seen,
        given=given,
        id_column=options.id == "column",
    )
    if (
        plan.layout is not None
        and plan.layout.platform == "x"
        and "username" not in plan.fields
        and "username" not in given
        and isinstance(path, str | Path)
        and (name := account_name(Path(path))) is not None
    ):
        given["username"] = name
    reader = PostReader(
        plan,
        options,
        source=source,
        file=printable(str(path)) if isinstance(path, str | Path) else table.name,
        given=given,
        observed_at=_observed_at(path, options),
    )
    reader.learn(seen)
    if not ended and can_reopen(path) and (unclear := reader.undecided()):
        _learn_from_all(path, options, reader, unclear)
    reader.settle(table.name)
    return reader, ahead


def _joined(parts: Sequence[Batch], fraction: float | None = None) -> Batch:
    """Put batches together that follow each other."""
    return Batch(
        pa.concat_batches([part.posts for part in parts]),
        [row for part in parts for row in part.rejected],
        parts[-1].fraction if fraction is None else fraction,
        [problem for part in parts for problem in part.problems],
    )


def _look_ahead(table: Table) -> tuple[deque[Row | Unreadable], bool]:
    """Return the first rows, and whether they are all."""
    ahead: deque[Row | Unreadable] = deque()
    size = 0
    for row in table.rows:
        ahead.append(row)
        size += len(row.raw)
        if len(ahead) >= _LOOKAHEAD_ROWS or size >= _LOOKAHEAD_CHARACTERS:
            return ahead, False
    return ahead, True


def _learn_from_all(
    path: Path | object, options: ReadOptions, reader: PostReader, unclear: Sequence[str]
) -> None:
    """Read the whole file once more: only all of a column tells how it is written."""
    with open_table(path, options) as table:
        part: list[Cells] = []
        for row in table.rows:
            if isinstance(row, Row):
                part.append(row.cells)
            if len(part) >= _LOOKAHEAD_ROWS:
                reader.learn(part, only=unclear)
                part = []
                if not set(unclear).intersection(reader.undecided()):
                    return
        reader.learn(part, only=unclear)


def _given(name: str, value: str) -> Any:
    """Read a value of ``--set``.

    Raises
    ------
    InputError
        If the field can't have it.
    """
    try:
        if name in TIMES:
            found: Any = TimeReader().read(value)
        elif name in NUMBERS:
            found = CountReader().read(value)
        elif name == "reactions":
            raise InputError("reactions can't be set for all posts")
        else:
            found = PARSERS[name](value)
    except InputError as error:
        raise InputError(f"--set {name}={value}: {error}") from error
    if found is None:
        raise InputError(f'--set {name}={value}: "{value}" is no value that {name} can have')
    return found


def _observed_at(path: Path | object, options: ReadOptions) -> datetime | None:
    if options.observed_at is None:
        return None
    if options.observed_at == "file":
        if not isinstance(path, str | Path):
            raise InputError("--observed-at file needs a file: a table in memory has no time")
        moment = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
        return moment.replace(tzinfo=None)
    try:
        found = TimeReader.of_options(options.date_format, options.timezone).read(
            options.observed_at
        )
    except InputError as error:
        raise InputError(f"--observed-at {options.observed_at}: {error}") from error
    return None if found is None else found[0]


def _name(path: Path | object) -> str:
    return source_of(Path(path)) if isinstance(path, str | Path) else "table"


def _sheet(path: Path | object, table: Table) -> str | None:
    """Return the sheet, table or member that is read, which the table's name ends with."""
    for mark in (", sheet ", ", table ", ", "):
        before, found, part = table.name.partition(mark)
        if found and before == str(path):
            return part.strip('"')
    return None
