"""The path of a store is a folder of that name, whatever DuckDB would make of it."""

from pathlib import Path

import pytest
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.errors import InputError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and a home."""
    (tmp_path / "here").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "here"


@pytest.mark.parametrize("name", [":memory:", "file:x", "md:x", "s3:x", "a*b", "a[b]", "ü #%"])
def test_a_name_that_means_something_to_duckdb_is_a_folder(
    here: Path, write_csv: WriteCsv, name: str
) -> None:
    build(Path(name), write_csv([post(1), post(2)]))
    assert (here / name / "store.duckdb").is_file()
    assert [entry.name for entry in here.iterdir()] == [name]
    assert rows(Path(name), "SELECT count(*) FROM posts") == [(2,)]


def test_a_tilde_is_the_home(tmp_path: Path, here: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    embedstore.build("~/x", [file], space=["words=hash"], images="none")
    assert (tmp_path / "home" / "x" / "store.duckdb").is_file()
    assert list(here.iterdir()) == []
    assert embedstore.open("~/x").sql("SELECT id FROM posts").num_rows == 1


@pytest.mark.parametrize("name", ["a?b", "back\\slash", "", " ", "deep/a?b/s", "nul\0"])
def test_a_name_that_cannot_work_is_refused_before_anything_is_made(
    here: Path, write_csv: WriteCsv, name: str
) -> None:
    file = write_csv([post(1)])
    with pytest.raises(InputError, match="name"):
        embedstore.build(name, [file], space=["words=hash"], images="none")
    with pytest.raises(InputError, match="name"):
        embedstore.open(name)
    assert list(here.iterdir()) == []
