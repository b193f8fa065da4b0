"""Index files: kept current by segments, told from others', mended when they are damaged."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from made_store import DIM, add, change, clustered, keep_index, make, nearest

import embedstore
from embedstore.errors import StoreError
from embedstore.index import fingerprint, inverted_lists, segments, subjects, updater, upkeep
from embedstore.storage import database
from embedstore.storage.layout import database_file

FOLDER = Path("index") / "words-texts"


@pytest.fixture(params=["exact", "lists"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of index, on stores of the same size."""
    if request.param == "lists":
        monkeypatch.setattr(inverted_lists, "EXACT_FLOATS", 0)
    return str(request.param)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two stores of 600 posts with a current index of each kind."""
    stores = {}
    for name, seed in (("exact", 0), ("lists", 0), ("other", 5)):
        stores[name] = tmp_path_factory.mktemp("made") / "s"
        make(stores[name], clustered(600, seed=seed))
        with pytest.MonkeyPatch.context() as patch:
            if name == "lists":
                patch.setattr(inverted_lists, "EXACT_FLOATS", 0)
            [report] = keep_index(stores[name])
        assert report.added == 600
        assert (report.lists > 0) == (name == "lists")
    return stores


@pytest.fixture
def store(tmp_path: Path, kind: str, made: dict[str, Path]) -> Path:
    """600 posts with a current index."""
    shutil.copytree(made[kind], tmp_path / "s", copy_function=shutil.copy2)
    return tmp_path / "s"


def verify(store: Path) -> list[str]:
    with database.connect(store) as connection:
        return upkeep.verify(store, connection)


def files(store: Path) -> dict[str, int]:
    """Segment files with the time they were written."""
    return {f.name: f.stat().st_mtime_ns for f in sorted((store / FOLDER).glob("0*"))}


def answers_right(store: Path, rows: int = 600) -> bool:
    """Whether a search through the index finds what brute force finds."""
    with database.connect(store) as connection:
        table = connection.sql(
            "SELECT content_id, vector FROM vectors ORDER BY content_id"
        ).to_arrow_table()
    vectors = np.array(table["vector"].to_pylist(), dtype=np.float32)
    assert len(vectors) == rows
    ids = table["content_id"].to_numpy()
    with embedstore.open(store) as opened:
        for query in clustered(8, seed=9):
            expected = set(ids[nearest(vectors, query)[0][:5]].tolist())
            found = opened.similar(vector=query, k=5)["post_id"].to_pylist()
            if set(found) != expected:
                return False
    return True


def test_an_untouched_store_has_nothing_written(store: Path) -> None:
    def times() -> dict[str, int]:
        return files(store) | {"manifest": (store / FOLDER / "manifest.json").stat().st_mtime_ns}

    before = times()
    assert keep_index(store)[0].added == 0
    assert times() == before


def test_an_untouched_store_needs_no_faiss(made: dict[str, Path]) -> None:
    program = (
        "import sys; from pathlib import Path; from embedstore.index import upkeep\n"
        "from embedstore.storage import database\n"
        "path = Path(sys.argv[1])\n"
        "[report] = upkeep.update(path, database.connect(path))\n"
        "assert report.added == 0, report\n"
        "assert 'faiss' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, made["exact"]], check=True)


def test_new_posts_go_into_a_segment_of_their_own(store: Path) -> None:
    before = files(store)
    add(store, clustered(6, seed=1))
    [report] = keep_index(store)
    assert (report.added, report.segments) == (6, 2)
    assert {name: files(store)[name] for name in before} == before
    assert answers_right(store, 606)


@pytest.mark.parametrize("kind", ["lists"], indirect=True)
def test_small_segments_are_merged_as_they_become_many(store: Path) -> None:
    written = 0
    for number in range(16):
        add(store, clustered(5, seed=number + 1))
        [report] = keep_index(store)
        written += report.added
        assert report.segments <= 7  # a logarithmic number: 600, then 80, 40, 20, 10, 5
    assert written < 16 * 5 * 6
    assert answers_right(store, 680)
    assert verify(store) == []


def test_an_index_that_was_outgrown_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inverted_lists, "EXACT_FLOATS", 650 * DIM)
    make(tmp_path, clustered(600))
    assert keep_index(tmp_path)[0].lists == 0
    add(tmp_path, clustered(60, seed=1))
    [report] = keep_index(tmp_path)
    assert (report.lists, report.added, report.segments) == (16, 660, 1)
    assert answers_right(tmp_path, 660)


def test_removed_contents_vanish_and_many_of_them_have_the_segment_written_anew(
    store: Path,
) -> None:
    forget = "WHERE content_id IN (SELECT text_content_id FROM gone)"
    leave = (
        "CREATE TEMP TABLE gone AS SELECT * FROM posts WHERE {0}; DELETE FROM posts WHERE {0};"
        f"DELETE FROM vectors {forget}; DELETE FROM contents {forget}"
    )
    change(store, leave.format("post_id BETWEEN 100 AND 150"))
    opened = embedstore.open(store)
    found = opened.similar(vector=clustered(600)[120], k=600)["post_id"].to_pylist()
    assert len(found) == 549
    assert not set(range(100, 151)) & set(found)
    before = files(store)
    assert keep_index(store)[0].vectors == 549
    assert files(store) == before
    change(store, leave.format("post_id <= 300"))
    [report] = keep_index(store)
    assert (report.added, report.segments, report.vectors) == (300, 1, 300)
    assert answers_right(store, 300)


def test_any_history_of_posts_ends_in_an_index_of_what_is_there(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(3)
    make(tmp_path, clustered(100))
    for step in range(8):
        add(tmp_path, clustered(int(rng.integers(1, 120)), seed=step))
        share = rng.integers(1, 10)
        change(
            tmp_path,
            f"DELETE FROM posts WHERE hash(post_id, {step}) % 10 < {share * (step % 2)};"
            "DELETE FROM vectors WHERE content_id NOT IN (SELECT text_content_id FROM posts);"
            "DELETE FROM contents WHERE content_id NOT IN (SELECT text_content_id FROM posts)",
        )
        keep_index(tmp_path)
        assert verify(tmp_path) == []
        with database.connect(tmp_path) as connection:
            [subject] = subjects.subjects(connection)
            opened = upkeep.open_index(tmp_path, connection, subject)
            posts = connection.sql("SELECT post_id FROM posts ORDER BY 1").fetchall()
        assert np.flatnonzero(opened.contents).tolist() == [post for (post,) in posts]
        assert (opened.lists == 0) == (kind == "exact")


def test_searches_that_find_no_index_together_make_one(store: Path) -> None:
    shutil.rmtree(store / "index")
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(answers_right, [store] * 4))
    assert list(files(store)) == ["000001.faiss", "000001.npy"]


def flip_a_bit(file: Path, offset: int) -> None:
    """Change one bit, so many bytes behind the middle."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2 + offset] ^= 1
    file.write_bytes(data)


