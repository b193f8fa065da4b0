"""`embedstore mcp`."""

import click
from embedstore.cli.app import StoreCommand, store_argument


@click.command(cls=StoreCommand)
@store_argument
def mcp(store: str) -> None:
    """Let an assistant ask STORE: a server of the Model Context Protocol on stdin and stdout.

    \b
    claude mcp add tweets -- embedstore mcp /data/tweets.store

    Its tools read: posts by likeness, SQL, predictions, rankings with chances, reasons, hours and
    reports. None writes.
    """
    try:
        import mcp  # noqa: F401
    except ImportError as error:
        raise click.ClickException(
            "the MCP server needs the extra `studio`: pip install 'embedstore[studio]'"
        ) from error
    from embedstore.cli.studio.assistant import make_server

    make_server(store).run()
