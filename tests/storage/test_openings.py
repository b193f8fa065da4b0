"""A store that is opened for each call, in an instance of DuckDB that is kept."""

import threading
from pathlib import Path

import duckdb
import pytest
from made_store import add, clustered

import embedstore
from embedstore.errors import StoreNotFoundError
from embedstore.storage import database
from embedstore.storage.layout import database_file

VECTORS = clustered(40)


def test_a_search_sees_what_was_written_since_the_last_and_holds_nothing_after(store: Path) -> None:
    opened = embedstore.open(store)
    assert opened.similar(vector=VECTORS[35], k=1)["post_id"].to_pylist() != [36]
    add(store, VECTORS[30:])
    assert opened.similar(vector=VECTORS[35], k=1)["post_id"].to_pylist() == [36]
    # A client of another program, which knows nothing of the turnstile.
    duckdb.connect(str(database_file(store))).close()


def test_threads_share_one_opening_and_the_last_of_them_closes_it(store: Path) -> None:
    opened = embedstore.open(store)
    both = threading.Barrier(2, timeout=30)
    seen: list[int] = []

    def ask() -> None:
        with opened.connection(own=True) as connection:
            both.wait()
            seen.append(connection.execute("SELECT count(*) FROM posts").fetchall()[0][0])
            with opened.connection() as inside:  # a call within the call asks the same store
                seen.append(inside.execute("SELECT count(*) FROM posts").fetchall()[0][0])

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [30] * 4
    database.connect(store, write=True, wait_s=0).close()


def test_after_an_error_the_next_call_answers(store: Path) -> None:
    opened = embedstore.open(store)
    with pytest.raises(duckdb.Error), opened.connection(own=True) as connection:
        connection.execute("SELECT error('broken')")
    database.connect(store, write=True, wait_s=0).close()
    assert opened.similar(post="made:4", k=3).num_rows == 3


def test_a_store_that_went_away_is_named(store: Path) -> None:
    opened = embedstore.open(store)
    opened.similar(post="made:4")
    database_file(store).rename(store / "elsewhere")
    with pytest.raises(StoreNotFoundError, match="there is no store at"):
        opened.similar(post="made:4")
