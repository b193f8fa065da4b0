"""`embedstore backup`, `restore` and `rescue`: a store kept safe."""

from dataclasses import asdict

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import print_json, report_format_option, size
from embedstore.cli.progress import watched
from embedstore.cli.terminal import visible

from embedstore.errors import counted


@click.command(cls=StoreCommand)
@store_argument
@click.argument("to")
@report_format_option
def backup(store: str, to: str, form: str) -> None:
    """Write STORE to a backup at TO, or bring a backup there up to date.

    \b
    embedstore backup tweets.store /backups/tweets           a folder; later only what is new
    embedstore backup tweets.store tweets.zip                one file
    embedstore backup tweets.store s3://bucket/tweets        whatever fsspec reaches

    Builds and queries go on meanwhile. A damaged database is refused, so that it never replaces
    a good backup; killed at any moment, this leaves the former backup as it was.
    """
    from embedstore.maintenance.backup import backup as write
    from embedstore.store import Store

    with watched() as progress:
        done = write(Store(store), to, progress=progress)
    if form == "json":
        print_json(vars(done))
    else:
        click.echo(
            f"{counted(done.files, 'file')} of {size(done.bytes)} backed up to {to},"
            f" {size(done.copied_bytes) if done.copied_bytes else 'nothing'} of it new"
        )
    if done.missing:
        raise click.ClickException(
            visible(
                f"{counted(len(done.missing), 'file')} missing or damaged in {store}, such as"
                f" {done.missing[0]}, and not backed up: `embedstore check {store}` says what helps"
            )
        )


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("store", metavar="STORE", type=click.Path(file_okay=False))
@click.option("--partial", is_flag=True, help="Leave out pictures and heads that are damaged.")
@report_format_option
def restore(source: str, store: str, partial: bool, form: str) -> None:
    """Make STORE from the backup at FROM.

    \b
    embedstore restore /backups/tweets tweets.store

    Every byte is compared with its hash. STORE is a folder that isn't there yet.
    """
    from embedstore.maintenance.restore import restore as write

    with watched() as progress:
        done = write(source, store, partial=partial, progress=progress)
    if form == "json":
        print_json(vars(done))
        return
    click.echo(
        f"{counted(done.files, 'file')} of {size(done.bytes)} restored to {store}, as of"
        f" {done.made_at} UTC"
    )
    if done.lost:
        click.echo(
            visible(
                f"left out: {', '.join(done.lost[:3])}{', …' if len(done.lost) > 3 else ''};"
                f" `embedstore check {store}` says what helps"
            )
        )


@click.command(cls=StoreCommand)
@store_argument
@click.argument("new", metavar="INTO NEW", nargs=-1, required=True)
@report_format_option
def rescue(store: str, new: tuple[str, ...], form: str) -> None:
    """Write what can be read of a damaged STORE to the new store NEW.

    \b
    embedstore rescue tweets.store into rescued.store
    embedstore build rescued.store                 encodes what has no vector any more
    embedstore build rescued.store posts.csv       fills in what the file still has

    STORE is only read. A row is kept if its key can be read; a head or picture if none of its
    bytes has changed. What is lost is said, table by table.
    """
    from embedstore.maintenance.rescue import rescue as write

    words = new[1:] if len(new) == 2 and new[0].lower() == "into" else new
    if len(words) != 1:
        raise click.UsageError(f"name one new store: embedstore rescue {store} into NEW")
    to = words[0]
    with watched() as progress:
        done = write(store, to, progress=progress)
    if form == "json":
        print_json(asdict(done) | {"whole": done.whole})
        return
    for table in done.tables:
        lost = "lost" if table.lost is None else f"{table.lost:,} lost" if table.lost else ""
        empty = [f"{count:,} of {column} empty" for column, count in table.empty.items()]
        click.echo(visible(f"{table.table}: " + ", ".join(
            part for part in (counted(table.rows, "row"), lost, *empty) if part
        )))  # fmt: skip
    click.echo(f"pictures: {done.pictures:,}" + _lost(done.lost_pictures))
    if done.lost_runs:
        click.echo(f"heads that are lost, fit them again: {', '.join(done.lost_runs)}")
    if done.lost_spaces:
        click.echo(
            f"spaces that are lost: {', '.join(done.lost_spaces)}; `embedstore build {to}` with"
            " --models or --space declares them again"
        )
    if done.to_encode:
        what = counted(done.to_encode, "text or picture", "texts and pictures")
        click.echo(f"`embedstore build {to}` encodes {what} again")
    if not done.whole:
        click.echo(f"`embedstore build {to} POSTS...` fills in what the files of posts still have")


def _lost(number: int) -> str:
    return f", {number:,} lost" if number else ""
