"""The command `heads`."""

import click
from embedstore.cli.app import Group, store_argument
from embedstore.cli.output import format_option, print_rows


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embedstore")
def heads() -> None:
    r"""Small models on the cached vectors of a store.

    \b
    heads list tweets.store          the trained heads
    heads show tweets.store RUN      one of them
    """


@heads.command("list")
@store_argument
@format_option
def list_runs(store: str, form: str) -> None:
    """List the heads that were trained on STORE."""
    from embedstore.store import Store
    from heads.runs import list_runs as runs

    print_rows(runs(Store(store)), form)


@heads.command()
@store_argument
@click.argument("run")
@format_option
def show(store: str, run: str, form: str) -> None:
    """Show one trained head of STORE: its split, settings and metrics."""
    from embedstore.store import Store
    from heads.runs import show_run

    print_rows(show_run(Store(store), run), form)
