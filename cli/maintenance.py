"""`embedstore info`, `check`, `tokens`, `remove`, `export` and `import`: a store in order."""

from pathlib import Path

import click
from embedstore.cli.app import StoreCommand, agree, see_failures, store_argument
from embedstore.cli.limits import FILTER_TIMEOUT_S, timeout_option
from embedstore.cli.output import (
    print_json,
    print_pairs,
    print_records,
    print_rows,
    report_format_option,
    size,
)
from embedstore.cli.progress import watched
from embedstore.cli.running import PartlyDone
from embedstore.cli.terminal import visible

from embedstore.errors import counted


@click.command(cls=StoreCommand)
@store_argument
@report_format_option
def info(store: str, form: str) -> None:
    """Show what STORE holds: sources, spaces, failures, builds and sizes."""
    from embedstore.maintenance.info import info as gather
    from embedstore.store import Store

    found = gather(Store(store))
    if form == "json":
        print_json(found.to_json())
        return
    if not found.sources.num_rows:
        click.echo(f"no posts yet: embedstore build {store} POSTS...\n")
    print_rows(found.sources, "table", title="sources")
    print_rows(found.spaces, "table", title="\nspaces")
    if found.failures.num_rows:
        print_rows(found.failures, "table", title="\nfailures")
        click.echo(see_failures(store))
    for space, sentence in found.unreadable.items():
        click.echo(visible(f"\nspace {space}: {sentence}", keep="\n"))
    if found.shared:
        print_records(
            found.shared,
            title="\nposts that two sources have in common; `--source NAME` stores them once",
        )
    print_rows(found.builds, "table", title="\nbuilds")
    for build_id, rows in found.planned.items():
        print_records(rows, title=f"\nplan beside fact, build {build_id}")
    print_pairs(
        {f"distinct {kind}s": count for kind, count in found.contents.items()}
        | {name: size(count) for name, count in found.sizes.items()},
        title="\ncontents and sizes",
    )


@click.command(cls=StoreCommand)
@store_argument
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--yes", is_flag=True, help="Repair without asking first.")
@click.option("--deep", is_flag=True, help="Read every block of the database, too.")
@report_format_option
def check(store: str, repair: bool, yes: bool, deep: bool, form: str) -> None:
    """Check whether STORE keeps its promises; exit with status 1 when it doesn't.

    Looks at keys, links, vectors, pictures, the index, and whether each space's encoder
    is still the one that filled it. --repair drops what is broken and can be made again;
    the next build makes it. Posts are never dropped.
    """
    from embedstore.maintenance import check as checks
    from embedstore.store import Store

    opened = Store(store)
    findings = checks.check(opened, deep=deep)
    repairable = [finding for finding in findings if finding.repairable]
    if repair and repairable:
        for finding in repairable:
            click.echo(f"{finding.broken:,}: {finding.promise}", err=True)
        if not yes:
            agree("Repair these?")
        checks.repair(opened)
        findings = checks.check(opened)
    if form == "json":
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "ok " if finding.broken == 0 else f"{finding.broken:,} ✗"
            remedy = "mended by --repair" if finding.repairable else finding.remedy
            click.echo(f"{mark:>8}  {finding.promise}" + (f" — {remedy}" if remedy else ""))
    if any(finding.broken for finding in findings):
        raise SystemExit(1)


@click.command(cls=StoreCommand)
@store_argument
@click.option("--space", help="Which space's tokenizer.  [default: the first text space]")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also draw the histogram to a PNG.")
@report_format_option
def tokens(store: str, space: str | None, plot: str | None, form: str) -> None:
    """Show how long the texts of STORE are in a space's own tokens.

    The distribution decides the maximum length when a space is created; it is kept
    from then on, since another length would give other vectors.
    """
    from embedstore.maintenance.token_lengths import distribution
    from embedstore.store import Store

    found = distribution(Store(store), space)
    if plot is not None:
        found.plot(Path(plot))
    if form == "json":
        print_json(found.to_json())
        return
    click.echo(
        f"{found.texts:,} distinct texts in tokens of {found.space} ({found.encoder}),"
        " special tokens included"
    )
    print_pairs(found.percentiles, title="\npercentiles")
    click.echo("")
    for line in found.bars():
        click.echo(line)
    click.echo(
        f"\nmaximum length: {found.max_length} tokens; {found.cut:,} texts"
        f" ({found.cut / max(1, found.texts):.2%}) are cut"
    )
    if found.unreadable:
        click.echo(visible(found.unreadable))


