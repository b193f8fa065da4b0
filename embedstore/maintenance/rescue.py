"""Write what can be read of a damaged store to a new one, and make the rest again.

A row is kept if its key can be read, which is every column that may not be NULL; other cells that
can't be read are left empty. Vectors, links and indexes are made again by a build; posts and
pictures that are lost come back from the files of posts.
"""

import json
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore.errors import InputError, StoreDamagedError, StoreError
from embedstore.files import whole_folder
from embedstore.maintenance.check import repair
from embedstore.maintenance.damage import attempt, column_names, table_names
from embedstore.progress import Progress, silent, told
from embedstore.storage import spaces
from embedstore.storage.database import create, transaction
from embedstore.storage.layout import (
    database_file,
    image_file,
    is_sha256,
    run_folder,
    runs_folder,
    store_path,
)
from embedstore.storage.run_files import altered_files
from embedstore.store import Store

ROWS = 20_480
"""Rows that are read at once."""

FEWEST_ROWS = 2_048
"""Rows of a vector of DuckDB: a range that can't be read is halved down to these."""

_OWN = {"meta", "counters"}
"""Tables that a new store has rows of already."""


@dataclass(frozen=True)
class RescuedTable:
    """What was read of a table.

    Attributes
    ----------
    table : str
        Its name.
    rows : int
        Rows that are in the new store.
    lost : int, optional
        Rows that are not; None if their number can't be read.
    empty : dict
        Cells that are empty since they can't be read, by column.
    """

    table: str
    rows: int
    lost: int | None
    empty: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Rescued:
    """Result of `rescue`.

    Attributes
    ----------
    tables : list of RescuedTable
        One for each table of the damaged store.
    pictures, lost_pictures : int
        Pictures that are whole, and that are missing or damaged.
    lost_runs : list of str
        Heads that are missing or damaged: fit them again.
    to_encode : int
        Texts and pictures that lack a vector in some space: a build encodes them.
    lost_spaces : list of str
        Spaces whose encoder can't be read: a build declares them again.
    """

    tables: list[RescuedTable]
    pictures: int
    lost_pictures: int
    lost_runs: list[str]
    to_encode: int
    lost_spaces: list[str]

    @property
    def whole(self) -> bool:
        """True if nothing is lost that a build can't make again."""
        exact = [table for table in self.tables if table.table not in ("vectors", "augmented")]
        return not (
            self.lost_pictures
            or self.lost_runs
            or self.lost_spaces
            or any(table.lost != 0 or table.empty for table in exact)
        )


