"""`embedstore sql`."""

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.limits import Size, timeout_option
from embedstore.cli.output import TABLE_ROWS, format_option, print_batches


@click.command(cls=StoreCommand)
@store_argument
@click.argument("query")
@click.option("--write", is_flag=True, help="Let the query change the store.")
@click.option("--external", is_flag=True, help="Let the query read and write other files.")
@timeout_option(None, "the query")
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    help=f"Most rows that it may return.  [default: {TABLE_ROWS:,} as a table, else no limit]",
)
@click.option(
    "--max-memory",
    type=Size(),
    metavar="SIZE",
    help="Most memory that rows may take at once, such as 2GB: all rows of a table, some thousand"
    " otherwise.  [default: half of what is free]",
)
@format_option
def sql(
    store: str,
    query: str,
    write: bool,
    external: bool,
    timeout: float | None,
    max_rows: int | None,
    max_memory: int | None,
    form: str,
) -> None:
    """Run one SQL QUERY on STORE.

    Tables: posts, media, contents, spaces, vectors, failures, builds, runs, predictions.
    Views: text_vectors, image_vectors. Functions: embed('words'), cosine(a, b); and to
    read from: search('words', k, where := '…'), nearest(space, vector, k),
    similar_to(post_id, k).

    \b
    embedstore sql tweets.store "SELECT company, avg(likes) FROM posts GROUP BY 1"
    embedstore sql tweets.store "SELECT text, likes FROM search('good coffee', 5)
                                 JOIN posts USING (post_id)"
    """
    import heads  # noqa: F401 (registers its functions)
    from embedstore.store import Store

    opened = Store(store, "rw" if write else "r")
    table = form == "table"
    stream = opened.stream(
        query,
        external=external,
        timeout=timeout,
        max_rows=max_rows or (TABLE_ROWS if table else None),
        max_memory=max_memory,
        held=table,
    )
    with stream as rows:
        if len(rows.schema):
            print_batches(rows.schema.names, rows.batches, form)
