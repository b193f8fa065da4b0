"""A store that is attached for a block is read, written and let go as one that is opened."""

import os
import sys
from pathlib import Path

import pytest
from support import rows

from embedstore.errors import StoreDamagedError
from embedstore.storage import attached, database
from embedstore.storage.layout import database_file

COUNT = "SELECT count(*) FROM failures"


def _add(connection: object) -> None:
    connection.execute(  # type: ignore[attr-defined]
        "INSERT INTO meta SELECT 'added ' || count(*), '1' FROM meta"
    )


def _added(store: Path) -> int:
    return len(rows(store, "FROM meta WHERE key LIKE 'added %'"))


def test_what_a_block_writes_is_there_for_others_and_its_log_is_gone(store: Path) -> None:
    for number in range(1, 4):
        with attached.transaction(store) as connection:
            _add(connection)
        assert _added(store) == number
        with attached.reading(store) as connection:
            assert connection.execute(COUNT).fetchall()
    assert not database_file(store).with_name("store.duckdb.wal").exists()


def test_a_block_that_raises_leaves_no_trace_and_the_next_one_works(store: Path) -> None:
    with pytest.raises(StoreDamagedError), attached.transaction(store) as connection:  # noqa: PT012
        _add(connection)
        connection.execute("FROM nowhere")
    assert _added(store) == 0
    with attached.transaction(store) as connection:
        _add(connection)
    assert _added(store) == 1


def test_two_stores_are_attached_at_once(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    database.create(other)
    with attached.reading(store) as one, attached.transaction(other) as two:
        _add(two)
        assert one.execute("SELECT count(*) FROM meta WHERE key LIKE 'added %'").fetchone() == (0,)
    assert _added(other) == 1


def test_a_forked_process_attaches_by_an_instance_of_its_own(store: Path) -> None:
    with attached.reading(store):
        pass
    child = os.fork()
    if child == 0:
        with attached.transaction(store) as connection:
            _add(connection)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _added(store) == 1


def test_what_memory_cannot_hold_is_spilled_beside_the_database_and_gone_afterwards(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(database, "MEMORY_LIMIT", "60MB")
    with attached.reading(store) as connection:
        connection.execute("CREATE TEMP TABLE big AS SELECT uuid() AS a FROM range(4000000)")
        assert list(database.spill_folder(store).iterdir())
    assert not database.spill_folder(store).exists()
    assert not list(Path.cwd().iterdir())
