"""What is forgotten is in no byte of the store or of its backups, and stays out of later builds."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from PIL import Image
from support import WriteCsv, build, post, rows

import embedstore
import heads
from embedstore.maintenance.backup import backup
from embedstore.maintenance.check import check
from embedstore.maintenance.remove import remove
from embedstore.maintenance.restore import restore
from embedstore.storage.database import transaction
from embedstore.storage.layout import run_folder, shards_folder

SECRET, NAME = "whispered zanzibär secrets", "vanishing_act"
POSTS = 60


def _picture(number: int) -> bytes:
    data = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def file(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Posts of two accounts; one post of a third has a secret and a picture."""
    posts = [post(number, username=f"account{number % 2}") for number in range(POSTS)]
    for number in (7, 8):
        (tmp_path / f"{number}.png").write_bytes(_picture(number))
        posts[number] |= {"media": f"{number}.png"}
    posts[7] |= {"content": SECRET, "username": NAME}
    return write_csv([{"media": ""} | each for each in posts])


@pytest.fixture
def store(tmp_path: Path, file: Path) -> Path:
    """A store that has noted the secret among its failures, too."""
    path = tmp_path / "s"
    build(path, file, images="local")
    again = tmp_path / f"{NAME}.csv"
    # The same key with another account is refused, and noted with all that the row says.
    again.write_text(file.read_text().replace(f",{NAME},", ",somebody,"), encoding="utf-8")
    build(path, again, images="local", source="posts")
    assert rows(path, "SELECT count(*) FROM failures WHERE class = 'conflict'") == [(1,)]
    return path


def _with_bytes(folder: Path) -> list[str]:
    wanted = [
        SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), SECRET[:16].encode(), NAME.encode(),
        _picture(7)[40:],
    ]  # fmt: skip
    return sorted(
        file.name
        for file in folder.rglob("*")
        if file.is_file() and any(each in file.read_bytes() for each in wanted)
    )


def test_no_byte_is_left_in_the_store_its_heads_or_its_backups(
    store: Path, tmp_path: Path, file: Path
) -> None:
    run = heads.fit_likes(store, model_name="lgbm", inputs="history,time")
    other = heads.fit_likes(store, model_name="lgbm", inputs="history,time")
    # A head that keeps an account by its name.
    (run_folder(store, run.run_id) / "notes.md").write_text(f"best of @{NAME}: 3\n")
    (run_folder(store, other.run_id) / "notes.md").write_text("best of @account1: 3\n")
    with transaction(store) as connection:
        connection.execute(
            "INSERT INTO topics VALUES (1, NULL, 0, ?, false, ['coffee', ?, 'weather'], 9)",
            [f"coffee, {NAME}", NAME],
        )
    shards_folder(store).mkdir()
    (shards_folder(store) / "x").write_text(SECRET)
    places = [tmp_path / "backup", tmp_path / "backup.zip"]
    for place in places:
        backup(embedstore.open(store), place)
        assert _with_bytes(place if place.is_dir() else tmp_path)
    named = [word for place in places for word in ("--backup", str(place))]
    said = CliRunner().invoke(
        command,
        ["remove", str(store), "--where", f"username = '{NAME}'", "--forget", "--yes", *named],
    )
    assert run.run_id in said.stdout, said.output
    assert other.run_id not in said.stdout
    assert _with_bytes(store) == []
    assert _with_bytes(places[0]) == []
    # A zip keeps its parts as they are.
    assert not any(word in places[1].read_bytes() for word in (SECRET.encode(), NAME.encode()))
    restore(places[1], tmp_path / "unpacked")
    assert _with_bytes(tmp_path / "unpacked") == []
    assert not [each.promise for each in check(embedstore.open(store)) if each.broken]
    assert rows(store, "SELECT run_id FROM runs") == [(other.run_id,)]
    assert rows(store, "SELECT name FROM topics") == [("coffee, weather",)]
    assert rows(store, "SELECT count(*) FROM posts") == [(POSTS - 1,)]

    report = build(store, file, images="local")
    assert report.left_out == {"forgotten": 1}
    assert rows(store, "SELECT count(*) FROM posts WHERE id = '7'") == [(0,)]
    assert _with_bytes(store) == []
    shown = CliRunner().invoke(command, ["build", str(store), str(file), "--images", "none"])
    assert "1 post left out that `remove --forget` has removed" in shown.stdout
    build(store, file, images="local", allow_forgotten=True)
    assert rows(store, "SELECT text FROM posts WHERE id = '7'") == [(SECRET,)]
    assert build(store, file, images="local").left_out == {}


def test_what_other_posts_share_stays(store: Path) -> None:
    before = rows(store, "SELECT count(*) FROM failures")
    remove(embedstore.open(store, "rw"), "id IN ('2', '4')", forget=True)
    assert rows(store, "SELECT count(*) FROM posts WHERE username = 'account0'") == [(28,)]
    assert rows(store, "SELECT count(*) FROM failures") == before
    assert rows(store, "SELECT count(*) FROM builds WHERE report IS NULL") == [(0,)]
    assert rows(store, "SELECT count(*) FROM forgotten_keys") == [(2,)]


def test_kept_keys_tell_nothing_of_the_posts(store: Path) -> None:
    remove(embedstore.open(store, "rw"), "id = '7'", forget=True)
    [[kept]] = rows(store, "SELECT hash FROM forgotten_keys")
    # Without the store's own number the hash can't be looked up in a list of hashed ids.
    assert kept != rows(store, "SELECT sha256(concat_ws(chr(31), 'posts', '7'))")[0][0]
    assert len(kept) == 64


def test_a_table_of_posts_or_contents_that_comes_later_is_cleared_too(store: Path) -> None:
    with transaction(store) as connection:
        connection.execute("CREATE TABLE later AS SELECT post_id, text FROM posts")
        connection.execute("CREATE TABLE later_words AS SELECT content_id FROM contents")
    remove(embedstore.open(store, "rw"), "id = '7'", forget=True)
    assert rows(store, "SELECT count(*) FROM later") == [(POSTS - 1,)]
    assert rows(store, "SELECT count(*) FROM later_words") == rows(
        store, "SELECT count(*) FROM contents"
    )
    assert _with_bytes(store) == []
