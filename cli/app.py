"""What both commands share: how errors end, and where the store is."""

import sys
from typing import Any

import click

from embedstore.errors import EmbedstoreError


class Group(click.Group):
    """A group whose commands end with one clear line when something can't be done."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors that a user can act on lose their traceback."""
        try:
            return super().invoke(ctx)
        except EmbedstoreError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("\ninterrupted: what was committed is kept; run it again to go on", err=True)
            sys.exit(130)


store_argument = click.argument(
    "store", envvar="EMBEDSTORE", type=click.Path(file_okay=False), metavar="STORE"
)
"""The store's directory; the environment variable EMBEDSTORE is its default."""


def see_failures(store: str) -> str:
    """The command that shows what failed."""
    return f'to see them: embedstore sql {store} "FROM failures"'