@click.command(cls=StoreCommand)
@store_argument
@click.option("--where", required=True, help="SQL condition on the columns of posts.")
@timeout_option(FILTER_TIMEOUT_S, "--where")
@click.option(
    "--forget",
    is_flag=True,
    help="For good: also from failures, reports and heads; later builds leave the posts out.",
)
@click.option(
    "--backup",
    "backups",
    multiple=True,
    metavar="TO",
    help="A backup of STORE to remove them from, too; may be given several times.",
)
@click.option("--yes", is_flag=True, help="Don't ask first.")
def remove(
    store: str, where: str, timeout: float, forget: bool, backups: tuple[str, ...], yes: bool
) -> None:
    """Delete posts from STORE, with vectors and pictures that no other post uses.

    \b
    embedstore remove tweets.store --where "username = 'gone'"
    embedstore remove tweets.store --where "username = 'gone'" --forget --backup /backups/tweets

    The database is then written anew, without a byte of them. A later build over a file that
    still has them brings them back, unless --forget has removed them.
    """
    from embedstore.maintenance import remove as removal
    from embedstore.search.nothing_found import why_none_pass
    from embedstore.store import Store

    opened = Store(store)
    posts = removal.count(opened, where, timeout=timeout)
    if posts and not yes:
        agree(f"Delete {counted(posts, 'post')} from {store}{' for good' if forget else ''}?")
    # Also without posts: an earlier removal that was cut off is finished.
    removed = removal.remove(opened, where, forget=forget, backups=backups, timeout=timeout)
    if not removed.posts:
        raise click.ClickException(f"nothing was removed: {why_none_pass(opened, where)}")
    click.echo(
        f"{counted(removed.posts, 'post')} and"
        f" {counted(removed.contents, 'text or picture', 'texts and pictures')} of theirs removed"
    )
    if removed.runs:
        click.echo(f"heads that knew them are gone, fit them again: {', '.join(removed.runs)}")


def _days(_context: click.Context, _option: click.Parameter, value: str) -> float | None:
    """Read `--keep-media`: None for all, else days."""
    if value in ("all", "none"):
        return None if value == "all" else 0.0
    try:
        days = float(value)
    except ValueError:
        days = -1.0
    if not days >= 0:
        raise click.BadParameter("it is all, none, or a number of days, such as 90")
    return days


@click.command(cls=StoreCommand)
@store_argument
@click.option(
    "--keep-media",
    "keep_days",
    default="all",
    show_default=True,
    metavar="all|none|DAYS",
    callback=_days,
    help="Which picture files stay: all, none, or those of posts of the last DAYS days.",
)
@click.option("--yes", is_flag=True, help="Give up pictures without asking first.")
def compact(store: str, keep_days: float | None, yes: bool) -> None:
    """Give back the disk that STORE no longer needs.

    \b
    embedstore compact tweets.store
    embedstore compact tweets.store --keep-media 90

    The database is written anew without the room of deleted rows; that takes as much free disk
    as it has. --keep-media deletes the files of pictures that every space has a vector of. Posts,
    links and vectors stay, so searches and heads answer as before; a page without those pictures
    shows none, and a new image space can't see them until they are fetched again.
    """
    from embedstore.maintenance.compact import compact as write_anew
    from embedstore.store import Store

    if keep_days is not None and not yes:
        which = f"of posts older than {keep_days:g} days" if keep_days else "of all posts"
        agree(f"Delete the picture files {which} from {store}?")
    found = write_anew(Store(store), keep_media_days=keep_days)
    if found.pictures:
        click.echo(f"{counted(found.pictures, 'picture')} given up; vectors and links stay")
    click.echo(f"{size(found.bytes_before)} before, {size(found.bytes_after)} after")