def rescue(
    store: str | PathLike[str], new: str | PathLike[str], *, progress: Progress = silent
) -> Rescued:
    """Write a new store with every row, picture and head of a damaged one that can be read.

    The damaged store is only read.

    Parameters
    ----------
    store : path
        The damaged store.
    new : path
        A folder that isn't there yet, or is empty; it appears once it is complete.
    progress : callable
        Called after every table.

    Raises
    ------
    InputError
        Something is in the folder.
    StoreDamagedError
        No table of posts can be read: nothing was written.
    """
    source, target = store_path(store), store_path(new)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is not empty: name a folder that isn't there yet")
    names = table_names(source)
    if names is None or "posts" not in names:
        with suppress(StoreDamagedError):
            # Says what else it may be: no store, a newer one, or held by another process.
            Store(source)
        raise _lost(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(target) as beside:
        create(beside)
        tables = [
            _copy_table(source, beside, name) for name in told(progress, "rescue", names, "tables")
        ]
        [posts] = (table for table in tables if table.table == "posts")
        if posts.rows == 0 and posts.lost != 0:
            raise _lost(source)
        lost_spaces = _spaces_without_encoder(beside)
        _set_counters(beside)
        images = _copy_pictures(source, beside)
        lost_runs = _copy_runs(source, beside, tables)
        repair(Store(beside))
        with transaction(beside) as connection:
            [[pictures]] = connection.execute(
                "SELECT count(*) FROM contents WHERE kind = 'image'"
            ).fetchall()
        to_encode = _to_encode(beside)
    return Rescued(tables, pictures, images - pictures, lost_runs, to_encode, lost_spaces)


def _lost(store: Path) -> StoreDamagedError:
    return StoreDamagedError(
        f"{database_file(store)} is damaged where it says what its tables are: nothing of the posts"
        " can be read. Bring back a backup with `embedstore restore BACKUP NEW`, or build a new"
        " store from the files of posts"
    )


def _copy_table(source: Path, new: Path, table: str) -> RescuedTable:
    """Copy the rows of a table that can be read."""
    with transaction(new) as connection:
        known = connection.execute(
            "SELECT column_name, is_nullable FROM duckdb_columns() WHERE table_name = ?"
            " AND database_name = current_database() AND schema_name = 'main'",
            [table],
        ).fetchall()
    there = attempt(source, lambda connection: column_names(connection, table)) or []
    columns = {name: bool(nullable) for name, nullable in known if name in there}
    count = attempt(
        source,
        lambda connection: connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0],  # noqa: S608
    )
    if not columns:
        # A table of the user's own: `embedstore sql --write` can make none, another program can.
        return RescuedTable(table, 0, count)
    end = attempt(
        source,
        lambda connection: connection.execute(
            f'SELECT coalesce(max(rowid) + 1, 0) FROM "{table}"'  # noqa: S608
        ).fetchall()[0][0],
    )
    rows = 0
    empty: Counter[str] = Counter()
    for first in range(0, end if end is not None else count or 0, ROWS):
        for part in _read(source, table, columns, first, min(first + ROWS, end or ROWS), empty):
            rows += part.num_rows
            _insert(new, table, part)
    return RescuedTable(table, rows, None if count is None else count - rows, dict(empty))


