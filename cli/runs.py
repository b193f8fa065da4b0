"""`heads list`, `heads show`, `heads pin` and `heads remove`."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.app import store_argument
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.terminal import visible

if TYPE_CHECKING:
    import pyarrow as pa


@click.command("list")
@store_argument
@format_option
def list_runs(store: str, form: str) -> None:
    """List the heads that were trained on STORE, the newest first.

    \b
    heads list tweets.store
    heads list tweets.store --format csv

    The pinned head of a kind answers wherever --run is left out; without one, the newest.
    The score is the main one on the posts that the split holds out.
    """
    from heads import list_runs as runs

    rows = runs(store)
    print_rows(_for_people(rows) if form == "table" else rows, form)


@click.command()
@store_argument
@click.argument("run")
@format_option
def show(store: str, run: str, form: str) -> None:
    """Show one trained head of STORE: its split, settings and metrics.

    \b
    heads show tweets.store likes-20261126-171922-875
    """
    from embedstore.store import Store
    from heads.runs import show_run

    print_rows(show_run(Store(store), run), form)


@click.command()
@store_argument
@click.argument("run")
@click.option("--off", is_flag=True, help="Pin it no longer: the newest answers again.")
def pin(store: str, run: str, off: bool) -> None:
    """Let the head RUN of STORE answer wherever --run is left out, instead of the newest.

    \b
    heads pin tweets.store likes-20261126-171922-875
    heads pin tweets.store likes-20261126-171922-875 --off

    The store keeps it: heads that are trained later don't answer until they are pinned or
    named.
    """
    from heads import pin_run

    pin_run(store, run, pinned=not off)
    click.echo("the newest head answers again" if off else f"{run} answers where --run is left out")


@click.command()
@store_argument
@click.argument("run")
@click.option("--yes", is_flag=True, help="Don't ask.")
def remove(store: str, run: str, yes: bool) -> None:
    """Delete the head RUN of STORE, with its files and its predictions of stored posts.

    \b
    heads remove tweets.store likes-20261126-171922-875
    heads remove tweets.store likes-20261126-171922-875 --yes
    """
    from embedstore.store import Store
    from heads import remove_run
    from heads.runs import show_run, stored_predictions

    opened = Store(store)
    show_run(opened, run)
    with opened.connection() as connection:
        count = stored_predictions(connection, run)
    if not yes:
        what = f"{run} and its {count:,} predictions of stored posts" if count else run
        click.confirm(visible(f"Delete {what} from {store}?"), abort=True)
    remove_run(store, run)
    click.echo(f"{run} deleted, with {count:,} predictions of stored posts")


def _for_people(rows: "pa.Table") -> "pa.Table":
    """Shorten the list of runs, so that a terminal shows a run in a line."""
    import pyarrow as pa

    columns = ("run_id", "pinned", "model", "kpi", "inputs", "split", "score")
    shown = [
        row
        | {
            "pinned": "yes" if row["pinned"] else None,
            "score": None if row["score"] is None else f"{row['metric']} {row['score']:.4g}",
        }
        for row in rows.to_pylist()
    ]
    return pa.table({name: pa.array([row[name] for row in shown], pa.string()) for name in columns})
