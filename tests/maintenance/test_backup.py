"""A backup is of one moment, copies only what is new, and comes back equal or not at all."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from PIL import Image
from support import build, post, rows

import embedstore
from embedstore.errors import InputError, StoreBusyError, StoreDamagedError, StoreError
from embedstore.maintenance.backup import backup
from embedstore.maintenance.backup_places import open_to_write
from embedstore.maintenance.check import check
from embedstore.maintenance.remove import remove
from embedstore.maintenance.restore import restore
from embedstore.storage.database import connect, transaction

POSTS = 6
ROOT = Path(__file__).parents[2]


def _write(folder: Path, numbers: range) -> Path:
    """Posts with a picture each."""
    lines = []
    for number in numbers:
        data = io.BytesIO()
        pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(data, "PNG")
        (folder / f"{number}.png").write_bytes(data.getvalue())
        lines.append(json.dumps(post(number, media=f"{number}.png")))
    file = folder / "posts.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of posts that have a picture each."""
    folder = tmp_path_factory.mktemp("made")
    build(folder / "s", _write(folder, range(1, POSTS + 1)), images="local")
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "s"


def _contents(folder: Path) -> dict[str, str]:
    """The bytes of all files, but for locks."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in ("build.lock", "turnstile.lock", "lock")
    }


@pytest.mark.parametrize("to", ["backup", "backup.zip", "file://{}/backup", "memory://backup"])
def test_a_store_comes_back_equal_from_every_kind_of_place(
    store: Path, tmp_path: Path, to: str
) -> None:
    place = to.format(tmp_path) if "://" in to else tmp_path / to
    done = backup(embedstore.open(store), place)
    assert done.missing == []
    restore(place, tmp_path / "again")
    assert _contents(tmp_path / "again") == _contents(store)
    assert all(not finding.broken for finding in check(embedstore.open(tmp_path / "again")))


def test_a_later_backup_copies_only_what_is_new_and_drops_what_is_gone(
    store: Path, tmp_path: Path
) -> None:
    to = tmp_path / "backup"
    first = backup(embedstore.open(store), to)
    assert first.copied_files == first.files
    again = backup(embedstore.open(store), to)
    assert (again.copied_files, again.copied_bytes) == (0, 0)
    build(store, _write(tmp_path, range(1, POSTS + 3)), images="local")
    later = backup(embedstore.open(store), to)
    fresh = set(_contents(store))
    assert later.files == len(fresh)
    pictures = [name for name in fresh if name.startswith("media")]
    assert later.copied_files <= later.files - len(pictures) + 2
    remove(embedstore.open(store, "rw"), "id IN ('1', '2')")
    backup(embedstore.open(store), to)
    restore(to, tmp_path / "again")
    assert _contents(tmp_path / "again") == _contents(store)
    gone = set(pictures) - set(_contents(store))
    assert len(gone) == 2
    kept = {file.name for file in (to / "objects").rglob("*")}
    assert not any(Path(name).name in kept for name in gone)


def test_a_backup_is_consistent_while_builds_write(store: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            time.sleep(0.02)  # a build encodes between two commits
            # Both are changed in one transaction: no backup may have one without the other.
            with transaction(store) as connection:
                connection.execute("UPDATE posts SET likes = ?", [number])
                connection.execute("UPDATE posts SET comments = ?", [number])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            backup(embedstore.open(store), tmp_path / "backup")
            restore(tmp_path / "backup", tmp_path / "again")
            [[least, most]] = rows(
                tmp_path / "again", "SELECT min(likes - comments), max(likes - comments) FROM posts"
            )
            assert (least, most) == (0, 0)
            shutil.rmtree(tmp_path / "again")
    finally:
        stop.set()
        writer.join()


def test_a_damaged_database_never_replaces_a_good_backup(store: Path, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    backup(embedstore.open(store), to)
    before = _contents(to)
    file = store / "store.duckdb"
    data = bytearray(file.read_bytes())
    with connect(store) as connection:
        size = connection.execute("CALL pragma_database_size()").fetchall()[0][2]
        [[block]] = connection.execute(
            "SELECT max(block_id) FROM pragma_storage_info('posts') WHERE column_name = 'text'"
        ).fetchall()
    data[3 * 4096 + block * size + 100] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreDamagedError, match=r"not backed up.*rescue"):
        backup(embedstore.open(store), to)
    assert _contents(to) == before


CUT_OFF = """
import os, sys
import embedstore
from embedstore.maintenance import backup, backup_places
left = [int(sys.argv[3])]
def counted(function):
    def call(*arguments):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return function(*arguments)
    return call
place = {"zip": backup_places._Archive}.get(sys.argv[2].rpartition(".")[2], backup_places._Folder)
for name in ("write", "delete", "replace_manifest"):
    setattr(place, name, counted(getattr(place, name)))