@click.command(cls=StoreCommand)
@store_argument
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--space", help="Which space.  [default: the first that fits]")
@click.option("--in", "among", type=click.Choice(["texts", "images"]), help="What to write.")
@click.option(
    "--layout",
    type=click.Choice(["parquet", "clip-retrieval"]),
    default="parquet",
    show_default=True,
    help="Parquet with a float16 column, or NumPy and Parquet as clip-retrieval lays them out.",
)
@click.option("--where", help="SQL condition on posts.")
def export(
    store: str, folder: str, space: str | None, among: str | None, layout: str, where: str | None
) -> None:
    """Write the vectors of STORE and their posts to FOLDER.

    \b
    embedstore export tweets.store vectors/
    embedstore export tweets.store vectors/ --layout clip-retrieval --where "likes > 100"
    """
    from embedstore.maintenance.export import export as write
    from embedstore.store import Store

    with watched() as progress:
        written = write(
            Store(store),
            folder,
            space=space,
            among=among,  # type: ignore[arg-type]
            layout=layout,  # type: ignore[arg-type]
            where=where,
            progress=progress,
        )
    click.echo(
        f"{counted(written.rows, 'row')} in {counted(written.files, 'file')} under {written.folder}"
    )


@click.command("import", cls=StoreCommand)
@store_argument
@click.argument("vectors", type=click.Path(exists=True))
@click.option("--space", required=True, help="Name of the space: new, or of an earlier import.")
@click.option(
    "--metadata",
    type=click.Path(exists=True, dir_okay=False),
    help="Table with the rows of a NumPy file.  [default: the one beside it]",
)
@click.option(
    "--in",
    "among",
    type=click.Choice(["texts", "images"]),
    help="What the vectors are of.  [default: as the folder tells, else texts]",
)
@click.option("--key", metavar="COLUMN", help="Column of post keys: source:id, or a unique id.")
@click.option("--text", metavar="COLUMN", help="Column of texts, as the posts have them.")
@click.option("--vector", metavar="COLUMN", help="Column of vectors.")
@click.option("--allow-rejected", is_flag=True, help="Succeed even if most rows can't be used.")
@report_format_option
def import_(
    store: str,
    vectors: str,
    space: str,
    metadata: str | None,
    among: str | None,
    key: str | None,
    text: str | None,
    vector: str | None,
    allow_rejected: bool,
    form: str,
) -> None:
    """Store vectors that were made elsewhere, in a space of their own.

    \b
    embedstore import tweets.store vectors.parquet --space ada
    embedstore import tweets.store openai.jsonl --space ada
    embedstore import tweets.store emb.npy --metadata rows.csv --space mine --key post
    embedstore import tweets.store clip_folder/ --space clip

    VECTORS is Parquet, NumPy with a table of its rows, JSON lines, or a folder of them.
    A row belongs to the posts that have its text, or to the post of its key. The space
    has no encoder: it is searched by a post or by a vector, and heads can look at it.
    """
    from embedstore.maintenance.import_vectors import import_vectors
    from embedstore.maintenance.vector_files import Columns
    from embedstore.store import Store

    with watched() as progress:
        found = import_vectors(
            Store(store),
            vectors,
            space=space,
            metadata=metadata,
            among=among,  # type: ignore[arg-type]
            columns=Columns(key, text, vector),
            progress=progress,
        )
    if form == "json":
        print_json(found.to_json())
    else:
        click.echo(
            f"{found.stored:,} vectors of {found.dim:,} dimensions stored in space {found.space};"
            f" {found.known:,} of {found.rows:,} rows had one already"
        )
        for each in found.rejected:
            click.echo(visible(f"{each.rows:,} left out: {each.reason} (first: {each.first})"))
    if found.complaint and not allow_rejected:
        error = PartlyDone if found.stored or found.known else click.ClickException
        raise error(visible(found.complaint))