def _read(
    source: Path,
    table: str,
    columns: dict[str, bool],
    first: int,
    last: int,
    empty: Counter[str],
) -> list[pa.Table]:
    """Read the rows of a range whose key can be read; cells that can't be are counted."""
    found = _select(source, table, list(columns), first, last)
    if found is not None:
        return [found]
    if last - first > FEWEST_ROWS:
        middle = first + max(FEWEST_ROWS, (last - first) // 2)
        return [
            *_read(source, table, columns, first, middle, empty),
            *_read(source, table, columns, middle, last, empty),
        ]
    parts = {name: _select(source, table, [name], first, last) for name in columns}
    if any(part is None and not columns[name] for name, part in parts.items()):
        return []
    whole = next((part for part in parts.values() if part is not None), None)
    if whole is None:
        return []
    readable = {name: part[name] for name, part in parts.items() if part is not None}
    empty.update({name: whole.num_rows for name, part in parts.items() if part is None})
    return [pa.table(readable)]


def _select(source: Path, table: str, columns: list[str], first: int, last: int) -> pa.Table | None:
    names = ", ".join(f'"{name}"' for name in columns)
    query = f'SELECT {names} FROM "{table}" WHERE rowid >= ? AND rowid < ? ORDER BY rowid'  # noqa: S608

    def read(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        return connection.sql(query, params=[first, last]).to_arrow_table()

    return attempt(source, read)


def _insert(new: Path, table: str, rows: pa.Table) -> None:
    with transaction(new) as connection:
        connection.register("rescued", rows)
        if table == "meta":
            # The new store is of this version.
            connection.execute(
                "CREATE TEMP TABLE found AS FROM rescued WHERE key NOT IN ('format', 'schema');"
                "DELETE FROM meta WHERE key IN (SELECT key FROM found);"
                "INSERT INTO meta BY NAME FROM found"
            )
            return
        if table in _OWN:
            connection.execute(f'DELETE FROM "{table}"')  # noqa: S608
        connection.execute(f'INSERT INTO "{table}" BY NAME FROM rescued')


def _set_counters(new: Path) -> None:
    """Let no id be handed out again that any row has, also one whose owner is lost."""
    with transaction(new) as connection:
        for name, query in _IDS.items():
            connection.execute(
                f"INSERT INTO counters SELECT '{name}', 1"  # noqa: S608
                f" WHERE '{name}' NOT IN (SELECT name FROM counters)"
            )
            connection.execute(
                "UPDATE counters SET next = greatest(next, (SELECT coalesce(max(id), 0) + 1"  # noqa: S608
                f" FROM ({query}))) WHERE name = '{name}'"
            )


_IDS = {
    "post": "SELECT post_id AS id FROM posts UNION ALL SELECT post_id FROM media"
    " UNION ALL SELECT post_id FROM predictions UNION ALL SELECT post_id FROM observations",
    "content": "SELECT content_id AS id FROM contents UNION ALL SELECT content_id FROM vectors"
    " UNION ALL SELECT content_id FROM augmented UNION ALL SELECT content_id FROM media"
    " UNION ALL SELECT text_content_id FROM posts UNION ALL SELECT formatted_content_id FROM posts",
    "build": "SELECT build_id AS id FROM builds UNION ALL SELECT last_build FROM failures",
}


def _spaces_without_encoder(new: Path) -> list[str]:
    """List the spaces that have vectors and whose encoder could not be read."""
    with transaction(new) as connection:
        return [
            name
            for (name,) in connection.execute(
                "SELECT DISTINCT space FROM vectors WHERE space NOT IN (SELECT space FROM spaces)"
                " ORDER BY space"
            ).fetchall()
        ]


def _copy_pictures(source: Path, new: Path) -> int:
    """Copy the pictures on record, and return their number; `repair` unlinks the damaged ones."""
    with transaction(new) as connection:
        images = connection.execute(
            "SELECT DISTINCT sha256 FROM contents WHERE kind = 'image'"
        ).fetchall()
    for (sha256,) in images:
        if is_sha256(sha256):
            to = image_file(new, sha256)
            to.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                shutil.copyfile(image_file(source, sha256), to)
    return len(images)


def _copy_runs(source: Path, new: Path, tables: list[RescuedTable]) -> list[str]:
    """Copy the heads whose files are those on record; others are taken off it."""
    with transaction(new) as connection:
        rows = connection.execute("SELECT run_id, files FROM runs ORDER BY run_id").fetchall()
    lost = []
    for run_id, files in rows:
        try:
            folder = run_folder(source, run_id)
            sound = folder.is_dir() and not altered_files(folder, json.loads(files or "{}"))
        except (OSError, StoreError):
            sound = False
        if not sound:
            lost.append(str(run_id))
            continue
        runs_folder(new).mkdir(exist_ok=True)
        shutil.copytree(folder, run_folder(new, run_id))
    with transaction(new) as connection:
        for run_id in lost:
            connection.execute("DELETE FROM runs WHERE run_id = ?", [run_id])
        connection.execute("DELETE FROM predictions WHERE run_id NOT IN (SELECT run_id FROM runs)")
        connection.execute(
            "DELETE FROM predictions WHERE post_id NOT IN (SELECT post_id FROM posts)"
        )
        connection.execute(
            "DELETE FROM observations WHERE post_id NOT IN (SELECT post_id FROM posts)"
        )
    if not any(table.table == "runs" and table.lost == 0 for table in tables):
        known = {run_id for run_id, _ in rows}
        folders = runs_folder(source).iterdir() if runs_folder(source).is_dir() else ()
        lost += sorted(each.name for each in folders if each.is_dir() and each.name not in known)
    return lost


def _to_encode(new: Path) -> int:
    """Count the texts and pictures that lack a vector in a space that embeds them."""
    with transaction(new) as connection:
        [[count]] = connection.execute(
            "SELECT count(*) FROM spaces s JOIN contents c"
            " ON (s.texts AND c.kind = 'text') OR (s.images AND c.kind = 'image')"
            " ANTI JOIN vectors v ON v.space = s.space AND v.content_id = c.content_id"
            " WHERE s.encoder <> ?",
            [spaces.NO_ENCODER],
        ).fetchall()
    return int(count)
