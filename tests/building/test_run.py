"""The main job: what a build stores, keeps, updates, rejects and survives."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.errors import (
    ColumnsError,
    FingerprintError,
    InputError,
    StoreBusyError,
)
from embedstore.progress import Step
from embedstore.storage.database import connect


def test_every_post_is_stored_and_every_distinct_text_has_one_vector(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1), post(2), post(3, content=post(1)["content"])])
    report = build(tmp_path / "s", file)
    assert report.posts.new == 3
    assert report.encoded == {"words": 2}
    assert rows(tmp_path / "s", "SELECT content_id FROM vectors ORDER BY 1") == [(1,), (2,)]
    assert rows(tmp_path / "s", "SELECT count(*) FROM text_vectors") == [(3,)]


def test_posts_have_the_documented_columns_and_values(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(7, likes="", mood="happy")])
    build(tmp_path / "s", file)
    [row] = embedstore.open(tmp_path / "s").sql("SELECT * FROM posts").to_pylist()
    assert row["post_id"] == 1
    assert row["source"] == "posts"
    assert row["id"] == "7"
    assert row["likes"] is None
    assert row["company"] == "beans"
    assert str(row["created_at"]) == "2019-03-08 12:00:00"
    assert row["formatted_text"] == ("2019-03-08 beans: post number 7 about coffee and the weather")
    assert json.loads(row["extra"]) == {"mood": "happy"}


def test_a_second_build_encodes_nothing_and_loads_no_model_library(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(n) for n in range(1, 20)])
    build(tmp_path / "s", file)
    code = (
        "import sys, embedstore;"
        f"r = embedstore.build({str(tmp_path / 's')!r}, [{str(file)!r}], images='none');"
        "assert r.encoded == {'words': 0} and r.posts.unchanged == 19, r;"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_key_updates_the_post_without_encoding_its_text_again(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2)]))
    report = build(tmp_path / "s", write_csv([post(1, likes=99), post(2)]))
    assert (report.posts.updated, report.posts.unchanged) == (1, 1)
    assert report.encoded == {"words": 0}
    assert rows(tmp_path / "s", "SELECT likes FROM posts ORDER BY post_id") == [(99,), (20,)]


def test_an_edited_text_is_encoded_and_the_old_one_leaves_nothing_behind(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2)]))
    report = build(tmp_path / "s", write_csv([post(1, content="edited"), post(2)]))
    assert report.encoded == {"words": 1}
    assert rows(tmp_path / "s", "SELECT count(*) FROM contents") == [(2,)]
    assert rows(tmp_path / "s", "SELECT count(*) FROM vectors") == [(2,)]
    assert rows(tmp_path / "s", "SELECT post_id, text FROM posts WHERE id = '1'") == [(1, "edited")]


def test_an_empty_cell_never_erases_what_is_known(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(1, mood="happy")]))
    report = build(tmp_path / "s", write_csv([post(1, likes="", company="", weather="rain")]))
    assert report.posts.updated == 1
    [(likes, company, extra)] = rows(tmp_path / "s", "SELECT likes, company, extra FROM posts")
    assert (likes, company) == (10, "beans")
    assert json.loads(extra) == {"mood": "happy", "weather": "rain"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "other"}, "belongs to account roastery, this row has other"),
        ({"date": "2020-01-01"}, "belongs to a post of 2019-03-02 12:00:00"),
    ],
)
def test_the_same_key_with_another_account_or_time_is_rejected_once(
    tmp_path: Path, write_csv: WriteCsv, change: dict[str, str], words: str
) -> None:
    file = write_csv([post(1), post(1, **change), post(2)])
    for attempt in (1, 2):
        assert build(tmp_path / "s", file).posts.rejected == 1
        [(stage, reason, line, attempts, raw)] = rows(
            tmp_path / "s", "SELECT stage, reason, line, attempts, raw FROM failures"
        )
        assert (stage, line, attempts) == ("read", 3, attempt)
        assert words in reason
        assert next(iter(change.values())) in raw
    assert rows(tmp_path / "s", "SELECT count(*) FROM posts") == [(2,)]


def test_a_row_that_was_mended_leaves_the_failures(tmp_path: Path, write_csv: WriteCsv) -> None:
    assert build(tmp_path / "s", write_csv([post(1, id=""), post(2)])).posts.rejected == 1
    report = build(tmp_path / "s", write_csv([post(1, likes=3), post(2)]))
    assert report.posts.new == 1
    assert report.failures == {}


def test_files_with_the_same_ids_live_side_by_side(tmp_path: Path, write_csv: WriteCsv) -> None:
    files = [write_csv([post(1)], "a.csv"), write_csv([post(1, username="x")], "b.csv")]
    assert build(tmp_path / "s", *files).posts.new == 2
    assert rows(tmp_path / "s", "SELECT source, id FROM posts ORDER BY ALL") == [
        ("a", "1"),
        ("b", "1"),
    ]


def test_post_ids_follow_the_order_of_the_file_and_are_never_reused(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(n) for n in (5, 3, 9)]))
    with connect(tmp_path / "s", write=True) as connection:
        connection.execute("DELETE FROM posts WHERE id = '9'")
    build(tmp_path / "s", write_csv([post(n) for n in (3, 4)]))
    assert rows(tmp_path / "s", "SELECT id, post_id FROM posts ORDER BY post_id") == [
        ("5", 1),
        ("3", 2),
        ("4", 4),
    ]


def test_a_space_of_formatted_texts_also_covers_posts_that_came_before(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1), post(2, content="same"), post(3, content="same")])
    build(tmp_path / "s", file)
    report = build(tmp_path / "s", file, space=[], text_field="formatted_text")
    # The texts of posts 2 and 3 are the same, their dates are not.
    assert report.encoded == {"words": 0, "hash_formatted_text": 3}
    counts = rows(tmp_path / "s", "SELECT space, count(*) FROM text_vectors GROUP BY 1 ORDER BY 1")
    assert counts == [("hash_formatted_text", 3), ("words", 3)]


def test_a_build_without_a_store_or_posts_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="say which posts to build it from"):
        embedstore.build(tmp_path / "s", [])
    assert not (tmp_path / "s").exists()


def test_a_file_without_text_stores_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("id,likes\n1,2\n")
    with pytest.raises(ColumnsError, match="--map text=COLUMN"):
        build(tmp_path / "s", file)


def test_vectors_of_other_settings_never_mix(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    with connect(tmp_path / "s", write=True) as connection:
        connection.execute("UPDATE spaces SET fingerprint = 'another'")
    with pytest.raises(FingerprintError, match=r"fingerprint another.*--space NAME=hash"):
        build(tmp_path / "s", write_csv([post(1), post(2)]))


def test_a_second_build_at_the_same_time_names_the_first_ones_process(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1)])
    build(tmp_path / "s", file)
    code = (
        "import time; from pathlib import Path\n"
        "from embedstore.storage.build_lock import build_lock\n"
        f"with build_lock(Path({str(tmp_path / 's')!r})):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=f"process {holder.pid} is building"):
            build(tmp_path / "s", file)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert build(tmp_path / "s", file).posts.unchanged == 1


def test_a_build_waits_for_a_reader_and_says_for_whom(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    build(tmp_path / "s", file)
    # The reader holds the file until it is told to stop, which the first note does.
    code = (
        "import sys; from pathlib import Path; from embedstore.storage.database import connect\n"
        f"held = connect(Path({str(tmp_path / 's')!r}))\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    assert reader.stdout.readline() == "open\n"
    stdin, notes = reader.stdin, []

    def watch(step: Step) -> None:
        if step.note:
            notes.append(step.note)
            stdin.close()

    report = build(tmp_path / "s", file, progress=watch)
    reader.wait()
    reader.stdout.close()
    assert report.posts.unchanged == 1
    assert f"waiting for process {reader.pid}" in notes[0]


def test_queries_are_answered_while_a_build_runs(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    files = [write_csv([post(n) for n in range(1, 200)], f"f{i}.csv") for i in range(8)]
    builder = threading.Thread(target=lambda: build(tmp_path / "s", *files))
    builder.start()
    counts = []
    while builder.is_alive():
        counts.append(rows(tmp_path / "s", "SELECT count(*) FROM posts")[0][0])
        time.sleep(0.01)
    builder.join()
    assert len(counts) > 1
    assert counts == sorted(counts)
    assert rows(tmp_path / "s", "SELECT count(*) FROM posts") == [(1 + 8 * 199,)]


def test_threads_that_open_a_store_at_the_same_moment_can_all_read_tables(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    together = threading.Barrier(3)
    found: list[int] = []

    def ask() -> None:
        for _ in range(20):
            together.wait()
            with connect(tmp_path / "s") as connection:
                connection.register("given", pa.table({"number": [1]}))
                found.append(len(connection.sql("FROM given").fetchall()))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 60


def _snapshot(store: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    posts = rows(store, "SELECT post_id, id, text, likes, text_content_id FROM posts ORDER BY 1")
    vectors = rows(store, "SELECT space, content_id, vector FROM vectors ORDER BY ALL")
    return posts, vectors


def test_a_killed_build_goes_on_and_ends_like_an_undisturbed_one(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    files = [write_csv([post(n) for n in range(1, 1500)], f"f{i}.csv") for i in range(3)]
    build(tmp_path / "whole", *files)
    code = (
        "import embedstore, embedstore.building.vector_writer as v; v.COMMIT_BYTES = 4096;"
        f"embedstore.build({str(tmp_path / 's')!r}, {[str(f) for f in files]!r},"
        " space=['words=hash'], images='none')"
    )
    for delay in (0.7, 0.95, 1.2, 1.5):
        process = subprocess.Popen([sys.executable, "-c", code])
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    build(tmp_path / "s", *files)
    assert _snapshot(tmp_path / "s") == _snapshot(tmp_path / "whole")


def test_a_full_disk_ends_in_an_error_and_a_store_that_still_opens(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    store = tmp_path / "s"
    build(store, write_csv([post(1)]))
    # Texts that don't compress outgrow the limit on file size, which stands for the disk.
    big = write_csv([post(n, content=os.urandom(2000).hex()) for n in range(2, 3000)], "big.csv")
    limit = (store / "store.duckdb").stat().st_size + 2_000_000
    code = (
        "import resource, signal, embedstore\n"
        "from embedstore.errors import StoreFullError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {resource.RLIM_INFINITY}))\n"
        "try:\n"
        f"    embedstore.build({str(store)!r}, [{str(big)!r}], images='none')\n"
        "except StoreFullError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the disk is full" in done.stdout, done.stderr
    assert rows(store, "SELECT count(*) FROM posts") == [(1,)]
    assert build(store, big).posts.new == 2998


def test_a_file_that_is_no_store_is_refused(tmp_path: Path, write_csv: WriteCsv) -> None:
    (tmp_path / "s").mkdir()
    with duckdb.connect(str(tmp_path / "s" / "store.duckdb")) as connection:
        connection.execute("CREATE TABLE t (a INT)")
    with pytest.raises(embedstore.EmbedstoreError, match="no embedstore store"):
        build(tmp_path / "s", write_csv([post(1)]))


_KEYS = st.integers(1, 4)
_ROW = st.fixed_dictionaries(
    {
        "id": _KEYS,
        "likes": st.one_of(st.just(""), st.integers(0, 9)),
        "content": st.sampled_from(["a", "b", "c d", "e"]),
    }
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(_ROW, min_size=1, max_size=6), min_size=1, max_size=2))
def test_any_order_of_new_changed_and_repeated_rows_ends_in_the_last_word_on_each_key(
    files: list[list[dict[str, object]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    expected: dict[str, dict[str, object]] = {}
    for number, content in enumerate(files):
        file = folder / f"{number}.jsonl"
        with file.open("w") as out:
            for row in content:
                filled = {key: value for key, value in row.items() if value != ""}
                out.write(json.dumps(filled) + "\n")
                expected.setdefault(str(row["id"]), {"likes": None}).update(filled)
        build(folder / "s", file, source="one")
    stored = embedstore.open(folder / "s").sql("SELECT id, likes, text FROM posts").to_pylist()
    assert {row["id"]: (row["likes"], row["text"]) for row in stored} == {
        key: (row["likes"], row["content"]) for key, row in expected.items()
    }
    texts = {row["text"] for row in stored}
    assert rows(folder / "s", "SELECT count(*) FROM vectors") == [(len(texts),)]
