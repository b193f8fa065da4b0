"""A migration can be killed anywhere: the next one goes on, and the former database is kept."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from old_store import downgrade
from support import WriteCsv, build_once, post, rows

from embedstore import sql
from embedstore.errors import StoreError
from embedstore.storage import copies, database
from embedstore.storage.layout import before_migration_file, database_file

ROOT = Path(__file__).parents[2]
OLD = 4

KILLED = """
import os, shutil, sys
from pathlib import Path
from embedstore.storage import copies, database
class Counted:
    def __init__(self, connection, left):
        self.connection, self.left = connection, left
    def __getattr__(self, name):
        return getattr(self.connection, name)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.connection.close()
    def execute(self, *arguments):
        self.left -= 1
        if self.left < 0:
            os._exit(9)
        return self.connection.execute(*arguments)
connect = database.connect
discard = copies.discard_copy
for number in range(100):
    store = Path(sys.argv[2], str(number))
    shutil.copytree(sys.argv[1], store)
    if os.fork() == 0:
        database.connect = lambda *given, **named: Counted(connect(*given, **named), number)
        database.create(store)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.wait()[1]) == 0:
        print(number)
        break
"""


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Posts in a store of an older version."""
    build_once(tmp_path / "s", write_csv([post(n) for n in range(5)]))
    downgrade(tmp_path / "s", OLD)
    return tmp_path / "s"


def _posts(file: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "SELECT source, id, text, likes FROM posts ORDER BY id"
        ).fetchall()


def test_a_migration_that_was_killed_anywhere_is_finished_and_nothing_is_lost(
    store: Path, tmp_path: Path
) -> None:
    before = _posts(database_file(store))
    (tmp_path / "killed").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(store), str(tmp_path / "killed")],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True, capture_output=True,
    )  # fmt: skip
    moments = int(done.stdout)
    assert moments > 2 * (sql.migrations()[-1][0] - OLD)
    copied = 0
    for number in range(moments):
        killed = tmp_path / "killed" / str(number)
        if before_migration_file(killed).exists():
            copied += 1
            assert _posts(before_migration_file(killed)) == before
        database.create(killed)
        assert _posts(database_file(killed)) == before
        assert rows(killed, "SELECT value FROM meta WHERE key = 'schema'") == [
            (str(sql.migrations()[-1][0]),)
        ]
        assert not before_migration_file(killed).exists()
    assert copied > moments // 2


def test_a_migration_that_fails_leaves_the_database_as_it_was_beside(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _posts(database_file(store))
    steps = sql.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(sql, "migrations", lambda: [*steps, (99, "SELECT * FROM nowhere")])
        with pytest.raises(StoreError):
            database.create(store)
    assert _posts(before_migration_file(store)) == before
    with duckdb.connect(str(before_migration_file(store)), read_only=True) as connection:
        assert database.schema_version(connection) == OLD
    database.create(store)
    assert not before_migration_file(store).exists()
    assert _posts(database_file(store)) == before


def test_a_full_disk_stops_a_migration_before_it_begins(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_COPY", "import errno, sys; sys.exit(errno.ENOSPC)")
    with pytest.raises(OSError, match="No space left"):
        database.create(store)
    with duckdb.connect(str(database_file(store)), read_only=True) as connection:
        assert database.schema_version(connection) == OLD
    assert [file.name for file in store.iterdir() if file.name.endswith(".new")] == []


def test_copying_an_open_database_does_not_unlock_it(store: Path, tmp_path: Path) -> None:
    """Reading the file in this process would: its lock ends when any of its handles is closed."""
    program = f"import duckdb; duckdb.connect({str(database_file(store))!r})"
    with database.connect(store):
        copies.copy_file(database_file(store), tmp_path / "copy")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"lock" in done.stderr
    assert _posts(tmp_path / "copy") == _posts(database_file(store))
