"""Files and folders appear whole, and nothing beside them is touched."""

import os
import stat
from pathlib import Path

import pytest

from embedstore.files import whole_file, whole_folder


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    with whole_file(target) as beside:
        beside.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_an_error_leaves_the_file_as_it_was_and_nothing_beside(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("before")
    with pytest.raises(TypeError), whole_file(target) as beside:
        beside.write_text(b"not text")  # type: ignore[arg-type]
    assert target.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_files_that_look_like_temporary_ones_stay(tmp_path: Path) -> None:
    for name in ("out.new", ".out.new", "page.html.new"):
        (tmp_path / name).write_text("mine")
    with whole_file(tmp_path / "page.html") as beside:
        beside.write_text("x")
    with whole_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("x")
    for name in ("out.new", ".out.new", "page.html.new"):
        assert (tmp_path / name).read_text() == "mine"


def test_a_folder_replaces_an_empty_one_and_refuses_a_full_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as folder:
        (folder / "a").write_text("x")
    assert (tmp_path / "empty" / "a").read_text() == "x"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(OSError, match="not empty"), whole_folder(tmp_path / "full") as folder:
        (folder / "a").write_text("x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "full"]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "a") as beside:
            beside.write_text("x")
        with whole_folder(tmp_path / "b") as folder:
            (folder / "inner").mkdir(mode=0o700)
            (folder / "inner" / "weights").touch(mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "b" / "inner").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "b" / "inner" / "weights").stat().st_mode) == 0o640
