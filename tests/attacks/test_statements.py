"""A query reads, unless it was allowed more; and no query takes the store's tables away."""

import csv
import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from support import build, post

import embedstore
from embedstore.errors import QueryError
from embedstore.maintenance.check import check
from embedstore.maintenance.info import info


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three posts; DuckDB's folder for spilled data is there, as while a large query runs."""
    folder = tmp_path_factory.mktemp("built")
    rows = [post(n) for n in (1, 2, 3)]
    with (folder / "posts.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    build(folder / "s", folder / "posts.csv")
    (folder / "s" / "store.duckdb.tmp").mkdir()
    return folder / "s"


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    """A copy to attack."""
    shutil.copytree(built, tmp_path / "s")
    return tmp_path / "s"


def _files(store: Path) -> dict[str, str]:
    """Every file beside and in the store, by its content."""
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in store.parent.rglob("*")
        if file.is_file()
    }


OUTSIDE = [
    "COPY posts TO '{}/store.duckdb.tmp/x.csv'",
    "COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.parquet' (FORMAT parquet)",
    "COPY (SELECT 1) TO '{}/store.duckdb.wal'",
    "COPY (SELECT 1) TO '{}/store.duckdb'",
    "COPY (SELECT 1) TO '{}/../x.csv'",
    "COPY (PIVOT posts ON id USING count(*)) TO '{}/store.duckdb.tmp/x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.csv'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.csv'",
    "EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.csv'",
    "SELECT 1; COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.csv'",
    "PREPARE p AS COPY (SELECT 1) TO '{}/store.duckdb.tmp/x.csv'",
    "EXPORT DATABASE '{}/store.duckdb.tmp/all'",
    "IMPORT DATABASE '{}/store.duckdb.tmp'",
    "ATTACH '{}/store.duckdb.tmp/other.duckdb' AS other",
    "ATTACH ':memory:' AS other",
    "COPY FROM DATABASE store TO other",
    "DETACH store",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD json",
    "UPDATE EXTENSIONS",
    "SET enable_external_access = true",
    "SET temp_directory = '{}/..'",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET profiling_output = '{}/store.duckdb.tmp/profile'",
    "RESET memory_limit",
    "PRAGMA enable_profiling = 'json'",
    "PRAGMA temp_directory = '{}/..'",
    "CALL enable_logging(storage = 'file', storage_config = {{'path': '{}/store.duckdb.tmp/log'}})",
    "FROM enable_logging('QueryLog')",
    "CREATE PERSISTENT SECRET s (TYPE http, bearer_token 'x')",
    "USE memory",
    "BEGIN",
    "COMMIT",
    "EXECUTE p",
]
WRITES = [
    "INSERT INTO posts SELECT * FROM posts",
    "UPDATE posts SET likes = 0",
    "DELETE FROM posts",
    "TRUNCATE posts",
    "MERGE INTO posts USING (SELECT 1 AS post_id) s USING (post_id) WHEN MATCHED THEN DELETE",
    "CREATE TABLE mine AS FROM posts",
    "CREATE OR REPLACE TABLE posts AS SELECT 1",
    "CREATE TABLE mine AS PIVOT posts ON id USING count(*)",
    "CREATE VIEW mine AS FROM posts",
    "CREATE MACRO mine(a) AS a",
    "DROP TABLE posts",
    "ALTER TABLE posts DROP COLUMN likes",
    "COMMENT ON TABLE posts IS 'x'",
    "EXPLAIN ANALYZE DELETE FROM posts",
    "CHECKPOINT",
    "VACUUM",
]


@pytest.mark.parametrize("query", OUTSIDE)
@pytest.mark.parametrize("mode", ["r", "rw"])
def test_no_query_reaches_outside_or_writes_a_file(store: Path, query: str, mode: str) -> None:
    before = _files(store)
    with pytest.raises(QueryError) as found:
        embedstore.open(store, mode).sql(query.format(store))  # type: ignore[arg-type]
    assert "\n" not in str(found.value)
    assert _files(store) == before


@pytest.mark.parametrize("query", WRITES)
def test_no_query_writes_unless_it_may(store: Path, query: str) -> None:
    before = _files(store)
    with pytest.raises(QueryError, match=r"read-only.*--write"):
        embedstore.open(store).sql(query)
    assert _files(store) == before


@pytest.mark.parametrize(
    "query",
    [
        "FROM posts",
        "(SELECT 1)",
        "WITH a AS (SELECT 1) FROM a",
        "VALUES (1)",
        "SHOW TABLES",
        "DESCRIBE posts",
        "SUMMARIZE posts",
        "PRAGMA table_info('posts')",
        "PIVOT posts ON id USING count(*)",
        "FROM (PIVOT posts ON id USING count(*))",
        "EXPLAIN FROM posts",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (FORMAT json) SELECT 1",
        "-- a comment\nSELECT 1",
        "SELECT 1;",
        "FROM search('coffee', 1, where := 'likes > 0')",
    ],
)
@pytest.mark.parametrize("mode", ["r", "rw"])
def test_every_kind_of_reading_runs(store: Path, query: str, mode: str) -> None:
    assert embedstore.open(store, mode).sql(query).num_rows  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["", ";", "-- nothing"])
