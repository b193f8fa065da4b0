"""`embedstore watch`."""

import time
from typing import TYPE_CHECKING

import click
from embedstore.cli.after_build import update_after_build
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.build_options import build_options
from embedstore.cli.limits import POSITIVE
from embedstore.cli.progress import watched
from embedstore.cli.running import LOGGER, PartlyDone, log_report
from embedstore.cli.terminal import visible

from embedstore.errors import counted

if TYPE_CHECKING:
    from embedstore.building.arrivals import Arrival
    from embedstore.building.options import BuildOptions


@click.command(cls=StoreCommand)
@store_argument
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@build_options
@click.option("--once", is_flag=True, help="Build what is there and end, as a timer wants it.")
@click.option(
    "--every",
    "every_s",
    type=POSITIVE,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.option(
    "--settle",
    "settle_s",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="A file that has not changed for so long is whole.",
)
def watch(
    store: str, folder: str, options: "BuildOptions", once: bool, every_s: float, settle_s: float
) -> None:
    """Build into STORE what arrives in FOLDER, until Ctrl-C.

    \b
    embedstore watch tweets.store inbox --models bundled
    embedstore watch tweets.store inbox --once            for cron and timers

    Each file is built and moved to FOLDER/done. One that can't be used goes to FOLDER/failed, with
    the reason in a file beside it; put it back into FOLDER once it is mended. Files and folders
    that change, are hidden or end in .part or .tmp are left to the next look. Pictures that lie
    beside their posts arrive in one folder with them.

    All posts have one source, the name of FOLDER, unless --source says otherwise: the same post in
    two files is one post. With --once the exit status is 3 if any file failed.
    """
    from embedstore.building.arrivals import build_arrivals

    built = failed = 0
    while True:
        with watched() as progress:
            for arrival in build_arrivals(
                store, folder, options, settle_s=settle_s, progress=progress
            ):
                _say(arrival)
                if arrival.report is not None:
                    update_after_build(store, arrival.report)
                built += arrival.reason is None
                failed += arrival.reason is not None
        if once:
            break
        time.sleep(every_s)
    if not built + failed:
        click.echo(f"nothing has arrived in {visible(folder)}")
    if failed:
        error = PartlyDone if built else click.ClickException
        raise error(f"{counted(failed, 'file')} can't be used: see {visible(folder)}/failed")


def _say(arrival: "Arrival") -> None:
    if arrival.reason is not None:
        LOGGER.error("%s: %s", arrival.name, arrival.reason)
        click.echo(visible(f"{arrival.name}: {arrival.reason}"), err=True)
        return
    assert arrival.report is not None
    counts = arrival.report.posts
    said = (
        f"{arrival.name}: {counted(counts.new, 'new post')}, {counts.updated:,} updated,"
        f" {counts.unchanged:,} unchanged, {counts.rejected:,} rejected"
    )
    log_report(said, arrival.report.to_json())
    click.echo(visible(said))
