"""A head whose files are not what was written is refused, and what a killed fit left goes."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from support import build, rows

import embedstore
import heads
from embedstore.errors import InputError, StoreError
from embedstore.maintenance.check import check, repair
from embedstore.storage.database import connect
from embedstore.storage.layout import run_folder
from heads import runs

COLUMNS = ("id", "date", "likes", "content", "username", "inferred company")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a head of trees."""
    folder = tmp_path_factory.mktemp("fitted")
    dice = np.random.default_rng(0)
    with (folder / "posts.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for n in range(240):
            date = f"2020-{n % 12 + 1:02}-{n % 28 + 1:02} 09:00:00"
            words = f"post {n} about coffee"
            writer.writerow([n, date, dice.integers(500), words, f"account{n % 5}", "beans"])
    build(folder / "s", folder / "posts.csv")
    heads.fit_likes(folder / "s", model_name="lgbm", inputs="history,time")
    return folder / "s"


@pytest.fixture
def store(fitted: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    shutil.copytree(fitted, tmp_path / "s")
    return tmp_path / "s"


def _folder(store: Path) -> Path:
    [[run_id]] = rows(store, "SELECT run_id FROM runs")
    return run_folder(store, run_id)


def _broken(store: Path) -> list[str]:
    return [finding.promise for finding in check(embedstore.open(store)) if finding.broken]


def _predict(store: Path) -> None:
    from heads.likes.saved import load_head

    load_head(embedstore.open(store))


def test_each_file_of_a_head_is_on_record_and_sound(store: Path) -> None:
    [[files]] = rows(store, "SELECT json_keys(files) FROM runs")
    written = [file.name for file in _folder(store).rglob("*") if file.is_file()]
    assert {"model.json", "trees.txt"} <= set(files)
    assert len(files) == len(written)
    _predict(store)
    assert _broken(store) == []


@pytest.mark.parametrize("name", ["trees.txt", "model.json", "projections.safetensors"])
@pytest.mark.parametrize("damage", ["one bit", "cut", "gone"])
def test_a_damaged_file_of_a_head_is_refused_and_named_by_check(
    store: Path, name: str, damage: str
) -> None:
    file = _folder(store) / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(data if damage == "one bit" else data[: len(data) // 2])
    with pytest.raises(InputError, match=f"{name}.*fit it again"):
        _predict(store)
    [finding] = _broken(store)
    assert name in finding


def test_a_head_of_an_older_store_loads_and_what_cannot_be_parsed_is_one_error(
    store: Path,
) -> None:
    with connect(store, write=True) as connection:
        connection.execute("UPDATE runs SET files = NULL")
    _predict(store)
    assert _broken(store) == []
    for name, text in {
        "model.json": "{",
        "projections.safetensors": "cut",
        "trees.txt": "tree\nno trees",
    }.items():
        file = _folder(store) / name
        whole = file.read_bytes()
        file.write_text(text)
        with pytest.raises(InputError, match="fit it again"):
            _predict(store)
        file.write_bytes(whole)
    _predict(store)


@pytest.mark.parametrize("run_id", ["../../x", "/etc", "..", "", "a/b"])
def test_a_run_id_that_is_a_path_is_refused(store: Path, run_id: str) -> None:
    with connect(store, write=True) as connection:
        connection.execute("UPDATE runs SET run_id = ?", [run_id])
    with pytest.raises(StoreError, match="no name of a folder"):
        _predict(store)
    assert any("no name of a folder" in promise for promise in _broken(store))


@pytest.mark.parametrize("by", ["repair", "fit"])
def test_what_a_killed_fit_left_is_named_and_cleared(store: Path, by: str) -> None:
    left = [
        store / "runs" / "likes-20200102-030405-678",
        store / "runs" / ".likes-20200102-030405-679.k2x_9abc.new",
    ]
    kept = [store / "runs" / "mine", store / "runs" / ".tweets-0123abcd.part", _folder(store)]
    for folder in [*left, *kept[:2]]:
        folder.mkdir()
        (folder / "file").write_text("x")
    assert _broken(store) == ["no files are left of an interrupted write"]
    if by == "repair":
        repair(embedstore.open(store))
    else:
        runs.save_run(
            embedstore.open(store), "likes", split="time", settings={}, metrics={},
            write=lambda _: None,
        )  # fmt: skip
    assert [folder.exists() for folder in left] == [False, False]
    assert all(folder.exists() for folder in kept)
    assert _broken(store) == []
