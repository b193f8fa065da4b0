"""`embedstore atlas`."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.progress import watched
from embedstore.cli.terminal import visible

from embedstore.errors import counted


@click.command(cls=StoreCommand)
@store_argument
@click.argument("folder", required=False, type=click.Path(file_okay=False))
@click.option("--space", help="Space of texts that the map is made of.  [default: the first one]")
@click.option("--where", help="SQL condition on posts: only these are shown.")
@click.option("--refit", is_flag=True, help="Make the map anew: all posts move.")
@click.option("--serve", is_flag=True, help="Show it at an address of this machine until Ctrl-C.")
@click.option("--port", default=8765, show_default=True, help="Port of --serve; 0 takes any.")
def atlas(
    store: str,
    folder: str | None,
    space: str | None,
    where: str | None,
    refit: bool,
    serve: bool,
    port: int,
) -> None:
    """Write a map of the posts of STORE as a page into FOLDER, for any web server.

    \b
    embedstore atlas tweets.store map/
    embedstore atlas tweets.store --serve

    Posts of like meaning lie together, with text, picture, topic, likes and how far above their
    account's level they did. The map is made once and kept in the store, where SQL reads it as
    map(post_id, x, y); posts of later builds are put beside their nearest, and none moves.
    """
    import heads  # noqa: F401 (registers `expected`)
    from embedstore.store import Store
    from embedstore.topics.atlas import viewer_files, write_atlas
    from embedstore.topics.map import update_map

    if folder is None and not serve:
        raise click.UsageError("name a FOLDER to write to, or add --serve")
    viewer_files()  # a missing package is told before the map is made
    opened = Store(store)
    with watched() as progress:
        made = update_map(opened, space=space, refit=refit, progress=progress)
        if folder is None:
            with tempfile.TemporaryDirectory() as here:
                write_atlas(opened, Path(here), where=where, progress=progress)
                _serve(Path(here), port)
            return
        site = write_atlas(opened, Path(folder), where=where, progress=progress)
    how = "laid out" if made.fitted else "placed"
    click.echo(
        visible(
            f"{counted(made.placed, 'text')} {how}; {counted(site.posts, 'post')} with"
            f" {counted(site.pictures, 'picture')} in {folder} ({site.size / 1e6:.0f} MB)"
        )
    )
    if serve:
        _serve(Path(folder), port)


def _serve(folder: Path, port: int) -> None:
    """Serve a folder to this machine alone until Ctrl-C."""
    # Imported here: it takes as long as all that `--help` needs.
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Print no line for each file."""

    with ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder))) as server:
        click.echo(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends it)")
        server.serve_forever()
