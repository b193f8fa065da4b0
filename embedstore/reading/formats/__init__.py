"""Files and tables of posts to rows: one reader for each format.

What a file is is told by what is in it, never by its name alone:
:mod:`~embedstore.reading.formats.compression` undoes compression,
:mod:`~embedstore.reading.formats.archive` picks the members of archives that have posts, and
each format's own module reads rows. Memory doesn't grow with the file, apart from a workbook,
which another process with a limit on its memory holds.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from embedstore.errors import InputError
from embedstore.reading.formats.archive import is_workbook, open_archive, open_folder
from embedstore.reading.formats.compression import Source, no_file, on_disk, open_source
from embedstore.reading.formats.delimited import read_delimited
from embedstore.reading.formats.json_documents import is_json, read_json
from embedstore.reading.formats.markup import is_markup, read_markup
from embedstore.reading.formats.text import TextFile, decode_head
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import Table

__all__ = ["FORMATS", "can_reopen", "open_table"]

FORMATS = (
    "CSV, TSV, JSON, JSON lines, XLSX, XLS, ODS, Parquet, a DuckDB database, each also "
    "compressed (gzip, bzip2, xz, Zstandard) or in a ZIP archive"
)

# Bytes of a compressed file that is written to disk before it is read.
_SPOOL_LIMIT = 1 << 30

# What else people have, by its first bytes, and what to do about it.
_OTHERS = {
    b"SQLite format 3\0": "is an SQLite database: export its table as CSV",
    b"%PDF": "is a PDF file",
    b"ARROW1": "is an Arrow or Feather file: save it as Parquet",
    b"Obj\x01": "is an Avro file: save it as Parquet",
    b"ORC": "is an ORC file: save it as Parquet",
    b"7z\xbc\xaf\x27\x1c": "is a 7-Zip archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
    b"\x89PNG": "is a picture",
    b"\xff\xd8\xff": "is a picture",
}


def open_table(source: object, options: ReadOptions | None = None) -> AbstractContextManager[Table]:
    """Open a file or a table of posts.

    Parameters
    ----------
    source
        A file; a folder or ZIP archive that an account's owner downloaded; a database as
        ``FILE.duckdb`` or ``FILE.duckdb::TABLE``; or a table in memory: of pandas, polars or
        Arrow, or a relation of DuckDB.
    options
        How to read it, where it doesn't tell itself.

    Raises
    ------
    InputError
        Here or on entering the context, if it is in no known format or can't be
        read; while reading rows, if it turns out to be damaged.
    """
    options = options or ReadOptions()
    if not isinstance(source, str | Path):
        # Formats that need large libraries import them when they are met.
        from embedstore.reading.formats.tables import open_arrow

        return open_arrow(source)
    path, _, table = str(source).partition("::")
    if table and not Path(source).exists():
        from embedstore.reading.formats.tables import open_database

        return open_database(Path(path), table)
    return _open_path(Path(source), options)


def can_reopen(source: object) -> bool:
    """Tell whether a file or table can be read twice; a stream of batches or a query can't."""
    if isinstance(source, str | Path):
        return True
    return type(source).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(
        source, "__len__"
    )


@contextmanager
def _open_path(path: Path, options: ReadOptions) -> Iterator[Table]:
    with ExitStack() as stack:
        if path.is_dir():
            yield stack.enter_context(open_folder(path, options, _open_source))
            return
        if not path.is_file():
            raise no_file(path)
        source = stack.enter_context(open_source(path))
        yield stack.enter_context(_open_source(source, options))


@contextmanager
def _open_source(source: Source, options: ReadOptions) -> Iterator[Table]:
    with ExitStack() as stack:
        yield _read(source, options, stack)


def _read(source: Source, options: ReadOptions, stack: ExitStack) -> Table:
    """Read a source by the format that its first bytes tell."""
    head = source.head()
    for mark, remedy in _OTHERS.items():
        if head.startswith(mark):
            raise InputError(f"{source.name} {remedy}. What can be read: {FORMATS}")
    if head[257:262] == b"ustar":
        raise InputError(f"{source.name} is a tar archive: unpack it first")
    if head.startswith(b"PAR1"):
        from embedstore.reading.formats.parquet import open_parquet

        path = stack.enter_context(on_disk(source, limit=_SPOOL_LIMIT))
        return stack.enter_context(open_parquet(path, source))
    if head[8:12] == b"DUCK":
        from embedstore.reading.formats.tables import open_database

        path = stack.enter_context(on_disk(source, limit=_SPOOL_LIMIT))
        return stack.enter_context(open_database(path, options.sheet, name=source.name))
    zipped = head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))
    if zipped or head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        path = stack.enter_context(on_disk(source, limit=_SPOOL_LIMIT))
        if zipped and not is_workbook(path, source.name):
            return stack.enter_context(open_archive(path, source, options, _open_source))
        from embedstore.reading.formats.workbook import open_workbook

        return stack.enter_context(open_workbook(path, source, options))
    text = decode_head(head, options.encoding)
    if is_json(text):
        lines = TextFile(source, options.encoding, newline="\n")
        return read_json(source, stack.enter_context(lines), text)
    file = stack.enter_context(TextFile(source, options.encoding))
    if is_markup(text):
        return read_markup(source, file, options)
    return read_delimited(source, file, options)
