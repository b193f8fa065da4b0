"""The command `heads rank`."""

from pathlib import Path
from typing import Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.likes_options import history_option, run_option, say_who
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.timestamp import TIMESTAMP

SHOWN = ["rank", "draft", "likes", "low", "high", "best", "against_next", "unlike", "text"]
"""Columns of the table; the other formats have all."""

TABLE = ".csv"
"""How the name of a table of drafts ends; any other file has a draft a line."""


@click.command()
@store_argument
@click.argument("drafts", type=click.Path(exists=True, dir_okay=False))
@click.option("--username", required=True, help="The account that would post.")
@click.option(
    "--date",
    type=TIMESTAMP,
    help="When, UTC; for all of them. A table may have a time for each instead.",
)
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="A picture that would go with each of them.",
)
@run_option
@history_option
@click.option(
    "--new-account", is_flag=True, help="Rank for an account that the store has no posts of."
)
@click.option(
    "--paragraphs",
    is_flag=True,
    help="Drafts of several lines, with blank lines between them.  [default: one a line]",
)
@format_option
def rank(store: str, drafts: str, paragraphs: bool, form: str, **options: Any) -> None:
    """Order drafts, one a line of the file DRAFTS, by the likes they would get.

    A CSV file has a draft a row: its text, and perhaps an image (a path beside the file, or an
    address) and a date of its own.

    \b
    heads rank tweets.store drafts.txt --username CNN --date "2020-06-15 18:00"
    heads rank tweets.store drafts.txt --username CNN --date 2020-06-15 --image cup.jpg
    heads rank tweets.store drafts.csv --username CNN

    A table leaves out the mean and the chance of beating the next; csv and json have all.
    """
    from heads.likes.rank import before_all_posts, rank_likes, verdict

    file = Path(drafts)
    if file.suffix.lower() == TABLE:
        if paragraphs:
            raise click.UsageError("--paragraphs is for a text: rows of a table are drafts already")
        rows = rank_likes(store, file, **options)
    else:
        lines = _lines(file)
        rows = rank_likes(store, _paragraphs(lines) if paragraphs else lines, **options)
    print_rows(rows.select(SHOWN) if form == "table" else rows, form)
    click.echo(verdict(rows), err=True)
    if options["date"] and (early := before_all_posts(store, options["date"])):
        click.echo(early, err=True)
    say_who(rows)


def _paragraphs(lines: list[str]) -> list[str]:
    """Join lines up to the next blank one, each to a draft."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return ["\n".join(draft) for draft in found]


def _lines(file: Path) -> list[str]:
    """Read the lines of a text file.

    Raises
    ------
    InputError
        It is no UTF-8.
    """
    from embedstore.errors import InputError

    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{file}, line {line} is not UTF-8: save the drafts as UTF-8") from error
