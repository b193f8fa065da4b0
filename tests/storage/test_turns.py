"""Readers and writers of a store take turns, and neither keeps the other out."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import WriteCsv, build, post

import embedstore
from embedstore.errors import InputError, StoreBusyError
from embedstore.storage.database import connect, transaction
from embedstore.storage.turns import Gate, is_closed


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    build(tmp_path / "s", write_csv([post(1), post(2)]))
    return tmp_path / "s"


READ = """
import sys, embedstore
store = embedstore.open(sys.argv[1])
print("ready", flush=True)
while True:
    store.sql("SELECT count(*) FROM posts")
"""

HOLD = """
import sys, embedstore
with embedstore.open(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def _process(code: str, store: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_gate_is_closed_only_while_a_writer_has_it(store: Path) -> None:
    gate = Gate(store)
    assert not is_closed(store)
    gate.take_turn()
    assert gate.closed
    assert is_closed(store)
    gate.open()
    assert not is_closed(store)
    with transaction(store):
        assert is_closed(store)
    assert not is_closed(store)


def test_readers_that_never_pause_keep_no_writer_out(store: Path) -> None:
    said: list[str] = []
    with _process(READ, store), _process(READ, store):
        for _ in range(20):
            with transaction(store, on_wait=said.append) as connection:
                connection.execute("UPDATE posts SET likes = likes + 1")
    assert said == []


def test_a_reader_that_does_not_let_go_stops_other_readers_only_for_moments(store: Path) -> None:
    said: list[str] = []
    with _process(HOLD, store) as holder:

        def write() -> None:
            with transaction(store, on_wait=said.append):
                pass

        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.1)
        assert is_closed(store)
        started = time.monotonic()
        connect(store).close()
        assert time.monotonic() - started < 2
        assert writer.is_alive()
        holder.communicate("done\n")
        writer.join(10)
        assert not writer.is_alive()
    assert f"process {holder.pid} (python" in said[0]


def test_a_reader_that_waits_for_a_writer_says_so_and_gives_up_in_time(store: Path) -> None:
    said: list[str] = []
    with transaction(store), pytest.raises(StoreBusyError, match="is held by"):
        connect(store, wait_s=1.5, on_wait=said.append)
    assert len(said) == 1
    connect(store).close()


def test_a_store_that_follows_sees_what_others_write_and_is_in_nobodys_way(store: Path) -> None:
    followed = embedstore.open(store, follow=True)
    before, said = followed.generation, []
    assert followed.held is not None
    for number in range(3):
        with transaction(store, on_wait=said.append) as connection:
            connection.execute("UPDATE posts SET likes = ?", [number])
            connection.execute(
                "UPDATE meta SET value = (value::INT + 1)::VARCHAR WHERE key = 'generation'"
            )
        assert followed.sql("SELECT DISTINCT likes FROM posts").to_pylist() == [{"likes": number}]
    assert said == []
    assert followed.generation == before + 3


def test_threads_that_share_a_store_that_follows_get_whole_answers_while_it_is_written(
    store: Path,
) -> None:
    followed = embedstore.open(store, follow=True)
    faults: list[object] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            try:
                found = followed.sql("SELECT min(likes) AS low, max(likes) AS high FROM posts")
                [row] = found.to_pylist()
                if row["low"] != row["high"]:
                    faults.append(row)
            except Exception as error:
                faults.append(error)

    with transaction(store) as connection:
        connection.execute("UPDATE posts SET likes = 0")
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 15):
        with transaction(store) as connection:
            connection.execute("UPDATE posts SET likes = ? WHERE id = '1'", [number])
            connection.execute("UPDATE posts SET likes = ? WHERE id = '2'", [number])
    ended.set()
    for thread in threads:
        thread.join(10)
    assert faults == []


def test_a_question_inside_another_does_not_wait_for_the_writer_who_waits_for_it(
    store: Path,
) -> None:
    followed = embedstore.open(store, follow=True)
    with followed.connection():
        gate = Gate(store)
        gate.take_turn()
        started = time.monotonic()
        assert followed.sql("SELECT count(*) AS n FROM posts").to_pylist() == [{"n": 2}]
        assert time.monotonic() - started < 0.9
        gate.open()


def test_a_store_that_follows_is_for_reading(store: Path) -> None:
    with pytest.raises(InputError, match="read-only"):
        embedstore.open(store, "rw", follow=True)


def test_a_store_that_is_not_asked_for_a_while_is_let_go_of(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedstore.storage.following.IDLE_S", 0.05)
    followed = embedstore.open(store, follow=True)
    followed.sql("SELECT 1")
    time.sleep(0.3)
    assert followed.held is None
    assert followed.sql("SELECT 1").num_rows == 1
