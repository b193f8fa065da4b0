"""`embedstore sample`."""

from pathlib import Path

import click


@click.command()
@click.argument("directory", type=click.Path(file_okay=False), metavar="DIR")
@click.option(
    "--posts",
    type=click.IntRange(50, 1_000_000),
    default=3000,
    show_default=True,
    help="How many posts to make up.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same files.")
def sample(directory: str, posts: int, seed: int) -> None:
    """Write a made-up corpus to DIR, in the challenge's schema.

    Posts of invented companies with drawn pictures, whose likes follow effects that
    are known: of account, hour, weekday, season, topic, form, picture and drift.
    truth.json holds them all, so that a model can be checked against what is really
    there. Among the rows are dead links, broken rows and repeats, as in real data.

    \b
    embedstore sample demo
    embedstore build demo.store demo/posts.csv --models bundled --images local
    """
    from embedstore.sample import write_sample

    made = write_sample(Path(directory), posts=posts, seed=seed)
    click.echo(
        f"{made.row_count:,} rows with {made.post_count:,} posts in {made.posts},"
        f" {made.picture_count:,} pictures in {made.images}"
    )
    click.echo(f"the planted effects are in {made.truth}, followers in {made.accounts}")
