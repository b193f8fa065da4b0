"""A build that could use little of what it was given says why, and which option mends it."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.main import embedstore as command
from support import WriteCsv, build, post, rows


def _run(store: Path, *arguments: object) -> Result:
    options = ["--space", "words=hash", "--images", "none"]
    return CliRunner().invoke(command, ["build", str(store), *map(str, arguments), *options])


@pytest.fixture
def mostly_bad(write_csv: WriteCsv) -> Path:
    """Two posts that can be used, four with rounded ids, one without an id, two of another."""
    posts = [post(n, id=f"1.{n}3E+18") for n in range(1, 5)]
    posts += [post(1, id=""), post(8), post(9), post(8, username="a"), post(8, username="b")]
    return write_csv(posts)


def test_a_build_that_uses_less_than_half_ends_with_status_3_and_one_sentence(
    tmp_path: Path, mostly_bad: Path
) -> None:
    done = _run(tmp_path / "s", mostly_bad)
    assert done.exit_code == 3
    assert "2 new posts, 0 updated, 0 unchanged, 7 rejected" in done.stdout
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert sentence.startswith("Error: only 2 of 9 rows could be used: 4 × id: ")
    assert "(--map id=COLUMN or --id auto); 2 × the key posts:8" in sentence
    assert "(--source NAME); 1 × no id (--map id=COLUMN or --id auto);" in sentence
    assert sentence.endswith("--allow-rejected accepts that")
    # What could be used is stored and encoded all the same.
    assert rows(tmp_path / "s", "SELECT count(*) FROM vectors") == [(2,)]


def test_the_option_that_accepts_it_makes_status_0(tmp_path: Path, mostly_bad: Path) -> None:
    assert _run(tmp_path / "s", mostly_bad, "--allow-rejected").exit_code == 0


def test_fields_that_are_left_empty_are_said_with_the_option_that_mends_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    done = _run(tmp_path / "s", write_csv([post(n, date=f"some {n}. day") for n in (1, 2, 3)]))
    assert done.exit_code == 0, done.output
    [line] = [line for line in done.stdout.splitlines() if line.startswith("fields left empty: ")]
    assert line.startswith("fields left empty: 3 × created_at: ")
    assert line.endswith("(--date-format FORMAT)")


def test_json_output_is_whole_and_the_status_is_3_too(tmp_path: Path, mostly_bad: Path) -> None:
    done = _run(tmp_path / "s", mostly_bad, "--format", "json")
    assert done.exit_code == 3
    report = json.loads(done.stdout)
    assert [each["rows"] for each in report["rejections"]] == [4, 2, 1]
    assert report["inputs"][0]["reading"]["fields"]["text"] == "content"


def test_from_python_the_report_tells_it_and_nothing_is_raised(
    tmp_path: Path, mostly_bad: Path
) -> None:
    report = build(tmp_path / "s", mostly_bad)
    assert report.complaint is not None
    assert [each.rows for each in report.rejections] == [4, 2, 1]


def test_nothing_stored_at_all_is_said_so(tmp_path: Path, write_csv: WriteCsv) -> None:
    done = _run(tmp_path / "s", write_csv([post(1, id="")]))
    assert done.exit_code == 1
    assert "Error: none of 1 rows could be used: 1 × no id" in done.stderr


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_half_of_the_rows_is_enough(tmp_path: Path, write_csv: WriteCsv, bad: int) -> None:
    posts = [post(1), post(2), *(post(9, id="") for _ in range(bad))]
    assert _run(tmp_path / "s", write_csv(posts)).exit_code == 0


def test_rows_that_are_known_already_count_as_used(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1), post(2), post(3), post(4, id="")])
    assert _run(tmp_path / "s", file).exit_code == 0
    assert _run(tmp_path / "s", file).exit_code == 0


def test_posts_that_are_left_out_on_purpose_are_no_complaint(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(n, kind="repost") for n in range(1, 9)])
    done = _run(tmp_path / "s", file, "--only", "own,quote")
    assert done.exit_code == 0, done.output
    assert "8 posts left out by --only: 8 repost" in done.stdout


def test_the_source_that_a_conflict_asks_for_mends_it(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    file = write_csv([post(1, username="somebody_else")])
    failed = _run(tmp_path / "s", file)
    assert (failed.exit_code, "--source NAME" in failed.stderr) == (1, True)
    assert _run(tmp_path / "s", file, "--source", "other").exit_code == 0


def test_the_column_that_counts_without_a_post_ask_for_mends_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    file = write_csv([post(7, content="", body="the text is here"), post(8, content="")])
    failed = _run(tmp_path / "s", file)
    assert (failed.exit_code, "--map text=COLUMN" in failed.stderr) == (1, True)
    assert _run(tmp_path / "s", file, "--map", "text=body").exit_code == 0


def test_a_build_says_which_reader_it_took_and_which_field_it_found_where(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    files = [write_csv([post(n)], f"{n}.csv") for n in (1, 2)]
    for arguments in ((), ("--plan",)):
        done = _run(tmp_path / "s", *files, *arguments)
        assert done.exit_code == 0, done.output
        said = [line for line in done.output.splitlines() if "text ← content" in line]
        # Once, though there are two files of the kind.
        [line] = said
        assert "1.csv and 1 more like it: CSV" in line
        assert "created_at ← date" in line
        assert "comments" in line.partition("nothing found for")[2]


def test_explain_shows_the_first_rows_and_stores_nothing(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1), post(2, likes="many"), post(3, date="some day")])
    done = _run(tmp_path / "s", file, "--explain")
    assert done.exit_code == 0, done.output
    [likes] = [line for line in done.stdout.splitlines() if line.startswith("likes ")]
    assert likes.split()[:3] == ["likes", "likes", "10"]
    assert 'line 3: likes left empty: "many"' in done.stdout
    assert "line 4" in done.stdout
    assert not (tmp_path / "s").exists()
    as_json = _run(tmp_path / "s", file, "--explain", "--format", "json")
    [explained] = json.loads(as_json.stdout)
    assert explained["reading"]["fields"]["created_at"] == "date"
    assert explained["values"]["username"] == ["roastery"]


def test_columns_cannot_command_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["id", "tex\x1b[31mt"], ["1", "hello"]])
    mapped = ("--map", "text=tex\x1b[31mt")
    for arguments in (mapped, (*mapped, "--plan"), (*mapped, "--explain")):
        done = _run(tmp_path / "s", file, *arguments)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.output
        assert "tex␛[31mt" in done.output
