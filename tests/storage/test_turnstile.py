"""Readers and writers of one store: whose turn it is, and for whom the others wait."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from made_store import add, change, clustered
from support import WriteCsv, build, post

import embedstore
from embedstore.errors import InputError, StoreBusyError
from embedstore.storage import database, turnstile
from embedstore.storage.openings import GENERATION
from embedstore.storage.turnstile import Waiting

VECTORS = clustered(40)


def _generation(path: Path) -> int:
    return embedstore.open(path).generation


def test_a_kept_store_lets_a_writer_in_and_sees_what_it_committed(store: Path) -> None:
    with embedstore.open(store, follow=True) as kept:
        assert kept.sql("SELECT count(*) AS n FROM posts")["n"].to_pylist() == [30]
        before = kept.generation
        add(store, VECTORS[30:])  # would wait for good if the kept store stayed open
        answer = kept.sql("SELECT count(*) AS n FROM posts")
        assert answer["n"].to_pylist() == [40]
        assert kept.generation == before + 1
        assert answer.schema.metadata == {GENERATION: str(before + 1).encode()}
        found = kept.similar(vector=VECTORS[35], k=1)
        assert found["post_id"].to_pylist() == [36]
        assert found.schema.metadata == {GENERATION: str(before + 1).encode()}


def test_a_block_of_one_connection_is_of_one_generation_and_a_writer_waits_for_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2), post(3)]))
    kept = embedstore.open(tmp_path / "s", follow=True)
    writer = threading.Thread(target=change, args=(tmp_path / "s", "DELETE FROM posts"))
    with kept.connection():
        before = kept.generation
        writer.start()
        while not turnstile.is_closed(tmp_path / "s"):
            time.sleep(0.001)
        # Calls inside go past the turnstile, which stays closed until the block ends.
        assert kept.sql("SELECT count(*) AS n FROM posts")["n"].to_pylist() == [3]
        assert kept.similar(text="coffee", k=9).num_rows == 3
        assert kept.sql("SELECT count(*) AS n FROM search('coffee', 2)")["n"].to_pylist() == [2]
        assert kept.generation == before
    writer.join()
    assert kept.generation == before + 1
    kept.close()


def test_threads_that_ask_a_followed_store_without_pause_let_every_commit_through(
    store: Path,
) -> None:
    """Each answer is that of its generation: every commit adds one post."""
    first = _generation(store)
    enough = threading.Event()
    wrong: list[tuple[int, int]] = []
    asked: list[int] = []

    def ask(kept: embedstore.Store) -> None:
        while not enough.is_set():
            answer = kept.sql("SELECT count(*) AS n FROM posts")
            found = kept.similar(vector=VECTORS[0], k=50)
            for table, count in ((answer, answer["n"][0].as_py()), (found, found.num_rows)):
                generation = int(table.schema.metadata[GENERATION])
                asked.append(generation)
                if count != 30 + generation - first:
                    wrong.append((generation, count))

    with embedstore.open(store, follow=True) as kept:
        threads = [threading.Thread(target=ask, args=(kept,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for row in range(30, 36):
            add(store, VECTORS[row : row + 1])
        enough.set()
        for thread in threads:
            thread.join()
        assert kept.generation == first + 6
    assert not wrong
    assert len(set(asked)) > 1


def test_a_waiting_writer_keeps_new_readers_out_and_lets_them_in_while_it_waits_long(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_S", 0.3)
    inside = database.connect(store)
    writer = threading.Thread(target=add, args=(store, VECTORS[30:31]))
    writer.start()
    while not turnstile.is_closed(store):
        time.sleep(0.001)
    # A second reader gets in although the first one never leaves.
    with database.connect(store) as late:
        assert late.execute("SELECT count(*) FROM posts").fetchall() == [(30,)]
    assert writer.is_alive()
    inside.close()
    writer.join()
    assert embedstore.open(store).sql("SELECT count(*) AS n FROM posts")["n"].to_pylist() == [31]


def test_a_reader_says_for_which_process_it_waits_and_a_killed_writer_leaves_no_lock(
    store: Path,
) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from embedstore.storage.turnstile import Waiting, closed\n"
        "with closed(Path(sys.argv[1]), Waiting()): print('closed', flush=True); time.sleep(60)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "closed\n"
    said: list[str] = []
    try:
        with pytest.raises(StoreBusyError, match=f"held by process {writer.pid} "):
            database.connect(store, wait_s=1.3, on_wait=said.append)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert said[0].startswith(f"waiting for process {writer.pid} (")
    assert "from pathlib import Path" in said[0]
    database.connect(store, wait_s=0).close()


def test_a_store_whose_folder_can_t_be_written_is_read_without_a_turnstile(store: Path) -> None:
    turnstile.turnstile_file(store).unlink()
    assert not turnstile.is_closed(store)
    assert _generation(store) > 0
    assert not turnstile.turnstile_file(store).exists()


def test_a_wait_is_said_once_a_second_and_has_an_end() -> None:
    said: list[str] = []
    waiting = Waiting(2.2, said.append)

    def wait() -> None:
        while True:
            waiting.pause(lambda: "somebody", Path("the file"))

    with pytest.raises(StoreBusyError, match="the file is held by somebody"):
        wait()
    assert len(said) == 2


def test_only_reading_follows(store: Path) -> None:
    with pytest.raises(InputError, match="followed for reading"):
        embedstore.open(store, "rw", follow=True)


def test_each_call_opens_the_database_once(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = embedstore.open(store)
    count = []

    def counted(opening: Any) -> Any:
        def called(*arguments: Any, **named: Any) -> Any:
            count.append(arguments)
            return opening(*arguments, **named)

        return called

    monkeypatch.setattr(database, "connect", counted(database.connect))
    monkeypatch.setattr(database, "attach", counted(database.attach))
    opened.similar(vector=VECTORS[0])
    assert len(count) == 1
    opened.similar(post="made:4")
    assert len(count) == 2
    opened.sql("SELECT count(*) FROM posts")
    assert len(count) == 3