def damage_by_truncation(folder: Path) -> None:
    os.truncate(folder / "000001.faiss", 1000)


def damage_by_deletion(folder: Path) -> None:
    (folder / "000001.faiss").unlink()


def damage_by_one_bit(folder: Path) -> None:
    flip_a_bit(folder / "000001.faiss", 0)


def damage_to_the_entries(folder: Path) -> None:
    (folder / "000001.npy").write_bytes(b"\x93NUMPY nonsense")


def damage_to_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"format": 1, "segm')


def loss_of_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)


DAMAGES = (
    *(damage_by_truncation, damage_by_deletion, damage_by_one_bit),
    *(damage_to_the_entries, damage_to_the_manifest, loss_of_the_folder),
)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("by", ["a search", "a build"])
@pytest.mark.parametrize("kind", ["lists"], indirect=True)
def test_damage_is_noticed_and_mended(store: Path, damage: Callable[[Path], None], by: str) -> None:
    damage(store / FOLDER)
    assert len(verify(store)) == 1
    if by == "a build":
        assert len(keep_index(store)[0].faults) == 1
        assert verify(store) == []
    assert answers_right(store)
    assert verify(store) == []


def test_the_index_of_another_store_is_not_used(store: Path, made: dict[str, Path]) -> None:
    shutil.rmtree(store / FOLDER)
    shutil.copytree(made["other"] / FOLDER, store / FOLDER)
    assert "another store" in verify(store)[0]
    assert answers_right(store)
    assert verify(store) == []


def test_a_file_of_another_store_under_our_name_is_noticed(
    store: Path, made: dict[str, Path]
) -> None:
    shutil.copy2(made["other"] / FOLDER / "000001.faiss", store / FOLDER / "000001.faiss")
    assert "damaged" in verify(store)[0]
    assert answers_right(store)


def test_ids_of_another_history_of_the_same_store_are_noticed(store: Path) -> None:
    """A backup is brought back and goes on differently: the same ids stand for other texts."""
    backup = database_file(store).read_bytes()
    add(store, clustered(10, seed=1))
    keep_index(store)
    database_file(store).write_bytes(backup)
    add(store, clustered(10, seed=2), text=[f"other text {number}" for number in range(10)])
    assert any("other contents" in fault for fault in verify(store))
    assert answers_right(store, 610)


def test_other_weights_need_another_index(store: Path) -> None:
    change(store, "UPDATE spaces SET fingerprint = 'retrained'")
    assert "other weights" in verify(store)[0]
    assert keep_index(store)[0].added == 600