def test_a_query_without_a_statement_is_an_error(store: Path, query: str) -> None:
    with pytest.raises(QueryError, match="no statement"):
        embedstore.open(store).sql(query)


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE posts",
        "DROP TABLE IF EXISTS main.vectors",
        "DROP VIEW text_vectors",
        "DROP MACRO cosine",
        "DROP MACRO TABLE similar_to",
        "DROP SCHEMA main CASCADE",
        "ALTER TABLE posts DROP COLUMN likes",
        "ALTER TABLE posts ADD COLUMN mine INTEGER",
        "ALTER TABLE posts RENAME TO elsewhere",
        "ALTER TABLE posts RENAME COLUMN likes TO hearts",
        "ALTER TABLE posts ALTER likes TYPE VARCHAR",
        "CREATE OR REPLACE TABLE contents AS SELECT 1 AS a",
        "CREATE OR REPLACE VIEW text_vectors AS SELECT 1 AS a",
        "CREATE OR REPLACE MACRO cosine(a, b) AS 1",
        "CREATE TABLE mine AS FROM posts; DROP TABLE posts",
        "DROP TABLE meta",
        "DELETE FROM meta",
        "UPDATE meta SET value = '999' WHERE key = 'schema'",
        "UPDATE meta SET value = 'x' WHERE key = 'format'",
    ],
)
def test_the_store_keeps_its_schema(store: Path, query: str) -> None:
    with pytest.raises(QueryError) as found:
        embedstore.open(store, "rw").sql(query)
    assert "\n" not in str(found.value)
    opened = embedstore.open(store)
    assert "mine" not in opened.sql("SHOW TABLES")["name"].to_pylist()
    assert info(opened).sources["posts"].to_pylist() == [3]
    assert [finding.promise for finding in check(opened) if finding.broken] == []


def test_tables_views_and_columns_of_ones_own_are_free(store: Path) -> None:
    with embedstore.open(store, "rw") as opened:
        for query in (
            "CREATE TABLE mine AS FROM posts",
            "ALTER TABLE mine DROP COLUMN likes",
            "CREATE VIEW seen AS SELECT id FROM mine",
            "CREATE SCHEMA notes",
            "CREATE TABLE notes.posts (post_id BIGINT, note VARCHAR)",
            "INSERT INTO notes.posts SELECT post_id, 'x' FROM search('coffee', 2)",
            "DROP TABLE mine",
            "CHECKPOINT",
            "VACUUM",
        ):
            opened.sql(query)
        assert opened.sql("FROM notes.posts").num_rows == 2
    build(store)
    assert embedstore.open(store).sql("FROM notes.posts").num_rows == 2


def test_rows_of_the_store_may_be_changed_and_readers_hear_of_it(store: Path) -> None:
    reader = embedstore.open(store)
    assert reader.similar(text="coffee", where="likes > 15", k=9).num_rows == 2
    [before] = reader.sql("SELECT value FROM meta WHERE key = 'generation'")["value"].to_pylist()
    written = embedstore.open(store, "rw").sql("UPDATE posts SET likes = 99 RETURNING id")
    assert written.num_rows == 3
    assert reader.similar(text="coffee", where="likes > 15", k=9).num_rows == 3
    [after] = reader.sql("SELECT value FROM meta WHERE key = 'generation'")["value"].to_pylist()
    assert int(after) == int(before) + 1


def test_a_statement_that_fails_changes_nothing(store: Path) -> None:
    with pytest.raises(QueryError):
        embedstore.open(store, "rw").sql("UPDATE posts SET likes = 0; SELECT nosuch FROM posts")
    assert embedstore.open(store).sql("SELECT sum(likes) AS n FROM posts")["n"].to_pylist() == [60]


@pytest.mark.parametrize("words", [["info"], ["check"], ["sql", "SELECT 1"], ["build"]])
def test_a_table_that_another_program_dropped_is_named(store: Path, words: list[str]) -> None:
    with duckdb.connect(str(store / "store.duckdb")) as connection:
        connection.execute("DROP TABLE posts CASCADE")
    name, *rest = words
    done = CliRunner().invoke(command, [name, str(store), *rest])
    if name == "sql":
        assert done.exit_code == 0
        return
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert "posts" in done.stderr
    assert "backup" in done.stderr


def test_a_post_that_is_not_there_has_no_neighbours_but_an_error(store: Path) -> None:
    opened = embedstore.open(store)
    assert opened.sql("FROM similar_to(1, 5)").num_rows == 2
    with pytest.raises(QueryError, match=r"similar_to.*99999999"):
        opened.sql("FROM similar_to(99999999, 5)")
    with pytest.raises(QueryError, match=r"similar_to.*99999999"):
        opened.sql("FROM (VALUES (1), (99999999)) t(p), similar_to(p, 5)")
    for alias in ("p", "t", "s"):
        found = opened.sql(f"FROM posts {alias}, similar_to({alias}.post_id, 9) n WHERE id = '1'")
        assert found.num_rows == 2
    with pytest.raises(QueryError, match=r"nearest.*nosuch"):
        opened.sql("FROM nearest('nosuch', embed('coffee'), 2)")
    with (
        duckdb.connect(str(store / "store.duckdb"), read_only=True) as connection,
        pytest.raises(duckdb.Error, match="99999999"),
    ):
        connection.sql("FROM similar_to(99999999, 5)").fetchall()
