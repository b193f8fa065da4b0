"""`embedstore similar`."""

from datetime import datetime
from pathlib import Path

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.limits import FILTER_TIMEOUT_S, timeout_option
from embedstore.cli.output import format_option, print_rows, write_text
from embedstore.cli.terminal import visible
from embedstore.cli.timestamp import TIMESTAMP

from embedstore.errors import counted

_SHOWN = ("rank", "score", "source", "id", "username", "created_at", "likes", "text", "url")
"""Columns of a table; the other formats have them all."""


@click.command(cls=StoreCommand)
@store_argument
@click.option("--text", help="Find posts that say something like this.")
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="Find posts with pictures like this one.",
)
@click.option("--post", metavar="KEY", help="Find posts like this one: source:id, or a unique id.")
@click.option(
    "--words",
    help='Find posts that have these words, "phrases in quotes", #hashtags and @handles.',
)
@click.option("--hybrid", is_flag=True, help="Look for --text by its meaning and its words.")
@click.option("-k", default=10, show_default=True, help="How many posts.")
@click.option(
    "--in",
    "among",
    type=click.Choice(["texts", "images"]),
    help="Look among texts or images.  [default: images for --image, else texts]",
)
@click.option("--space", help="Which space.  [default: the first that fits]")
@click.option("--where", help="SQL condition on posts, applied before the search.")
@click.option("--before", type=TIMESTAMP, help="Only posts strictly earlier (UTC).")
@click.option("--distinct", is_flag=True, help="Show posts with the same text or picture once.")
@timeout_option(FILTER_TIMEOUT_S, "--where")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True),
    help="Write a page with pictures to this file instead.",
)
@format_option
def similar(
    store: str,
    text: str | None,
    image: str | None,
    post: str | None,
    words: str | None,
    hybrid: bool,
    k: int,
    among: str | None,
    space: str | None,
    where: str | None,
    before: datetime | None,
    distinct: bool,
    timeout: float,
    html: str | None,
    form: str,
) -> None:
    """Find the posts of STORE nearest to a text, a picture or a post, or that have words.

    \b
    embedstore similar tweets.store --text "new flavour, same cup" -k 5
    embedstore similar tweets.store --post train:42 --where "company = 'cnn'" --before 2020-01-01
    embedstore similar tweets.store --text "a cup of coffee" --in images
    embedstore similar tweets.store --words '"new flavour" #coffee'
    embedstore similar tweets.store --text "brewing at home" --words "#coffee"

    The score is a cosine; of words alone it is BM25, and of both the sum of reciprocal ranks.
    """
    from embedstore.store import Store

    if sum(query is not None for query in (text, image, post)) > 1 or not any(
        query is not None for query in (text, image, post, words)
    ):
        raise click.UsageError(
            "say what to look for with one of --text, --image and --post, or with --words"
        )
    if hybrid and (text is None or words is not None):
        raise click.UsageError("--hybrid looks for the words of --text: give that, and no --words")
    opened = Store(store)
    rows = opened.similar(
        text=text,
        image=None if image is None else Path(image),
        post=post,
        words=text if hybrid else words,
        k=k,
        among=among,  # type: ignore[arg-type]
        space=space,
        where=where,
        before=before,
        distinct=distinct,
        timeout=timeout,
    )
    if not rows.num_rows:
        from embedstore.search.nothing_found import why_none_pass

        why = why_none_pass(opened, where, before, words=words)
        click.echo(visible(f"nothing was found: {why}"), err=True)
    if html is not None:
        from embedstore.cli.page import similar_page

        title = text or words or (f"like the picture {image}" if image else f"like the post {post}")
        write_text(Path(html), similar_page(opened, rows, title))
        click.echo(f"{counted(rows.num_rows, 'post')} in {html}")
        return
    if form == "table":
        shown = [name for name in _SHOWN if name in rows.column_names]
        rows = rows.select(shown)
    print_rows(rows, form)