backup.backup(embedstore.open(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize(("name", "after"), [("b", 7), ("b.zip", 3)])
def test_a_backup_that_was_killed_leaves_the_former_one_whole(
    store: Path, tmp_path: Path, name: str, after: int
) -> None:
    to = tmp_path / name
    backup(embedstore.open(store), to)
    before = _contents(store)
    remove(embedstore.open(store, "rw"), "id IN ('1', '2', '3')")
    build(store, _write(tmp_path, range(POSTS + 1, POSTS + 4)), images="local")
    ended = subprocess.run(
        [sys.executable, "-c", CUT_OFF, str(store), str(to), str(after)],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert ended.returncode == 9
    restore(to, tmp_path / "again")
    # Killed among the deletions, which come last, the new one is whole.
    assert _contents(tmp_path / "again") in (before, _contents(store))
    shutil.rmtree(tmp_path / "again")
    backup(embedstore.open(store), to)
    restore(to, tmp_path / "again")
    assert _contents(tmp_path / "again") == _contents(store)
    assert not [file for file in tmp_path.rglob("*") if file.name.endswith(".new")]
    assert not (to / "scratch").exists()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_a_damaged_backup_is_refused_or_comes_back_equal(
    store: Path, tmp_path: Path, seed: int, name: str
) -> None:
    to = tmp_path / name
    backup(embedstore.open(store), to)
    dice = np.random.default_rng(seed)
    files = [to] if to.is_file() else sorted(file for file in to.rglob("*") if file.is_file())
    file = files[dice.integers(len(files))]
    data = bytearray(file.read_bytes())
    for _ in range(int(dice.integers(1, 4))):
        data[dice.integers(len(data))] ^= 1 << int(dice.integers(8))
    file.write_bytes(data)
    try:
        restore(to, tmp_path / "again")
    except (StoreError, InputError):
        assert not (tmp_path / "again").exists()
        return
    restored, wanted = _contents(tmp_path / "again"), _contents(store)
    # A damaged index is left out: it is made again.
    assert {name: restored.get(name, wanted[name]) for name in wanted} == wanted
    assert {name for name in wanted if name not in restored} <= {
        name for name in wanted if name.startswith("index/")
    }


def test_a_picture_damaged_in_a_backup_is_named_and_the_rest_restored_if_asked(
    store: Path, tmp_path: Path
) -> None:
    to = tmp_path / "backup"
    backup(embedstore.open(store), to)
    picture = next(name for name in _contents(store) if name.startswith("media/"))
    (to / "objects" / picture.removeprefix("media/")).write_bytes(b"other")
    with pytest.raises(StoreError, match=f"{picture}.*--partial"):
        restore(to, tmp_path / "again")
    done = restore(to, tmp_path / "again", partial=True)
    assert done.lost == [picture]
    assert rows(tmp_path / "again", "SELECT count(*) FROM posts") == [(POSTS,)]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "media/../../x", "store.duckdb.wal", "a\\b"])
def test_a_manifest_that_names_files_elsewhere_is_refused(
    store: Path, tmp_path: Path, name: str
) -> None:
    from embedstore.maintenance import backup_manifest as module

    to = tmp_path / "backup"
    backup(embedstore.open(store), to)
    found = json.loads((to / "manifest.json").read_text())
    found.pop("sha256")
    found["files"][name] = found["files"]["store.duckdb"]
    (to / "manifest.json").write_text(json.dumps(found | {"sha256": module._hash(found)}))
    with pytest.raises(StoreError, match="manifest"):
        restore(to, tmp_path / "again")


def test_what_can_t_be_done_is_said_in_a_sentence(store: Path, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    backup(embedstore.open(store), to)
    with pytest.raises(InputError, match="not empty"):
        restore(to, store)
    with pytest.raises(InputError, match="no backup"):
        restore(tmp_path / "none", tmp_path / "again")
    with pytest.raises(InputError, match="no backup"):
        backup(embedstore.open(store), store)
    with open_to_write(to), pytest.raises(StoreBusyError, match="another backup"):
        backup(embedstore.open(store), to)
    with transaction(store) as connection:
        connection.execute("UPDATE meta SET value = 'other' WHERE key = 'store_id'")
    with pytest.raises(InputError, match="another store"):
        backup(embedstore.open(store), to)


def test_the_commands_say_what_they_did(store: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    said = run(command, ["backup", str(store), str(tmp_path / "b")]).stdout
    assert "backed up to" in said
    said = run(command, ["restore", str(tmp_path / "b"), str(tmp_path / "again")]).stdout
    assert "restored to" in said
    next(file for file in (store / "media").rglob("*") if file.is_file()).unlink()
    done = run(command, ["backup", str(store), str(tmp_path / "c")])
    assert done.exit_code == 1
    assert "embedstore check" in done.stderr
