"""A query has a time, a number of rows and a memory that it may take, and ends in a sentence."""

import csv
import io
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.limits import FILTER_TIMEOUT_S
from embedstore.cli.main import embedstore as command
from support import build, post

import embedstore
from embedstore.errors import LimitError, QueryError
from embedstore.maintenance.remove import remove
from embedstore.storage import limits

FOREVER = (
    "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000)"
    " SELECT max(n) FROM t) > 0"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three posts."""
    folder = tmp_path_factory.mktemp("limits")
    rows = [post(1, content="=1+1"), post(2, content="-2"), post(3, content="plain")]
    with (folder / "posts.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    build(folder / "s", folder / "posts.csv")
    return folder / "s"


def _run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


@pytest.mark.parametrize(
    "words",
    [
        ["sql", "STORE", f"SELECT 1 WHERE {FOREVER}"],
        ["sql", "STORE", "SELECT a.range FROM range(9000000) a, range(9000000)", "--format", "csv"],
        ["sql", "STORE", f"FROM search('coffee', 3, where := '{FOREVER}')"],
        ["sql", "STORE", f"UPDATE posts SET likes = 1 WHERE {FOREVER}", "--write"],
        ["similar", "STORE", "--text", "coffee", "--where", FOREVER],
        ["remove", "STORE", "--yes", "--where", FOREVER],
    ],
    ids=["sql", "streamed", "search in sql", "update", "similar", "remove"],
)
def test_a_query_that_takes_too_long_is_stopped_by_name(store: Path, words: list[str]) -> None:
    started = time.monotonic()
    done = _run(*(str(store) if word == "STORE" else word for word in words), "--timeout", "0.3")
    assert time.monotonic() - started < 6
    assert done.exit_code == 1
    assert "--timeout" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert embedstore.open(store).sql("SELECT sum(likes) AS n FROM posts")["n"].to_pylist() == [60]


def test_python_has_the_same_limits(store: Path) -> None:
    opened = embedstore.open(store)
    with pytest.raises(LimitError, match="timeout"):
        opened.sql(f"SELECT {FOREVER}", timeout=0.2)
    with pytest.raises(LimitError, match="timeout"):
        opened.similar(text="coffee", where=FOREVER, timeout=0.2)
    with pytest.raises(LimitError, match="timeout"):
        remove(embedstore.open(store, "rw"), FOREVER, timeout=0.2)
    with pytest.raises(LimitError, match="max_rows"):
        opened.sql("FROM posts", max_rows=2)
    with pytest.raises(LimitError, match="max_memory"):
        opened.sql("SELECT repeat('x', 1000) FROM range(5000)", max_memory=10**6)
    assert opened.sql("FROM posts", timeout=60, max_rows=3, max_memory=10**9).num_rows == 3
    for name in ("timeout", "max_rows", "max_memory"):
        with pytest.raises(QueryError, match=f"{name} is 0"):
            opened.sql("FROM posts", **{name: 0})  # type: ignore[arg-type]
    assert FILTER_TIMEOUT_S == limits.FILTER_TIMEOUT_S


def test_a_timeout_that_is_not_reached_changes_nothing(store: Path) -> None:
    with embedstore.open(store) as opened:
        for _ in range(20):
            assert opened.sql("FROM posts", timeout=5).num_rows == 3
            assert opened.similar(text="plain", where="likes > 0", k=3, timeout=5).num_rows == 3


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_too_many_rows_end_in_a_sentence(store: Path, form: str) -> None:
    query = "SELECT * FROM range(100000)"
    done = _run("sql", str(store), query, "--max-rows", "5000", "--format", form)
    assert done.exit_code == 1
    assert "--max-rows" in done.stderr
    assert _run("sql", str(store), "FROM posts", "--max-rows", "3", "--format", form).exit_code == 0


def test_a_table_has_a_limit_of_rows_by_itself_and_csv_has_none(store: Path) -> None:
    query = "SELECT 1 AS n FROM range(100001)"
    done = _run("sql", str(store), query)
    assert done.exit_code == 1
    assert "100,000 rows" in done.stderr
    assert len(_run("sql", str(store), query, "--format", "csv").stdout.splitlines()) == 100_002


def test_the_memory_of_a_table_adds_up_and_that_of_a_stream_does_not(store: Path) -> None:
    query = "SELECT repeat('x', 1000) FROM range(10000)"
    done = _run("sql", str(store), query, "--max-memory", "5MB")
    assert done.exit_code == 1
    assert "--max-memory" in done.stderr
    streamed = _run("sql", str(store), query, "--max-memory", "5MB", "--format", "jsonl")
    assert streamed.exit_code == 0
    assert len(streamed.stdout.splitlines()) == 10_000
    one = _run(
        "sql", str(store), "SELECT repeat('x', 9000000)", "--max-memory", "5MB", "--format", "jsonl"
    )
    assert one.exit_code == 1
    assert _run("sql", str(store), query, "--max-memory", "much").exit_code == 2


def test_streamed_json_is_what_json_writes(store: Path) -> None:
    for query in ("SELECT id, likes, [1, 2] AS l FROM posts ORDER BY id", "FROM posts WHERE false"):
        rows = embedstore.open(store).sql(query).to_pylist()
        said = _run("sql", str(store), query, "--format", "json").stdout
        assert said == json.dumps(rows, indent=2) + "\n"


def test_two_columns_of_one_name_are_both_shown(store: Path) -> None:
    said = _run("sql", str(store), "SELECT 1 AS a, 2 AS a", "--format", "csv").stdout
    assert said.splitlines()[1] == "1,2"


def test_a_spreadsheet_computes_no_cell_of_a_safe_csv(store: Path) -> None:
    query = (
        "SELECT text AS \"=name\", -likes AS n, '@x' AS at, chr(9) || 'x' AS tab,"
        " chr(13) || 'x' AS cr, '+1' AS plus, 'a=b' AS kept FROM posts ORDER BY id"
    )
    said = _run("sql", str(store), query, "--format", "csv", "--safe").stdout
    header, *rows = csv.reader(io.StringIO(said, newline=""))
    assert header[0] == "'=name"
    assert rows[0] == ["'=1+1", "-10", "'@x", "'\tx", "'\rx", "'+1", "a=b"]
    assert rows[1][0] == "'-2"
    plain = _run("sql", str(store), query, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(plain, newline="")))[1][0] == "=1+1"


def test_safe_without_csv_is_refused(store: Path) -> None:
    done = _run("sql", str(store), "FROM posts", "--safe")
    assert done.exit_code == 2
    assert "--format csv" in done.stderr
