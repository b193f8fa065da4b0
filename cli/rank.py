"""The command `heads rank`."""

from pathlib import Path
from typing import Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.likes_options import history_option, run_option, say_who
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.timestamp import TIMESTAMP


@click.command()
@store_argument
@click.argument("drafts", type=click.Path(exists=True, dir_okay=False))
@click.option("--username", required=True, help="The account that would post.")
@click.option(
    "--date",
    required=True,
    type=TIMESTAMP,
    help="When, UTC.",
)
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="A picture that would go with each of them.",
)
@run_option
@history_option
@format_option
def rank(store: str, drafts: str, form: str, **options: Any) -> None:
    """Order drafts, one a line of the file DRAFTS, by the likes they would get.

    \b
    heads rank tweets.store drafts.txt --username CNN --date "2020-06-15 18:00"
    heads rank tweets.store drafts.txt --username CNN --date 2020-06-15 --image cup.jpg
    """
    from heads.likes.rank import rank_likes, verdict

    rows = rank_likes(store, _lines(Path(drafts)), **options)
    print_rows(rows, form)
    click.echo(verdict(rows), err=True)
    say_who(rows)


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
