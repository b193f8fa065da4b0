"""What both commands share: how errors end, and where the store is."""

import errno
import io
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from embedstore.cli.commands import Commands
from embedstore.cli.interrupt import EXIT, HEARD, MESSAGE, interruptible
from embedstore.cli.running import take_running_options
from embedstore.cli.settings import default_map
from embedstore.cli.terminal import visible

from embedstore.errors import EmbedstoreError, StoreDamagedError


class Group(click.Group):
    """A group whose commands end with one clear line when something can't be done."""

    group_class = type
    """Groups inside are of this class, too."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Begin the program with what settings say of its options."""
        if parent is None and "default_map" not in extra:
            extra["auto_envvar_prefix"] = str(self.name).upper()
            extra["default_map"] = default_map(self, str(self.name))
        return super().make_context(info_name, args, parent, **extra)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with the options that all take."""
        take_running_options(cmd)
        super().add_command(cmd, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; those that are imported when they are asked for stay unimported."""
        if not isinstance(self.commands, Commands):
            super().format_commands(ctx, formatter)
            return
        names = sorted(self.commands)
        width = formatter.width - 6 - max(map(len, names))
        rows = [(name, self.commands.summary(name, width)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program: any terminal can print it, and Ctrl-C ends it within a second."""
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by whoever started the program
                setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
            stream = getattr(sys, name)
            if isinstance(stream, io.TextIOWrapper):
                # An ASCII terminal gets escapes instead of an error in the middle of a table.
                stream.reconfigure(errors="backslashreplace")
        try:
            with interruptible():
                return super().main(*args, **kwargs)
        except KeyboardInterrupt:
            return _interrupted()

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors that a user can act on lose their traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return _interrupted()
        except Exception as error:
            if HEARD.is_set():
                return _interrupted()
            if isinstance(error, StoreDamagedError) and error.store is not None:
                from embedstore.maintenance.damage import describe

                what = f"{error}; {describe(error.store)}"
                raise click.ClickException(visible(what)) from error
            if isinstance(error, EmbedstoreError):
                raise click.ClickException(visible(str(error), keep="\n")) from error
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                raise click.ClickException(visible(_of_the_disk(error))) from error
            raise


_OF_THE_DISK = {
    errno.ENOSPC: "make room and run it again",
    errno.EDQUOT: "make room and run it again",
    errno.EFBIG: "it may not grow any more: raise the limit (ulimit -f), or use another disk",
    errno.EROFS: "the disk is read-only: name another place",
    errno.EACCES: "name another place, or get the permission",
    errno.EPERM: "name another place, or get the permission",
    errno.EIO: "the disk has a fault",
    errno.ENOTDIR: "a part of that path is a file: name another place",
    errno.EEXIST: "name another place",
    errno.EISDIR: "that is a folder: name a file",
    errno.ENOTEMPTY: "name a folder that isn't there yet",
    errno.ENOENT: "the folder that it should be in is not there",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "links go round in a circle: name another place",
}
"""What helps, by number of an error of the operating system."""


def _of_the_disk(error: OSError) -> str:
    place = error.filename or "what was being written"
    reason = (error.strerror or str(error)).lower()
    return f"{place}: {reason}; {_OF_THE_DISK[error.errno or 0]}"


def _interrupted() -> NoReturn:
    click.echo(MESSAGE, err=True)
    sys.exit(EXIT)


class StoreCommand(click.Command):
    """A command whose first argument, STORE, may be left out when a setting stands for it.

    Click alone fills STORE from the environment only when no argument is given at all;
    with another argument behind, that one would be taken for STORE.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what stands for STORE in front when it was left out."""
        default = os.environ.get("EMBEDSTORE") or (ctx.default_map or {}).get("store")
        names = [param.name for param in self.params if isinstance(param, click.Argument)]
        if default and len(names) > 1:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            first, last = given.get("store"), given.get(names[-1] or "")
            # A file can't be a store, so it must be what stands behind.
            is_file = isinstance(first, str) and Path(first).is_file()
            if is_file or (isinstance(first, str) and not isinstance(last, str | tuple)):
                args = [default, *args]
        return super().parse_args(ctx, args)


class StoreArgument(click.Argument):
    """STORE; without it, the error names both ways to give it."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert the value, or say how to give one."""
        try:
            return super().process_value(ctx, value)
        except click.MissingParameter as error:
            ways = (
                "Name the store's directory, or set the environment variable EMBEDSTORE, or `store`"
                " in embedstore.toml"
            )
            raise click.MissingParameter(ways, ctx=ctx, param=self) from error


store_argument = click.argument(
    "store",
    cls=StoreArgument,
    envvar="EMBEDSTORE",
    type=click.Path(file_okay=False),
    metavar="STORE",
)
"""The store's directory; the environment variable EMBEDSTORE is its default."""


def agree(question: str) -> None:
    """Ask on stderr whether to go on; the command ends if the answer is no, or can't be had."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        click.echo("", err=True)
        raise click.ClickException("nobody answered: without a terminal, add --yes") from None
    if not agreed:
        raise click.Abort


def see_failures(store: str) -> str:
    """The command that shows what failed."""
    return f'to see them: embedstore sql {store} "FROM failures"'
