"""Flipped bytes of the database end in one sentence that says what helps."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from support import WriteCsv, build_once, post

import embedstore
from embedstore.errors import StoreDamagedError, StoreError
from embedstore.maintenance.check import check, repair
from embedstore.maintenance.remove import remove
from embedstore.storage.database import connect, transaction


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Posts enough to fill a few blocks of the file."""
    file = write_csv([post(n, content=f"{n} {random.Random(n).random()}") for n in range(400)])
    build_once(tmp_path / "s", file)
    with connect(tmp_path / "s", write=True) as connection:
        connection.execute("CHECKPOINT")
    return tmp_path / "s"


def _flip(store: Path, seed: int) -> None:
    """Flip a bit in every KiB behind the headers: no block is as it was."""
    file = store / "store.duckdb"
    data = bytearray(file.read_bytes())
    dice = random.Random(seed)
    for start in range(3 * 4096, len(data) - 1024, 1024):
        data[start + dice.randrange(1024)] ^= 1 << dice.randrange(8)
    file.write_bytes(data)


def test_a_damaged_database_is_named_with_what_helps(store: Path) -> None:
    _flip(store, 0)
    with pytest.raises(StoreDamagedError, match=r"store\.duckdb is damaged") as found:
        embedstore.open(store)
    assert "backup" in str(found.value)
    assert "\n" not in str(found.value)
    with pytest.raises(StoreDamagedError), transaction(store) as connection:
        connection.execute("UPDATE posts SET likes = 1")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "words",
    [
        ["info"],
        ["sql", "FROM posts"],
        ["similar", "--text", "coffee"],
        ["check"],
        ["check", "--repair", "--yes"],
        ["remove", "--yes", "--where", "likes > 10"],
        ["export", "OUT"],
        ["build"],
    ],
    ids=" ".join,
)
def test_no_command_ends_in_a_traceback(
    store: Path, tmp_path: Path, words: list[str], seed: int
) -> None:
    _flip(store, seed)
    name, *rest = words
    rest = [str(tmp_path / "out") if word == "OUT" else word for word in rest]
    done = CliRunner().invoke(command, [name, str(store), *rest])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert "damaged" in done.stderr


@pytest.mark.parametrize("seed", range(12))
def test_a_few_flipped_bits_anywhere_are_an_error_of_the_store_or_no_error(
    store: Path, seed: int
) -> None:
    file = store / "store.duckdb"
    data = bytearray(file.read_bytes())
    dice = random.Random(seed)
    for _ in range(3):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    file.write_bytes(data)
    for attempt in (
        lambda: check(embedstore.open(store)),
        lambda: remove(embedstore.open(store, "rw"), "id = '2'"),
        lambda: repair(embedstore.open(store)),
    ):
        # Any other error is a traceback to a user.
        with suppress(StoreError):
            attempt()