def test_a_flipped_bit_in_a_large_file_that_looks_untouched_is_found_by_verify(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "SMALL_BYTES", 0)
    monkeypatch.setattr(fingerprint, "SAMPLE_BYTES", 8)
    change(store, "UPDATE meta SET value = 'x' || value WHERE key = 'store_id'")
    keep_index(store)  # written again, with samples of this size
    [file] = (store / FOLDER).glob("*.faiss")
    flip_a_bit(file, 301)
    assert len(keep_index(store)[0].faults) == 1  # its time tells
    [file] = (store / FOLDER).glob("*.faiss")
    times = file.stat()
    flip_a_bit(file, 301)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert keep_index(store)[0].faults == []  # nothing to see without reading all of it
    assert "damaged" in verify(store)[0]
    assert len(keep_index(store, full=True)[0].faults) == 1
    assert verify(store) == []


def test_large_indexes_are_mapped_and_answer_the_same(
    store: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "SMALL_BYTES", 0)
    with database.connect(store) as connection:
        [subject] = subjects.subjects(connection)
        listed, _ = segments.read_manifest(store / FOLDER, subject)
    loaded = segments.load_index(store / FOLDER, listed[0])
    if kind == "lists":
        lists = segments.faiss_module().downcast_InvertedLists(loaded.invlists)
        assert type(lists).__name__ == "OnDiskInvertedLists"
    assert answers_right(store)
    add(store, clustered(9, seed=3))
    keep_index(store)
    assert answers_right(store, 609)


def test_a_segment_is_written_in_pieces_of_bounded_size(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updater, "SEGMENT_BYTES", 150 * DIM * (4 if kind == "exact" else 2))
    make(tmp_path, clustered(600))
    assert keep_index(tmp_path)[0].segments == 4
    assert answers_right(tmp_path)
    add(tmp_path, clustered(10, seed=1))
    assert keep_index(tmp_path)[0].added == 10
    assert answers_right(tmp_path, 610)


def test_leftovers_of_an_interrupted_write_go(store: Path) -> None:
    (store / FOLDER / "000007.faiss").write_bytes(b"half")
    (store / FOLDER / "manifest.json.new").write_bytes(b"{")
    keep_index(store)
    assert sorted(file.name for file in (store / FOLDER).iterdir()) == [
        "000001.faiss",
        "000001.npy",
        "manifest.json",
    ]


def test_the_index_of_a_space_that_went_goes_too(store: Path) -> None:
    change(store, "DELETE FROM spaces; DELETE FROM vectors")
    assert keep_index(store) == []
    assert not list((store / FOLDER).iterdir())


def test_vectors_that_no_index_can_hold_are_left_out_until_they_are_mended(store: Path) -> None:
    change(
        store,
        "UPDATE vectors SET vector = [1, 2]::FLOAT[] WHERE content_id = 7;"
        "UPDATE vectors SET vector = list_transform(vector, lambda x: 'nan'::FLOAT)"
        " WHERE content_id = 8;"
        "UPDATE vectors SET vector = list_transform(vector, lambda x: 0::FLOAT)"
        " WHERE content_id = 9",
    )
    with database.connect(store) as connection:
        upkeep.rebuild(store, connection)
    assert verify(store) == []
    opened = embedstore.open(store)
    found = opened.similar(vector=clustered(1)[0], k=700)
    assert found.num_rows == 598
    assert not {7, 8} & set(found["post_id"].to_pylist())
    scores = dict(zip(found["post_id"].to_pylist(), found["score"].to_pylist(), strict=True))
    assert scores[9] == 0
    healthy = ", ".join(str(float(x)) for x in clustered(8)[7])
    change(store, f"UPDATE vectors SET vector = [{healthy}]::FLOAT[] WHERE content_id = 8")
    keep_index(store)
    assert opened.similar(vector=clustered(8)[7], k=1)["post_id"].to_pylist() == [8]


def test_a_search_answers_where_the_index_cannot_be_written(store: Path) -> None:
    shutil.rmtree(store / "index")
    (store / "index").write_text("in the way")
    assert answers_right(store)
    with pytest.raises(StoreError, match="can't be written"):
        keep_index(store)


def test_part_of_an_index_is_used_where_the_rest_cannot_be_written(store: Path) -> None:
    add(store, clustered(6, seed=1))
    (store / "index" / "lock").unlink()
    (store / "index" / "lock").mkdir()
    before = files(store)
    assert answers_right(store, 606)
    assert files(store) == before


def test_progress_and_times_are_told(tmp_path: Path, kind: str) -> None:
    make(tmp_path, clustered(600))
    steps: list[embedstore.progress.Step] = []
    with database.connect(tmp_path) as connection:
        [report] = upkeep.update(tmp_path, connection, progress=steps.append)
    assert (steps[-1].stage, steps[-1].done, steps[-1].total) == ("index words", 600, 600)
    assert set(report.seconds) == {"verify", "write"} | ({"train"} if kind == "lists" else set())
