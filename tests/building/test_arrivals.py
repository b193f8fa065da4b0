"""A folder in which files arrive, each of which is built once."""

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.main import embedstore
from image_files import encoded, gradient
from support import WriteCsv, post, rows

from embedstore.building.arrivals import settled


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def _watch(store: Path, inbox: Path, *options: str) -> Result:
    args = ["watch", str(store), str(inbox), "--once", "--settle", "0", "--space", "words=hash"]
    return CliRunner().invoke(embedstore, [*args, "--images", "none", *options])


def test_each_file_is_built_once_and_kept_under_one_source(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    write_csv([post(1), post(2)], "monday.csv").rename(inbox / "monday.csv")
    write_csv([post(2), post(3)], "tuesday.csv").rename(inbox / "tuesday.csv")
    os.utime(inbox / "monday.csv", (1, 1))
    store = tmp_path / "s"
    done = _watch(store, inbox)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "monday.csv: 2 new posts, 0 updated, 0 unchanged, 0 rejected",
        "tuesday.csv: 1 new post, 0 updated, 1 unchanged, 0 rejected",
    ]
    assert rows(store, "SELECT source, id FROM posts ORDER BY id") == [
        ("inbox", "1"),
        ("inbox", "2"),
        ("inbox", "3"),
    ]
    assert sorted(each.name for each in (inbox / "done").iterdir()) == ["monday.csv", "tuesday.csv"]
    again = _watch(store, inbox)
    assert (again.exit_code, again.stdout) == (0, f"nothing has arrived in {inbox}\n")


def test_what_can_not_be_used_goes_aside_with_its_reason_and_the_others_are_built(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    (inbox / "a.csv").write_text("no,posts\n1,2\n", encoding="utf-8")
    (inbox / "b.bin").write_bytes(bytes(range(256)))
    write_csv([post(1)], "c.csv").rename(inbox / "c.csv")
    done = _watch(tmp_path / "s", inbox)
    assert done.exit_code == 3
    assert "2 files can't be used" in done.stderr
    assert rows(tmp_path / "s", "SELECT count(*) FROM posts") == [(1,)]
    failed = inbox / "failed"
    assert sorted(each.name for each in failed.iterdir()) == [
        "a.csv",
        "a.csv.reason.txt",
        "b.bin",
        "b.bin.reason.txt",
    ]
    assert (failed / "a.csv").read_text() == "no,posts\n1,2\n"
    assert all(each.read_text().strip() for each in failed.glob("*.reason.txt"))


def test_a_name_that_was_there_before_keeps_both_files(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    for number in (1, 2):
        write_csv([post(number)]).rename(inbox / "posts.csv")
        assert _watch(tmp_path / "s", inbox).exit_code == 0
    assert sorted(each.name for each in (inbox / "done").iterdir()) == ["posts-2.csv", "posts.csv"]


def test_a_file_that_was_built_and_not_moved_changes_nothing_when_it_is_built_again(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    write_csv([post(1)]).rename(inbox / "posts.csv")
    _watch(tmp_path / "s", inbox)
    (inbox / "done" / "posts.csv").rename(inbox / "posts.csv")
    done = _watch(tmp_path / "s", inbox)
    assert "0 new posts, 0 updated, 1 unchanged" in done.stdout


def test_what_is_still_written_hidden_or_ours_is_left_alone(inbox: Path) -> None:
    for name in ("a.csv", "b.csv.part", ".hidden.csv", "~$open.xlsx", "c.tmp"):
        (inbox / name).write_text("x")
    (inbox / "done").mkdir()
    (inbox / "whole").mkdir()
    (inbox / "whole" / "posts.csv").write_text("x")
    os.utime(inbox / "whole", (1, 1))
    assert settled(inbox, settle_s=60) == []
    assert {each.name for each in settled(inbox, settle_s=0)} == {"a.csv", "whole"}
    old = time.time() - 61
    os.utime(inbox / "a.csv", (old, old))
    assert [each.name for each in settled(inbox, settle_s=60)] == ["a.csv"]


def test_an_error_that_is_not_the_files_leaves_it_where_it_is(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    write_csv([post(1)]).rename(inbox / "posts.csv")
    done = _watch(tmp_path / "s", inbox, "--space", "other=minilm:/nowhere/at/all")
    assert done.exit_code == 1
    assert (inbox / "posts.csv").exists()
    assert not (inbox / "failed").exists()


def test_a_folder_of_posts_with_their_pictures_is_built_and_kept(
    tmp_path: Path, inbox: Path, write_csv: WriteCsv
) -> None:
    (inbox / "may").mkdir()
    (inbox / "may" / "cup.png").write_bytes(encoded(gradient(40, 30), "PNG"))
    shown = post(1, media="[Photo(previewUrl='cup.png', fullUrl='cup.png')]")
    write_csv([shown], "posts.csv").rename(inbox / "may" / "posts.csv")
    done = _watch(tmp_path / "s", inbox, "--images", "local")
    assert done.exit_code == 0, done.output
    assert rows(tmp_path / "s", "SELECT source, id FROM posts") == [("inbox", "1")]
    assert rows(tmp_path / "s", "SELECT count(*) FROM contents WHERE kind = 'image'") == [(1,)]
    assert (inbox / "done" / "may" / "posts.csv").is_file()
