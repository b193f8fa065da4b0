"""What can be read of a damaged store is in the new one, as it was; what is lost is said."""

import json
import random
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from support import build, post, rows

import embedstore
from embedstore.errors import InputError, StoreDamagedError, StoreError
from embedstore.maintenance.check import check
from embedstore.maintenance.damage import read_tables
from embedstore.maintenance.rescue import rescue
from embedstore.storage.database import connect
from embedstore.storage.rewrite import rewrite

POSTS = 300
BLOCK, FIRST = 262_144, 3 * 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of posts in 16 dimensions, without a block that nothing uses."""
    folder = tmp_path_factory.mktemp("sound")
    file = folder / "posts.jsonl"
    lines = [json.dumps(post(n, content=f"{n} {random.Random(n).random()}")) for n in range(POSTS)]
    file.write_text("\n".join(lines) + "\n")
    build(folder / "s", file)
    rewrite(folder / "s")
    return folder / "s"


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(sound, tmp_path / "s"))


def _damage(store: Path, table: str, column: str) -> None:
    """Flip a bit of every block that a column is kept in."""
    with connect(store) as connection:
        blocks = connection.execute(
            f"SELECT DISTINCT block_id FROM pragma_storage_info('{table}')"
            " WHERE column_name = ? AND block_id >= 0",
            [column],
        ).fetchall()
    assert blocks
    data = bytearray((store / "store.duckdb").read_bytes())
    for (block,) in blocks:
        data[FIRST + block * BLOCK + 1000] ^= 4
    (store / "store.duckdb").write_bytes(data)


def _everything(store: Path) -> list[tuple[object, ...]]:
    return rows(
        store,
        "SELECT source, id, text, likes, username, created_at, vector::VARCHAR FROM posts"
        " LEFT JOIN vectors ON content_id = text_content_id ORDER BY source, id",
    )


def test_lost_vectors_are_encoded_again_by_a_build(
    store: Path, sound: Path, tmp_path: Path
) -> None:
    _damage(store, "vectors", "vector")
    found = rescue(store, tmp_path / "new")
    assert rows(tmp_path / "new", "SELECT count(*) FROM posts") == [(POSTS,)]
    assert found.to_encode > 0
    build(tmp_path / "new")
    assert _everything(tmp_path / "new") == _everything(sound)
    assert not [each.promise for each in check(embedstore.open(tmp_path / "new")) if each.broken]


def test_a_sound_store_comes_out_equal_and_whole(store: Path, tmp_path: Path) -> None:
    found = rescue(store, tmp_path / "new")
    assert found.whole
    assert found.to_encode == 0
    assert _everything(tmp_path / "new") == _everything(store)


def test_nothing_is_answered_wrongly_of_damaged_stores(sound: Path, tmp_path: Path) -> None:
    """Each is refused in a sentence or read as it is; rescued rows are those that were there."""
    right = {row[:2]: row for row in _everything(sound)}
    data = (sound / "store.duckdb").read_bytes()
    store = Path(shutil.copytree(sound, tmp_path / "s"))
    rescued, said = 0, []
    for seed in range(25):  # benchmarks/attacks/damage.py: hundreds
        dice = random.Random(seed)
        damaged = bytearray(data)
        for _ in range(dice.choice([1, 2, 5, 20, 200])):
            damaged[dice.randrange(len(data))] ^= dice.randrange(1, 256)
        (store / "store.duckdb").write_bytes(damaged)
        try:
            assert {row[:2]: row for row in _everything(store)} == right
        except StoreError as error:
            said.append(str(error))
        if seed % 5:
            continue  # the rest takes a while
        new = tmp_path / "new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            found = rescue(store, new)
        except StoreError as error:
            said.append(str(error))
            continue
        rescued += 1
        [posts] = (table for table in found.tables if table.table == "posts")
        kept = _everything(new)
        for row in kept:
            # A cell is as it was, or empty.
            assert all(cell in (was, None) for cell, was in zip(row, right[row[:2]], strict=True))
        empty = {name for row in kept for name, cell, was in zip(
            ("source", "id", "text", "likes", "username", "created_at"), row, right[row[:2]],
            strict=False,
        ) if cell != was}  # fmt: skip
        assert empty <= set(posts.empty)
        assert len(kept) + (posts.lost or 0) == POSTS
        assert not [each.promise for each in check(embedstore.open(new)) if each.broken
                    and "has its vectors" not in each.promise]  # fmt: skip
    assert rescued
    assert said
    assert not [sentence for sentence in said if "\n" in sentence]


def test_a_command_on_a_damaged_store_says_what_is_damaged_what_is_not_and_what_helps(
    store: Path, tmp_path: Path
) -> None:
    _damage(store, "vectors", "vector")
    [vectors] = [table for table in read_tables(store) or [] if table.table == "vectors"]
    assert "vector" in vectors.damaged  # small columns share a block
    done = CliRunner().invoke(command, ["sql", str(store), "FROM vectors"])
    assert done.exit_code == 1
    assert f"damaged: {vectors}" in done.stderr
    assert "can still be read: " in done.stderr
    assert "posts (300 rows)" in done.stderr
    assert f"embedstore rescue {store} NEW" in done.stderr
    done = CliRunner().invoke(command, ["check", str(store), "--deep"])
    assert done.exit_code == 1
    assert "vectors" in done.stdout
    done = CliRunner().invoke(command, ["rescue", str(store), "INTO", str(tmp_path / "new")])
    assert "posts: 300 rows" in done.stdout, done.stderr
    done = CliRunner().invoke(command, ["check", str(tmp_path / "new"), "--deep"])
    assert "every block of" in done.stdout


def test_a_store_of_which_nothing_can_be_read_is_refused_and_nothing_written(
    store: Path, tmp_path: Path
) -> None:
    data = bytearray((store / "store.duckdb").read_bytes())
    for at in range(FIRST, len(data), BLOCK):
        data[at + 100] ^= 1
    (store / "store.duckdb").write_bytes(data)
    with pytest.raises(StoreDamagedError, match="embedstore restore"):
        rescue(store, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="not empty"):
        rescue(store, store)
