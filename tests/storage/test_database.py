"""The schema of a store's database."""

from pathlib import Path

import pytest
from old_store import downgrade
from support import WriteCsv, build, post, rows

import embedstore
from embedstore import sql
from embedstore.errors import SchemaError
from embedstore.storage.database import connect, create, schema_version


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    create(tmp_path)
    with connect(tmp_path, write=True) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    with pytest.raises(SchemaError, match="a newer embedstore wrote this store"):
        embedstore.open(tmp_path)


@pytest.mark.parametrize("version", [number for number, _ in sql.migrations()[:-1]])
def test_a_build_brings_a_store_of_any_earlier_version_up_to_date(
    tmp_path: Path, write_csv: WriteCsv, version: int
) -> None:
    file = write_csv([post(1), post(2), post(1, username="other")])
    build(tmp_path / "s", file)
    everything = "SELECT p.*, v.vector FROM posts p JOIN text_vectors v USING (post_id) ORDER BY 1"
    before = rows(tmp_path / "s", everything)
    downgrade(tmp_path / "s", version)
    assert build(tmp_path / "s", file).posts.unchanged == 2
    assert rows(tmp_path / "s", everything) == before
    # The refused row is still one failure, and its post has an id now.
    assert rows(tmp_path / "s", "SELECT id, attempts FROM failures") == [("1", 2)]
    with connect(tmp_path / "s") as connection:
        assert schema_version(connection) == sql.migrations()[-1][0]
