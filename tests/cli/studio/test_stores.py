"""Stores are held open for readers, and let go of for whoever writes."""

import shutil
import threading
import time
from pathlib import Path

import pytest
from embedstore.cli.studio.batching import Batches
from embedstore.cli.studio.stores import Stores
from made_store import clustered, make

from embedstore.errors import InputError, StoreNotFoundError
from embedstore.storage.build_lock import build_lock
from embedstore.storage.database import transaction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of twenty made-up posts."""
    made = tmp_path / "a.store"
    make(made, clustered(20))
    return made


def test_a_folder_of_stores_is_served_by_name_and_nothing_else(path: Path) -> None:
    shutil.copytree(path, path.parent / "b")
    assert Stores([path.parent]).names == ["a", "b"]
    with pytest.raises(StoreNotFoundError, match="there are a, b"):
        Stores([path.parent]).path("..")
    with pytest.raises(StoreNotFoundError, match="embedstore build"):
        Stores([path.parent / "nothing"])
    other = path.parent / "other" / "a.store"
    shutil.copytree(path, other)
    with pytest.raises(InputError, match="two stores"):
        Stores([path, other])


def test_during_a_build_answers_come_from_the_store_as_it_was(path: Path) -> None:
    stores = Stores([path])
    stores.follow()

    def posts() -> int:
        with stores.reading("a") as store:
            found: int = store.sql("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        return found

    def wait(state: bool) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with stores.reading("a") as store:
                if (store.path != path) == state:
                    return
            time.sleep(0.02)
        raise AssertionError("the store did not change")

    assert posts() == 20
    with build_lock(path):
        wait(True)
        # Nobody waits for the copy's readers.
        with stores.reading("a") as store:
            copy = store.path
            with transaction(path) as connection:
                connection.execute("DELETE FROM posts WHERE post_id <= 5")
            assert store.sql("SELECT count(*) AS n FROM posts")["n"][0].as_py() == 20
            found = store.similar(vector=clustered(1)[0], k=3)
            assert found.num_rows == 3
        assert posts() == 20
    wait(False)
    assert posts() == 15
    stores.close()
    assert not copy.exists()


def test_before_a_build_that_was_announced_answers_come_from_a_copy_until_it_is_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = Stores([path])
    served = stores.served("a")

    def answering() -> Path:
        served.look()
        with stores.reading("a") as store:
            return store.path

    assert answering() == path
    served.expect_build()
    assert answering() != path
    with build_lock(path):
        assert answering() != path
    assert answering() == path
    # One that never comes doesn't keep the copy.
    monkeypatch.setattr("embedstore.cli.studio.stores.EXPECTED_S", 0.0)
    served.expect_build()
    assert answering() == path
    stores.close()


def test_a_short_change_is_seen_by_the_next_question(path: Path) -> None:
    stores = Stores([path])

    def posts() -> int:
        with stores.reading("a") as store:
            found: int = store.sql("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        return found

    assert posts() == 20
    with stores.writing("a") as store:
        store.sql("DELETE FROM posts WHERE post_id = 2")
    assert posts() == 19
    stores.close()


def test_what_comes_while_one_works_is_answered_in_one_go() -> None:
    sizes: list[int] = []
    first, go_on = threading.Event(), threading.Event()

    def answer(items: list[int]) -> list[int]:
        sizes.append(len(items))
        first.set()
        go_on.wait(10)
        return [10 * item for item in items]

    batches: Batches[int, int] = Batches(answer, 8)
    found: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda item=item: found.update({item: batches(item)}))
        for item in range(7)
    ]
    threads[0].start()
    first.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(batches._waiting) < 6:
        time.sleep(0.005)
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == {item: 10 * item for item in range(7)}
    assert sizes == [1, 6]


def test_one_that_fails_spoils_none_of_its_batch() -> None:
    together = threading.Barrier(3)
    held = threading.Event()

    def answer(items: list[int]) -> list[float]:
        held.wait(10)
        return [1 / item for item in items]

    batches: Batches[int, float] = Batches(answer, 8)
    found: dict[int, float | None] = {}

    def ask(item: int) -> None:
        together.wait(10)
        try:
            found[item] = batches(item)
        except ZeroDivisionError:
            found[item] = None

    threads = [threading.Thread(target=ask, args=(item,)) for item in (0, 2, 4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    held.set()
    for thread in threads:
        thread.join()
    assert found == {0: None, 2: 0.5, 4: 0.25}
