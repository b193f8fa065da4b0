"""ZIP archives and folders: which of their files hold posts."""

import fnmatch
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from embedstore.errors import InputError
from embedstore.reading.formats.compression import (
    DAMAGED,
    Source,
    open_member,
    open_source,
    unreadable,
    without_compression,
)
from embedstore.reading.options import ReadOptions
from embedstore.reading.platforms import members_with_posts
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable

Open = Callable[[Source, ReadOptions], AbstractContextManager[Table]]

_TABLES = {
    *(".csv", ".tsv", ".txt", ".tab", ".json", ".jsonl", ".ndjson", ".js"),
    *(".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".parquet", ".duckdb"),
}
_SHOWN = 8


def is_workbook(path: Path, name: str) -> bool:
    """Tell a workbook from other ZIP archives.

    Raises
    ------
    InputError
        If the archive's list of members can't be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            if "mimetype" in members and "content.xml" in members:
                return True
            return "[Content_Types].xml" in members or "xl/workbook.xml" in members
    except DAMAGED as error:
        if _is_named_workbook(name):
            raise InputError(f"{name} is not a workbook that can be read: {error}") from error
        raise unreadable(name, error) from error


@contextmanager
def open_archive(path: Path, source: Source, options: ReadOptions, opened: Open) -> Iterator[Table]:
    """Open the members of a ZIP archive that have posts, one after the other.

    Parameters
    ----------
    path
        The archive on disk.
    source
        Its name and compression.
    options
        ``sheet`` names the member, or is a pattern of them.
    opened
        Opens a source as a table.

    Raises
    ------
    InputError
        If no member, or not one alone, can hold posts, or the archive is damaged.
    """
    if source.compression.count("zipped") >= 2:
        raise InputError(f"{source.name} is an archive in an archive in an archive")
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
        except DAMAGED as error:
            raise unreadable(source.name, error) from error
        infos = {
            info.filename: info
            for info in archive.infolist()
            if info.filename and not info.is_dir()
        }
        chosen, options = _choose(source.name, list(infos), options)

        def member(name: str) -> AbstractContextManager[Source]:
            return open_member(archive, infos[name], f"{source.name}, {name}", source.compression)

        yield stack.enter_context(_chain(source.name, chosen, member, options, opened))


@contextmanager
def open_folder(path: Path, options: ReadOptions, opened: Open) -> Iterator[Table]:
    """Open the files of a folder that have posts, such as an unpacked archive of an account.

    Raises
    ------
    InputError
        If no file, or not one alone, can hold posts.
    """
    files = {
        file.relative_to(path).as_posix(): file
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
    chosen, options = _choose(str(path), list(files), options)
    with _chain(str(path), chosen, lambda name: open_source(files[name]), options, opened) as table:
        yield table


def _choose(
    name: str, members: Sequence[str], options: ReadOptions
) -> tuple[list[str], ReadOptions]:
    """Return the members to read, and how."""
    members = [member for member in members if not is_hidden(member)]
    # A name that matches no member may be that of a sheet in the one workbook.
    wanted = options.sheet
    if wanted and (matching := [member for member in members if _matches(member, wanted)]):
        return matching, replace(options, sheet=None)
    if known := members_with_posts(members):
        return list(known), options
    tables = [member for member in members if _suffix(member) in _TABLES]
    if len(tables) == 1:
        return tables, options
    if not tables and len(members) == 1:
        return list(members), options
    if not tables:
        raise InputError(
            f"{name} is not a file of posts, and has none that could be one. {_listed(members)}"
        )
    raise InputError(
        f"{name} holds {len(tables):,} files that could hold posts: name one, or a pattern, "
        f"with --sheet. {_listed(tables)}"
    )


@contextmanager
def _chain(
    name: str,
    members: Sequence[str],
    member: Callable[[str], AbstractContextManager[Source]],
    options: ReadOptions,
    opened: Open,
) -> Iterator[Table]:
    """Read members one after the other as one table."""
    if len(members) == 1:
        with member(members[0]) as source, opened(source, options) as table:
            yield table
        return
    columns: dict[str, None] = {}
    forms: dict[str, None] = {}
    filled = []
    for each in members:
        try:
            with member(each) as source, opened(source, options) as table:
                columns |= dict.fromkeys(table.columns)
                forms[table.format] = None
        except EmptyError:
            continue  # an account without long posts still has a file of them
        filled.append(each)
    if not filled:
        raise EmptyError(f"{name} is empty: no post is in {', '.join(members[:_SHOWN])}")
    done = 0
    current: list[Callable[[], float]] = [lambda: 0.0]

    def rows() -> Generator[Row | Unreadable, None, None]:
        nonlocal done
        for each in filled:
            with member(each) as source, opened(source, options) as table:
                current[0] = table.fraction
                yield from table.rows
            done += 1
            current[0] = lambda: 0.0

    reading = rows()
    try:
        yield Table(
            f"{name}, {', '.join(filled[:_SHOWN])}",
            " and ".join(forms),
            list(columns),
            reading,
            lambda: min(1.0, (done + current[0]()) / len(filled)),
        )
    finally:
        reading.close()


def _matches(member: str, wanted: str) -> bool:
    return fnmatch.fnmatchcase(member, wanted) or PurePosixPath(member).name == wanted


def could_hold_posts(name: str) -> bool:
    """Tell a file that could hold posts by its name: a table, or an archive of some."""
    return _suffix(name) in _TABLES or name.lower().endswith(".zip")


def is_hidden(member: str) -> bool:
    """Tell what an operating system has put there, and what its owner doesn't want seen."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(member).parts)


def _suffix(member: str) -> str:
    return PurePosixPath(without_compression(member)).suffix.lower()


def _is_named_workbook(name: str) -> bool:
    return _suffix(name) in {".xlsx", ".xlsm", ".xlsb", ".ods", ".xls"}


def _listed(members: Sequence[str]) -> str:
    if not members:
        return "It is empty."
    more = f", and {len(members) - _SHOWN:,} more" if len(members) > _SHOWN else ""
    return f"It holds: {', '.join(members[:_SHOWN])}{more}."
