"""What names and patterns stand for."""

import os
from pathlib import Path

import pytest

from embedstore.errors import InputError
from embedstore.reading import expand_inputs, source_of


def test_a_source_is_a_files_stem() -> None:
    assert source_of(Path("data/train.csv.gz")) == "train"
    assert source_of(Path("train.v2.CSV")) == "train.v2"
    assert source_of(Path("a.jsonl.GZ")) == "a"
    assert source_of(Path(os.fsdecode(b"caf\xe9.csv"))) == "caf\ufffd"


def test_files_and_patterns_are_listed_in_order_and_once(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.csv", "a.csv", "c[1].csv", "deep/er/d.csv"):
        (tmp_path / name).touch()
    (tmp_path / "dir.csv").mkdir()

    def names(*patterns: str) -> list[str]:
        files = expand_inputs([tmp_path / pattern for pattern in patterns])
        return [str(file.relative_to(tmp_path)) for file in files]

    assert names("b.csv", "*.csv") == ["b.csv", "a.csv", "c[1].csv"]
    assert names("c[1].csv") == ["c[1].csv"]
    assert names("**/*.csv") == ["a.csv", "b.csv", "c[1].csv", "deep/er/d.csv"]
    assert names("a.csv", "deep/../a.csv") == ["a.csv"]


def test_what_matches_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file matches .*gone\.csv"):
        expand_inputs([str(tmp_path / "gone.csv")])
    with pytest.raises(InputError, match=r"no file matches .*\*\.csv"):
        expand_inputs([str(tmp_path / "*.csv")])
    (tmp_path / "picture.jpg").touch()
    with pytest.raises(InputError, match=r"no file in .* could hold posts"):
        expand_inputs([tmp_path])


def test_a_folder_stands_for_its_files_of_posts_but_hidden_ones_and_stores(tmp_path: Path) -> None:
    for name in (
        *("b.csv.gz", "a.JSON", "deep/er/c.parquet", "all.zip", ".hidden.csv", ".git/d.csv"),
        *("photo.jpg", "__MACOSX/a.csv", "x.store/store.duckdb", "x.store/runs/r/settings.json"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [file.relative_to(tmp_path).as_posix() for file in expand_inputs([tmp_path])]
    assert found == ["a.JSON", "all.zip", "b.csv.gz", "deep/er/c.parquet"]


def test_a_folder_that_is_an_accounts_archive_is_one_input(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("tweets.js", "account.js", "like.js"):
        (tmp_path / "data" / name).touch()
    assert expand_inputs([tmp_path]) == [tmp_path]
