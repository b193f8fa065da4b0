"""`heads report`, `heads when` and `heads what-if`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads
from support import build, post


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import csv

    from heads.likes.fit import fit_likes

    folder = tmp_path_factory.mktemp("reports")
    rows = [
        post(
            number,
            username=f"user{number % 3}",
            likes=20 + number % 37 + 100 * (number % 3),
            date=f"2019-{number % 12 + 1:02d}-{number % 27 + 1:02d} {number % 24:02d}:15:00",
        )
        for number in range(1, 200)
    ]
    with (folder / "posts.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    build(folder / "s", folder / "posts.csv")
    fit_likes(folder / "s", model_name="lgbm", inputs="history,time,form")
    return folder / "s"


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(heads, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_report_is_a_page_markdown_or_values(store: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = _run("report", store, "--username", "@USER1", "--out", page)
    assert said == f"user1: {page}\n"
    assert "<h1>What works: user1</h1>" in page.read_text()
    markdown = _run("report", store, "--compare", "user0,user2", "--format", "md")
    assert markdown.startswith("# What works: user0 · user2\n")
    values = json.loads(_run("report", store, "--company", "beans", "--format", "json"))
    assert len(values["subjects"][0]["accounts"]) == 3


def test_the_best_hours_are_printed_in_the_time_zone_asked_for(store: Path) -> None:
    rows = json.loads(
        _run("when", store, "--username", "user1", "-k", 3, "--format", "json",
             "--timezone", "Asia/Tokyo")
    )  # fmt: skip
    assert len(rows) == 3
    assert rows[0]["likes"] >= rows[2]["likes"]
    assert set(rows[0]) == {"day", "hour", "date", "likes", "low", "high", "times", "chance"}


def test_forms_of_a_draft_are_printed_beside_it(store: Path) -> None:
    text = "post about coffee #beans"
    rows = json.loads(
        _run("what-if", store, "--username", "user1", "--text", text, "--format", "json")
    )
    assert [row["change"] for row in rows] == [
        "as written", "shorter", "without hashtags", "with a photo", "with a video",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say whom it is about"),
        (["--username", "a", "--company", "b"], "say whom it is about"),
        (["--compare", "a"], "two or more accounts"),
        (["--username", "nobody"], "no post of 'nobody'"),
    ],
)
def test_a_report_of_nobody_ends_in_one_line(store: Path, options: list[str], message: str) -> None:
    done = CliRunner().invoke(heads, ["report", str(store), *options])
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
