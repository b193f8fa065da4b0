"""What both commands share: how errors end, and where the store is."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from embedstore.cli.terminal import visible

from embedstore.errors import EmbedstoreError


class Group(click.Group):
    """A group whose commands end with one clear line when something can't be done."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors that a user can act on lose their traceback."""
        try:
            return super().invoke(ctx)
        except EmbedstoreError as error:
            raise click.ClickException(visible(str(error), keep="\n")) from error
        except KeyboardInterrupt:
            click.echo("\ninterrupted: what was committed is kept; run it again to go on", err=True)
            sys.exit(130)


class StoreCommand(click.Command):
    """A command whose first argument, STORE, may be left out when EMBEDSTORE is set.

    Click alone fills STORE from the environment only when no argument is given at all;
    with another argument behind, that one would be taken for STORE.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put EMBEDSTORE in front when STORE was left out."""
        default = os.environ.get("EMBEDSTORE")
        names = [param.name for param in self.params if isinstance(param, click.Argument)]
        if default and len(names) > 1:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            first, last = given.get("store"), given.get(names[-1] or "")
            # A file can't be a store, so it must be what stands behind.
            is_file = isinstance(first, str) and Path(first).is_file()
            if is_file or (isinstance(first, str) and not isinstance(last, str | tuple)):
                args = [default, *args]
        return super().parse_args(ctx, args)


store_argument = click.argument(
    "store", envvar="EMBEDSTORE", type=click.Path(file_okay=False), metavar="STORE"
)
"""The store's directory; the environment variable EMBEDSTORE is its default."""


def see_failures(store: str) -> str:
    """The command that shows what failed."""
    return f'to see them: embedstore sql {store} "FROM failures"'
