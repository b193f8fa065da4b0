"""`embedstore build`."""

import click
from embedstore.cli.app import StoreCommand, see_failures, store_argument
from embedstore.cli.output import print_json, print_pairs
from embedstore.cli.progress import bars


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
    retry_failed: bool,
    form: str,
) -> None:
    r"""Read POSTS into STORE and embed what it lacks.

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
