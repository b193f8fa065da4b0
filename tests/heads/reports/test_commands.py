"""`heads report`, `heads when` and `heads what-if`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(heads, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_report_is_a_page_or_values(
    store_path: Path, fitted: str, busiest: str, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    whom = ["report", store_path, "--username", f"@{busiest.upper()}", "--run", fitted]
    assert _run(*whom, "--out", page) == f"{busiest}: {page}\n"
    assert f"<h1>What works: {busiest}</h1>" in page.read_text()
    values = json.loads(_run(*whom, "--format", "json"))
    assert values["subjects"][0]["accounts"] == [busiest]


def test_the_best_hours_are_printed_in_the_time_zone_asked_for(
    store_path: Path, fitted: str, busiest: str
) -> None:
    whom = ["when", store_path, "--username", busiest, "--run", fitted]
    rows = json.loads(_run(*whom, "-k", 3, "--format", "json", "--timezone", "Asia/Tokyo"))
    assert len(rows) == 3
    assert rows[0]["likes"] >= rows[2]["likes"]
    assert set(rows[0]) == {"day", "hour", "date", "likes", "low", "high", "times", "chance"}


def test_forms_of_a_draft_are_printed_beside_it(
    store_path: Path, fitted: str, busiest: str
) -> None:
    text = "post about coffee #beans"
    whom = ["what-if", store_path, "--username", busiest, "--run", fitted]
    rows = json.loads(_run(*whom, "--text", text, "--format", "json"))
    assert [row["change"] for row in rows] == [
        "as written", "shorter", "without hashtags", "with a photo", "with a video",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say whom it is about"),
        (["--username", "a", "--company", "b"], "say whom it is about"),
        (["--compare", "a"], "two or more accounts"),
        (["--username", "nobody"], "no posts of nobody"),
    ],
)
def test_a_report_of_nobody_ends_in_one_line(
    store_path: Path, options: list[str], message: str
) -> None:
    done = CliRunner().invoke(heads, ["report", str(store_path), *options])
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
