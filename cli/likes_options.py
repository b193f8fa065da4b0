"""Options and remarks that the commands of heads of likes have in common."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from embedstore.cli.terminal import visible

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = "history,time,form,text[:SPACE],image[:SPACE],neighbours,profile"


def task_options(function: Any) -> Any:
    """Give a command the options that say what is to be learned."""
    options = [
        click.option(
            "--kpi",
            default="likes",
            show_default=True,
            help="What to predict: likes, comments, shares, quotes, views, bookmarks, impressions,"
            " reach, clicks, video_views, extra.NAME for a number in the column extra, or an"
            " expression of these and followers, such as 'likes / followers'.",
        ),
        click.option("--inputs", help=f"What to look at: {INPUTS}.  [default: all the store has]"),
        click.option(
            "--split",
            help="time:DATE, company:FOLD/5, fewshot:K, random:SEED, column:NAME (says train or"
            " test) or ids:FILE (the ids to score)."
            "  [default: the latest fifth is held out]",
        ),
        click.option(
            "--label-delay",
            type=click.FloatRange(min=0),
            default=0.0,
            metavar="DAYS",
            help="Days until a post's count is known.  [default: 0]",
        ),
        click.option(
            "--after",
            metavar="TIME",
            help="Predict the count so long after posting, such as 24h, 90m or 7d, from the"
            " readings in observations.  [default: the latest count]",
        ),
        click.option(
            "--profile",
            type=click.Path(exists=True, dir_okay=False),
            help="CSV of account facts: username and numbers.",
        ),
        click.option(
            "--reposts",
            is_flag=True,
            help="Keep reposts, which carry the likes of their author.  [default: left out]",
        ),
        click.option(
            "--crossposts",
            is_flag=True,
            help="Keep every copy of a text that was posted in several places within a day."
            "  [default: the first]",
        ),
        click.option(
            "--where",
            help="SQL condition on the columns of posts: others are as if they had no count.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def training_options(function: Any) -> Any:
    """Give a command the options of fitting: those of the task, and how it is learned."""
    function = click.option(
        "--seed", default=0, show_default=True, help="The same seed, the same head."
    )(function)
    function = click.option(
        "--augment",
        metavar="text|image",
        help="Learn from reworded texts or varied pictures too (encoded once); both by a"
        " comma.  [default: neither]",
    )(function)
    return task_options(function)


run_option = click.option("--run", help="Which head.  [default: the pinned one, else the newest]")


history_option = click.option(
    "--history",
    type=click.Choice(["online", "frozen"]),
    default="online",
    show_default=True,
    help="May labels since the head was trained be used?",
)


def say_left_out(counts: Mapping[str, int], where: str | None = None) -> None:
    """Say which posts a head doesn't look at, and what a choice by outcome means.

    Parameters
    ----------
    counts : mapping
        With `reposts_left_out` and `crossposts_left_out`.
    where : str, optional
        The condition that posts were chosen by.
    """
    if reposts := counts["reposts_left_out"]:
        click.echo(f"{reposts:,} reposts left out (--reposts keeps them)", err=True)
    if copies := counts["crossposts_left_out"]:
        said = f"{copies:,} later copies of cross-posts left out (--crossposts keeps them)"
        click.echo(said, err=True)
    if where and chosen_by_outcome(where):
        click.echo(BY_OUTCOME, err=True)


BY_OUTCOME = (
    "posts were chosen by their outcome, which nobody knows beforehand: the figures hold for"
    " posts known to end there, not for new ones"
)


def chosen_by_outcome(where: str) -> bool:
    """Tell whether a condition names a count."""
    from heads.data.counts import KPIS

    return bool({*re.findall(r"\w+", where.lower())} & set(KPIS))


def say_who(rows: "pa.Table") -> None:
    """Say on stderr which head a table of answers is from."""
    said = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
    click.echo(visible("answered by {run}: {model} of {kpi} on {inputs}".format(**said)), err=True)
    if said["missing"]:
        click.echo(f"missing for some or all: {said['missing']}", err=True)
