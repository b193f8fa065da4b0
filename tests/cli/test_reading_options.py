"""Options of reading come from the command line, from a file, or from both."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from embedstore.cli.app import Group
from embedstore.cli.reading_options import reading_options

from embedstore.reading import ReadOptions

_got: list[ReadOptions] = []


@click.group(cls=Group)
def program() -> None:
    """A program with one command that reads files."""


@program.command()
@click.argument("file")
@reading_options
@click.option("--other", default=3)
def take(file: str, read: ReadOptions, other: int) -> None:
    """Keep the options."""
    assert (file, other) == ("posts.csv", 3)
    _got.append(read)


def _read(*arguments: Any) -> ReadOptions:
    done = CliRunner().invoke(program, ["take", "posts.csv", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return _got.pop()


def test_without_options_files_are_read_as_they_tell_themselves() -> None:
    assert _read() == ReadOptions()


def test_every_option_arrives() -> None:
    read = _read(
        "--map", "text=body", "--map", "likes=stats.likes|hearts", "--set", "username=acme=x",
        "--sheet", "Posts", "--no-header", "--columns", "id, date ,text", "--skip-rows", 2,
        "--date-format", "%d/%m/%Y", "--timezone", "Europe/Paris", "--encoding", "cp1252",
        "--ignore", "a", "--ignore", "b", "--id", "auto", "--observed-at", "file",
    )  # fmt: skip
    assert read == ReadOptions(
        mapping={"text": "body", "likes": "stats.likes|hearts"},
        set={"username": "acme=x"},
        sheet="Posts",
        header=False,
        columns=("id", "date", "text"),
        skip_rows=2,
        date_format="%d/%m/%Y",
        timezone="Europe/Paris",
        encoding="cp1252",
        ignore=("a", "b"),
        id="auto",
        observed_at="file",
    )


def test_a_file_repeats_them_and_the_command_line_comes_on_top(tmp_path: Path) -> None:
    file = tmp_path / "monthly.toml"
    file.write_text(
        'sheet = "May"\nheader = false\ncolumns = ["id", "text"]\nignore = ["a"]\n'
        'id = "auto"\n[mapping]\ntext = "body"\nlikes = "hearts"\n[set]\nusername = "acme"\n'
    )
    read = _read(
        "--mapping", file, "--sheet", "June", "--ignore", "b", "--map", "likes=loves",
        "--set", "company=Acme",
    )  # fmt: skip
    assert read == ReadOptions(
        mapping={"text": "body", "likes": "loves"},
        set={"username": "acme", "company": "Acme"},
        sheet="June",
        header=False,
        columns=("id", "text"),
        ignore=("a", "b"),
        id="auto",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "username"], '--set "username" is not of the form FIELD=VALUE'),
        (["--map", "text"], '--map "text" is not of the form FIELD=COLUMN'),
        (["--skip-rows", "-1"], "-1 is not in the range"),
        (["--id", "row"], "'row' is not one of 'column', 'auto'"),
        (["--mapping", "nowhere.toml"], "'nowhere.toml' does not exist"),
    ],
)
def test_an_option_of_another_form_says_the_right_one(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(program, ["take", "posts.csv", *arguments])
    assert done.exit_code != 0
    assert words in done.output
