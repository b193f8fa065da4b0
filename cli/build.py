"""`embedstore build`."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.app import StoreCommand, see_failures, store_argument
from embedstore.cli.output import print_json, print_pairs, size
from embedstore.cli.progress import bars

if TYPE_CHECKING:
    from embedstore.building.forecast.plan import Plan


@click.command(cls=StoreCommand)
@store_argument
@click.argument("posts", nargs=-1)
@click.option(
    "--models",
    type=click.Choice(["hub", "bundled"]),
    help="Encoders of a new store. hub: DistilBERT for texts and CLIP for texts and images;"
    " bundled: MiniLM for texts and ConSE for images, from the package registry alone."
    "  [default: hub; an existing store keeps its own]",
)
@click.option("--source", help="Name of the posts' source.  [default: each file's stem]")
@click.option(
    "--text-field",
    type=click.Choice(["text", "formatted_text"]),
    help="What text spaces embed; formatted_text (date, company and text) makes a space beside.",
)
@click.option(
    "--space",
    "spaces",
    multiple=True,
    metavar="NAME=ENCODER[:WEIGHTS]",
    help="A further vector space; WEIGHTS is a hub name, a folder or a file. May be repeated.",
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column a field is in, where its name doesn't tell: --map text=body.",
)
@click.option("--encoding", help="Encoding of CSV and JSON-lines files.  [default: UTF-8]")
@click.option(
    "--images",
    type=click.Choice(["fetch", "local", "none"]),
    default="fetch",
    show_default=True,
    help="Fetch pictures from the web, only read those beside the input file, or leave them out.",
)
@click.option(
    "--missing-image",
    type=click.Choice(["mask", "noise"]),
    default="mask",
    show_default=True,
    help="What a post gets whose pictures can't be had: no vector, or that of random noise.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to encode.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Encode in this process, or on a Ray cluster (extra `ray`).",
)
@click.option(
    "--address",
    help="Ray cluster to join, such as auto or HOST:6379.  [default: one on this machine]",
)
@click.option(
    "--plan",
    "planning",
    is_flag=True,
    help="Only say what the build would do and take, from a sample of POSTS: nothing is stored.",
)
@click.option("--retry-failed", is_flag=True, help="Try pictures again that failed before.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print the report.",
)
def build(
    store: str,
    posts: tuple[str, ...],
    models: str | None,
    source: str | None,
    text_field: str | None,
    spaces: tuple[str, ...],
    mapping: tuple[str, ...],
    encoding: str | None,
    images: str,
    missing_image: str,
    device: str,
    engine: str,
    address: str | None,
    planning: bool,
    retry_failed: bool,
    form: str,
) -> None:
    """Read POSTS into STORE and embed what it lacks.

    POSTS are CSV, XLSX, Parquet or JSON-lines files, also as globs and gzipped. Every
    distinct text and picture is encoded once, ever. A build that was stopped goes on
    when it is run again; one over unchanged posts encodes nothing. Rows that can't be
    used go to the table `failures`, and the build goes on.

    \b
    embedstore build tweets.store train.csv
    embedstore build tweets.store 'more/*.xlsx' --images none
    embedstore build tweets.store            only finish what an earlier build left
    """
    import embedstore

    if planning:
        with bars() as progress:
            plan = embedstore.plan_build(
                store,
                posts,
                models=models,  # type: ignore[arg-type]
                source=source,
                text_field=text_field,  # type: ignore[arg-type]
                space=spaces,
                mapping=embedstore.parse_mapping(mapping),
                encoding=encoding,
                images=images,  # type: ignore[arg-type]
                device=device,
                progress=progress,
            )
        _show(plan, form)
        return
    with bars() as progress:
        report = embedstore.build(
            store,
            posts,
            models=models,  # type: ignore[arg-type]
            source=source,
            text_field=text_field,  # type: ignore[arg-type]
            space=spaces,
            mapping=embedstore.parse_mapping(mapping),
            encoding=encoding,
            images=images,  # type: ignore[arg-type]
            missing_image=missing_image,  # type: ignore[arg-type]
            device=device,
            retry_failed=retry_failed,
            engine=engine,  # type: ignore[arg-type]
            address=address,
            progress=progress,
        )
    if form == "json":
        print_json(report.to_json())
        return
    counts = report.posts
    click.echo(
        f"{counts.new:,} new posts, {counts.updated:,} updated, {counts.unchanged:,} unchanged,"
        f" {counts.rejected:,} rejected"
    )
    if report.images["fetched"] or report.images["failed"]:
        click.echo(
            f"{report.images['fetched']:,} pictures fetched, {report.images['failed']:,} failed"
        )
    if any(report.encoded.values()):
        click.echo(
            "encoded: "
            + ", ".join(f"{count:,} in {name}" for name, count in report.encoded.items())
        )
    else:
        click.echo("nothing to encode: every text and picture has its vectors")
    rows = {name: f"{seconds:8.2f} s" for name, seconds in report.seconds.items()}
    print_pairs(rows | {"whole build": f"{report.total_seconds:8.2f} s"}, title="stages")
    if sum(report.failures.values()):
        count = sum(report.failures.values())
        click.echo(f"{count:,} failures are on record; {see_failures(store)}")


def _show(plan: "Plan", form: str) -> None:
    if form == "json":
        print_json(plan.to_json())
        return
    work = plan.work
    about = "" if work.exact else "about "
    click.echo(
        f"{about}{work.rows:,} rows, {about}{work.known:,} of posts that are known;"
        f" {work.stored_posts:,} posts in the store"
    )
    for space in work.spaces:
        most = "" if work.exact else "at most "
        click.echo(
            f"{space.space} ({space.encoder}, {space.dim} dimensions): {most}{space.new:,}"
            f" {space.kind} to encode, {space.cached:,} have vectors"
        )
    for name, index in plan.indexes.items():
        kind = f"{index.lists:,} lists" if index.lists else "exact"
        again = ", grouped anew" if index.trained else ""
        click.echo(f"index {name}: {kind}{again}, {index.written:,} vectors to write")
    stages = {
        stage.stage: "not known" if stage.seconds is None else f"{stage.seconds:8.2f} s"
        for stage in plan.stages
    }
    print_pairs(stages | {"whole build": f"{plan.seconds:8.2f} s"}, title="\nstages, computed")
    click.echo(f"rates: {', '.join(f'{stage.stage} from {stage.source}' for stage in plan.stages)}")
    click.echo(
        f"memory: up to {size(plan.memory_bytes)} and the encoders; disk: {size(plan.disk_bytes)}"
    )
