"""`embedstore sql`."""

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import format_option, print_rows


@click.command(cls=StoreCommand)
@store_argument
@click.argument("query")
@click.option("--write", is_flag=True, help="Let the query change the store.")
@click.option("--external", is_flag=True, help="Let the query read and write other files.")
@format_option
def sql(store: str, query: str, write: bool, external: bool, form: str) -> None:
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
    from embedstore.store import Store

    rows = Store(store, "rw" if write else "r").sql(query, external=external)
    if rows.num_columns:
        print_rows(rows, form)
