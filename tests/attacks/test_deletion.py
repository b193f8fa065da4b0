"""What is deleted stays deleted: a process that ends in the middle is finished by the next one."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.errors import StoreError
from embedstore.files import whole_file
from embedstore.maintenance.check import check, repair
from embedstore.maintenance.remove import remove
from embedstore.storage import unfinished
from embedstore.storage.database import connect
from embedstore.storage.layout import image_file

ROOT = Path(__file__).parents[2]
POSTS = 8

CUT_OFF = """
import os, sys
from pathlib import Path
import embedstore
from embedstore.index import upkeep
from embedstore.maintenance.remove import remove
number = [0]
def unlink(self, missing_ok=False):
    # Only pictures are counted: the process ends at the second.
    if "media" in self.parts:
        number[0] += 1
        if number[0] == 2:
            os._exit(9)
    os.unlink(self)
Path.unlink = unlink
if sys.argv[2] == "index":
    Path.unlink = lambda self, missing_ok=False: os.path.exists(self) and os.unlink(self)
    upkeep.rebuild = lambda *_: os._exit(9)
remove(embedstore.open(sys.argv[1], "rw"), "id IN ('2', '4', '6')")
"""


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Posts that have a picture each."""
    posts = []
    for number in range(1, POSTS + 1):
        data = io.BytesIO()
        pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(data, "PNG")
        (tmp_path / f"{number}.png").write_bytes(data.getvalue())
        posts.append(post(number, media=f"{number}.png"))
    build(tmp_path / "s", write_csv(posts), images="local")
    assert len(_images(tmp_path / "s")) == POSTS
    return tmp_path / "s"


def _images(store: Path) -> list[Path]:
    return [file for file in (store / "media").rglob("*") if file.is_file()]


def _broken(store: Path) -> list[str]:
    return [finding.promise for finding in check(embedstore.open(store)) if finding.broken]


def _cut_off(store: Path, at: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF, str(store), at],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 9


NEXT = {
    "build": lambda store: build(store),
    "remove": lambda store: remove(embedstore.open(store, "rw"), "id = 'none'"),
    "repair": lambda store: repair(embedstore.open(store)),
}


@pytest.mark.parametrize("command", NEXT)
@pytest.mark.parametrize("at", ["picture", "index"])
def test_a_removal_that_was_cut_off_is_finished_by_the_next_command(
    store: Path, at: str, command: str
) -> None:
    _cut_off(store, at)
    assert rows(store, "SELECT count(*) FROM posts") == [(POSTS - 3,)]
    assert "what was to be deleted is deleted" in _broken(store)
    if at == "picture":
        assert "each image file belongs to a picture of a post" in _broken(store)
    NEXT[command](store)
    assert len(_images(store)) == POSTS - 3
    assert rows(store, "SELECT count(*) FROM pending_deletions") == [(0,)]
    assert _broken(store) == []


def test_a_picture_that_came_back_is_not_deleted(store: Path) -> None:
    _cut_off(store, "picture")
    [kept] = rows(store, "SELECT sha256 FROM contents WHERE kind = 'image' LIMIT 1")
    with connect(store, write=True) as connection:
        connection.execute("INSERT INTO pending_deletions VALUES ('image', ?)", kept)
    build(store)
    assert image_file(store, kept[0]).is_file()


def test_damaged_pictures_are_deleted_by_a_repair(store: Path) -> None:
    for file in _images(store)[:3]:
        file.write_bytes(b"damaged")
    repair(embedstore.open(store))
    assert len(_images(store)) == POSTS - 3
    build(store, images="local")
    assert len(_images(store)) == POSTS
    assert _broken(store) == []


@pytest.mark.parametrize("name", ["../../../precious", "/etc/hostname", "AB" * 32, ""])
def test_a_content_whose_hash_is_a_path_deletes_no_file(
    store: Path, tmp_path: Path, name: str
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("x")
    name = name.replace("../../../precious", str(precious))
    with pytest.raises(StoreError, match="no SHA-256"):
        image_file(store, name)
    with connect(store, write=True) as connection:
        connection.execute(
            "UPDATE contents SET sha256 = ? WHERE content_id = (SELECT content_id FROM media"
            " JOIN posts USING (post_id) WHERE id = '2')",
            [name],
        )
    assert "each picture's file is there and unaltered" in _broken(store)
    remove(embedstore.open(store, "rw"), "id = '2'")
    assert precious.read_text() == "x"
    assert rows(store, "SELECT count(*) FROM posts") == [(POSTS - 1,)]


def test_a_pending_deletion_that_is_a_path_is_refused(store: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("x")
    with connect(store, write=True) as connection:
        connection.execute("INSERT INTO pending_deletions VALUES ('image', ?)", [str(precious)])
    with pytest.raises(StoreError, match="no SHA-256"):
        remove(embedstore.open(store, "rw"), "id = '2'")
    assert precious.read_text() == "x"


def test_half_written_files_are_seen_and_cleared_by_the_next_build(store: Path) -> None:
    """As after a kill: the last build has no end, and pictures are whole or half there."""
    with connect(store, write=True) as connection:
        connection.execute("UPDATE builds SET finished_at = NULL")
    data = b"fetched, and never put on record"
    unowned = image_file(store, hashlib.sha256(data).hexdigest())
    unowned.parent.mkdir(exist_ok=True)
    unowned.write_bytes(data)
    image = _images(store)[0]
    (image.parent / f".{image.name}.0a1b2c3d").write_bytes(b"half, by an earlier version")
    writing = whole_file(image)
    writing.__enter__()  # and never left
    (store / "store.duckdb.new.wal").write_bytes(b"half, by an earlier version")
    own = image.parent / "notes.txt"
    own.write_text("mine")
    found = _broken(store)
    assert "each image file belongs to a picture of a post" in found
    assert "no files are left of an interrupted write" in found
    build(store)
    assert _broken(store) == []
    assert len(_images(store)) == POSTS + 1
    assert own.read_text() == "mine"


def _files_with(store: Path, *texts: bytes) -> list[str]:
    return [
        file.name
        for file in store.rglob("*")
        if file.is_file() and any(text in file.read_bytes() for text in texts)
    ]


@pytest.mark.parametrize("cut_off", [False, True])
def test_no_byte_of_a_removed_text_or_name_is_left_in_any_file(
    tmp_path: Path, write_csv: WriteCsv, cut_off: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, name = b"whispered zanzibar secrets", b"vanishing_act"
    posts = [post(number, content=f"an ordinary text, number {number}") for number in range(500)]
    posts[77] = post(77, content=secret.decode(), username=name.decode())
    store = tmp_path / "s"
    build(store, write_csv(posts))
    assert _files_with(store, secret) == ["store.duckdb"]
    before = rows(store, "SELECT * FROM posts WHERE id <> '77' ORDER BY post_id")
    if cut_off:
        with monkeypatch.context() as patch:
            patch.setattr(unfinished, "rewrite", _ends)
            with pytest.raises(KeyboardInterrupt):
                remove(embedstore.open(store, "rw"), "id = '77'")
        assert "what was to be deleted is deleted" in _broken(store)
        build(store)
    else:
        remove(embedstore.open(store, "rw"), "id = '77'")
    assert _files_with(store, secret, name) == []
    assert rows(store, "SELECT * FROM posts ORDER BY post_id") == before
    assert _broken(store) == []
    with embedstore.open(store) as opened:
        assert opened.similar(text="an ordinary text", k=3).num_rows == 3


def _ends(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
