"""The command `heads export features`."""

from typing import Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.likes_options import task_options


@click.command("features")
@store_argument
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
@task_options
@click.option(
    "--history",
    type=click.Choice(["online", "frozen"]),
    default="online",
    show_default=True,
    help="May a post use labels from the split's date on?",
)
@click.option(
    "--vectors",
    is_flag=True,
    help="Write whole vectors, a column of lists for each space, in place of main directions.",
)
def export_features(store: str, file: str, **options: Any) -> None:
    """Write the matrix that heads learn from to FILE, .parquet or .arrow, for a model of your own.

    \b
    heads export features tweets.store features.parquet --split time:2020-01-01
    heads export features tweets.store features.arrow --inputs history,time,form

    A row for each post: its keys, the split (train or test), the count, the target (log1p of the
    count) and the features, each computed from what was known before the post.
    `heads.evaluate` scores predictions beside the baselines.
    """
    from heads import export_features as export

    table = export(store, file, **options)
    parts = table["split"].to_pylist()
    count = sum(bool((field.metadata or {}).get(b"group")) for field in table.schema)
    click.echo(
        f"{file}: {table.num_rows:,} posts ({parts.count('train'):,} to learn from,"
        f" {parts.count('test'):,} to score), {count} features",
        err=True,
    )
