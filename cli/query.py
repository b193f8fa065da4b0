"""`embedstore sql`, `similar` and `export`: what a store answers."""

from datetime import UTC, datetime
from pathlib import Path

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import format_option, print_rows, write_text
from embedstore.cli.progress import bars


class Timestamp(click.ParamType[datetime]):
    """A date, or a date and time, in ISO form; UTC unless it has a zone."""

    name = "timestamp"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse `value`; a datetime without zone, in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date: write 2020-06-15 or '2020-06-15 18:00'", param, ctx)
        if parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
        return parsed


TIMESTAMP = Timestamp()


@click.command(cls=StoreCommand)
@store_argument
@click.argument("query")
@click.option("--write", is_flag=True, help="Let the query change the store.")
@click.option("--external", is_flag=True, help="Let the query read and write other files.")
@format_option
def sql(store: str, query: str, write: bool, external: bool, form: str) -> None:
    r"""Run one SQL QUERY on STORE.

    Tables: posts, media, contents, spaces, vectors, failures, builds, runs, predictions.
    Views: text_vectors, image_vectors. Functions: embed('words'), cosine(a, b); and to
    read from: search('words', k, where := '…'), nearest(space, vector, k),
    similar_to(post_id, k).

    \b
    embedstore sql tweets.store "SELECT company, avg(likes) FROM posts GROUP BY 1"
    embedstore sql tweets.store "SELECT text, likes FROM search('good coffee', 5)
                                 JOIN posts USING (post_id)"
    """
    from embedstore.store import Store

    rows = Store(store, "rw" if write else "r").sql(query, external=external)
    if rows.num_columns:
        print_rows(rows, form)


@click.command(cls=StoreCommand)
@store_argument
@click.option("--text", help="Find posts that say something like this.")
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="Find posts with pictures like this one.",
)
@click.option("--post", metavar="KEY", help="Find posts like this one: source:id, or a unique id.")
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
    k: int,
    among: str | None,
    space: str | None,
    where: str | None,
    before: datetime | None,
    distinct: bool,
    html: str | None,
    form: str,
) -> None:
    r"""Find the posts of STORE nearest to a text, a picture or a post.

    \b
    embedstore similar tweets.store --text "new flavour, same cup" -k 5
    embedstore similar tweets.store --post train:42 --where "company = 'cnn'" --before 2020-01-01
    embedstore similar tweets.store --text "a cup of coffee" --in images
    """
    from embedstore.store import Store

    if sum(query is not None for query in (text, image, post)) != 1:
        raise click.UsageError("say what to look for with one of --text, --image and --post")
    opened = Store(store)
    rows = opened.similar(
        text=text,
        image=None if image is None else Path(image),
        post=post,
        k=k,
        among=among,  # type: ignore[arg-type]
        space=space,
        where=where,
        before=before,
        distinct=distinct,
    )
    if html is not None:
        from embedstore.cli.page import similar_page

        title = text or (f"like the picture {image}" if image else f"like the post {post}")
        write_text(Path(html), similar_page(opened, rows, title))
        click.echo(f"{rows.num_rows} posts in {html}")
        return
    if form == "table":
        shown = [name for name in _SHOWN if name in rows.column_names]
        rows = rows.select(shown)
    print_rows(rows, form)


@click.command(cls=StoreCommand)
@store_argument
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--space", help="Which space.  [default: the first that fits]")
@click.option("--in", "among", type=click.Choice(["texts", "images"]), help="What to write.")
@click.option(
    "--layout",
    type=click.Choice(["parquet", "clip-retrieval"]),
    default="parquet",
    show_default=True,
    help="Parquet with a float16 column, or NumPy and Parquet as clip-retrieval lays them out.",
)
@click.option("--where", help="SQL condition on posts.")
def export(
    store: str, folder: str, space: str | None, among: str | None, layout: str, where: str | None
) -> None:
    r"""Write the vectors of STORE and their posts to FOLDER.

    \b
    embedstore export tweets.store vectors/
    embedstore export tweets.store vectors/ --layout clip-retrieval --where "likes > 100"
    """
    from embedstore.maintenance.export import export as write
    from embedstore.store import Store

    with bars() as progress:
        written = write(
            Store(store),
            folder,
            space=space,
            among=among,  # type: ignore[arg-type]
            layout=layout,  # type: ignore[arg-type]
            where=where,
            progress=progress,
        )
    click.echo(f"{written.rows:,} rows in {written.files} files under {written.folder}")


_SHOWN = ("rank", "score", "source", "id", "username", "created_at", "likes", "text", "url")
"""Columns of a table; the other formats have them all."""
