"""The commands as a user types them."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore
from support import WriteCsv, build_once, post


def run(*arguments: str | Path, **options: object) -> Result:
    """Run a command as the console would."""
    return CliRunner().invoke(embedstore, [str(a) for a in arguments], **options)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Three posts."""
    build_once(tmp_path / "s", write_csv([post(1), post(2), post(3, username="bakery")]))
    return tmp_path / "s"


def test_build_prints_what_it_did_and_where_the_time_went(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1), post(2), post(3, id="")])
    result = run("build", tmp_path / "s", file, "--space", "words=hash", "--images", "none")
    assert result.exit_code == 0, result.output
    assert "2 new posts, 0 updated, 0 unchanged, 1 rejected" in result.output
    assert "encoded: 2 in words" in result.output
    assert "stages" in result.output
    assert "FROM failures" in result.output
    again = run("build", tmp_path / "s", file, "--images", "none")
    assert "nothing to encode" in again.output


def test_the_report_of_a_build_is_also_json(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    result = run(
        "build",
        tmp_path / "s",
        file,
        "--space",
        "words=hash",
        "--images",
        "none",
        "--format",
        "json",
    )
    report = json.loads(result.stdout)
    assert report["posts"] == {"new": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    assert {"read", "store", "write"} <= set(report["seconds"])


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "{}/new", "{}/missing.csv"], "missing.csv"),
        (["build", "{}/new"], "say which posts"),
        (["info", "{}/new"], "there is no store"),
        (["sql", "{}/s", "SELECT nosuch FROM posts"], "nosuch"),
        (["similar", "{}/s", "--post", "nobody:1"], "nobody:1"),
        (["remove", "{}/s", "--where", "nosuch = 1"], "nosuch"),
        (["tokens", "{}/s", "--space", "other"], "it has words"),
    ],
)
def test_what_can_not_be_done_ends_in_one_clear_line_and_status_1(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    result = run(*[argument.format(tmp_path) for argument in arguments])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert words in result.output
    assert "Traceback" not in result.output


def test_rows_are_printed_as_table_json_json_lines_and_csv(store: Path) -> None:
    query = "SELECT id, likes, created_at FROM posts WHERE likes > 10 ORDER BY id"
    expected = [
        {"id": "2", "likes": 20, "created_at": "2019-03-03T12:00:00"},
        {"id": "3", "likes": 30, "created_at": "2019-03-04T12:00:00"},
    ]
    assert json.loads(run("sql", store, query, "--format", "json").stdout) == expected
    lines = run("sql", store, query, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == expected
    table = run("sql", store, query, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(table))) == [
        ["id", "likes", "created_at"],
        ["2", "20", "2019-03-03 12:00:00"],
        ["3", "30", "2019-03-04 12:00:00"],
    ]
    assert "2019-03-04 12:00:00" in run("sql", store, query).stdout


def test_the_store_may_come_from_the_environment(store: Path, write_csv: WriteCsv) -> None:
    env = {"EMBEDSTORE": str(store)}
    result = run("info", "--format", "json", env=env)
    assert json.loads(result.stdout)["sources"][0]["posts"] == 3
    result = run("sql", "SELECT count(*) AS n FROM posts", "--format", "json", env=env)
    assert json.loads(result.stdout) == [{"n": 3}]
    result = run("build", write_csv([post(9)], "more.csv"), "--images", "none", env=env)
    assert "1 new post," in result.stdout
    result = run("sql", store, "SELECT count(*) AS n FROM posts", "--format", "json", env=env)
    assert json.loads(result.stdout) == [{"n": 4}]


def test_similar_finds_by_text_and_post(store: Path) -> None:
    found = json.loads(
        run(
            "similar",
            store,
            "--text",
            "post number 2 about coffee and the weather",
            "-k",
            "1",
            "--format",
            "json",
        ).stdout
    )
    assert [row["id"] for row in found] == ["2"]
    found = json.loads(
        run(
            "similar", store, "--post", "posts:2", "--where", "likes < 30", "--format", "json"
        ).stdout
    )
    assert [row["id"] for row in found] == ["1"]


def test_similar_wants_exactly_one_query(store: Path) -> None:
    result = run("similar", store)
    assert result.exit_code == 2
    assert "one of --text, --image and --post" in result.output


def test_check_passes_on_a_sound_store_and_repairs_a_damaged_one(store: Path) -> None:
    assert run("check", store).exit_code == 0
    damaged = run("sql", store, "--write", "DELETE FROM contents WHERE content_id = 1")
    assert damaged.exit_code == 0, damaged.output
    result = run("check", store)
    assert result.exit_code == 1
    assert "mended by --repair" in result.output
    assert run("check", store, "--repair", input="n\n").exit_code == 1
    run("check", store, "--repair", "--yes")
    assert run("build", store, "--images", "none").exit_code == 0
    assert run("check", store).exit_code == 0


def test_remove_asks_before_it_deletes(store: Path) -> None:
    kept = run("remove", store, "--where", "username = 'bakery'", input="n\n")
    assert kept.exit_code == 1
    assert "Delete 1 post from" in kept.output
    gone = run("remove", store, "--where", "username = 'bakery'", "--yes")
    assert "1 post and 1 text or picture" in gone.output
    count = run("sql", store, "SELECT count(*) AS n FROM posts", "--format", "json").stdout
    assert json.loads(count) == [{"n": 2}]


def test_tokens_shows_the_distribution_and_draws_it(store: Path, tmp_path: Path) -> None:
    result = run("tokens", store, "--plot", tmp_path / "tokens.png")
    assert result.exit_code == 0, result.output
    assert "maximum length" in result.output
    assert (tmp_path / "tokens.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(run("tokens", store, "--format", "json").stdout)
    assert found["texts"] == 3
    assert sum(part["texts"] for part in found["histogram"]) == 3


def test_a_store_without_heads_lists_none(store: Path) -> None:
    result = CliRunner().invoke(heads, ["list", str(store), "--format", "json"])
    assert json.loads(result.stdout) == []
    missing = CliRunner().invoke(heads, ["show", str(store), "abc"])
    assert missing.exit_code == 1
    assert "has no run 'abc'" in missing.output
