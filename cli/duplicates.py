"""`embedstore duplicates`."""

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.terminal import visible

from embedstore.errors import counted

_SHOWN = ("duplicate", "score", "source", "id", "username", "created_at", "likes", "text")
"""Columns of a table; the other formats have them all."""


@click.command(cls=StoreCommand)
@store_argument
@click.option(
    "--threshold",
    default=0.9,
    show_default=True,
    help="Least cosine of two texts that are nearly the same.",
)
@click.option("--where", help="SQL condition on posts.")
@click.option("--space", help="Which space of texts.  [default: the first one]")
@click.option("--campaigns", is_flag=True, help="Show one row for each group.")
@format_option
def duplicates(
    store: str,
    threshold: float,
    where: str | None,
    space: str | None,
    campaigns: bool,
    form: str,
) -> None:
    """Find posts of STORE that say the same or nearly so, in groups.

    \b
    embedstore duplicates tweets.store
    embedstore duplicates tweets.store --threshold 0.95 --where "company = 'cnn'"
    embedstore duplicates tweets.store --campaigns
    """
    from embedstore.store import Store

    opened = Store(store)
    if campaigns:
        rows = opened.sql(
            'FROM campaigns(threshold := $threshold, "where" := $where, space := $space)',
            {"threshold": threshold, "where": where, "space": space},
        )
        if form == "table":
            rows = rows.drop_columns(["companies", "first_post_id"])
    else:
        rows = opened.duplicates(threshold, where=where, space=space)
        groups = len(set(rows["duplicate"].to_pylist()))
        said = f"{counted(rows.num_rows, 'post')} in {counted(groups, 'group')}"
        click.echo(visible(said), err=True)
        if form == "table":
            rows = rows.select(list(_SHOWN))
    print_rows(rows, form)
