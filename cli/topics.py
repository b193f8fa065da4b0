"""`embedstore topics`."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.progress import watched
from embedstore.cli.terminal import visible

from embedstore.errors import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from embedstore.topics.find import Topics


class _Ids(click.ParamType[list[int]]):
    """Ids of topics by commas."""

    name = "ids"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        """Return the ids."""
        try:
            return [int(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"{value!r} should be ids of topics by commas, such as 3,7", param, ctx)


class _Renaming(click.ParamType[tuple[int, str]]):
    """An id and a name."""

    name = "id=name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """Return the id and the name."""
        number, equals, name = str(value).partition("=")
        if not equals or not number.strip().isdecimal():
            self.fail(f"{value!r} should read ID=NAME, such as 3=coffee", param, ctx)
        return int(number), name


@click.command(cls=StoreCommand)
@store_argument
@click.option("--space", help="Which space of texts.  [default: the first one]")
@click.option("--where", help="SQL condition on posts: only these have topics.")
@click.option(
    "--size",
    type=click.Choice(["small", "medium", "large"]),
    help="How large topics are.  [default: medium]",
)
@click.option(
    "--brands",
    is_flag=True,
    default=None,
    help="Let topics be about a company.  [default: what its posts share is left out]",
)
@click.option("--refit", is_flag=True, help="Cluster anew; old topics are found again.")
@click.option(
    "--names",
    type=click.Choice(["words", "smollm2"]),
    help="What makes the names: the topics' words, or SmolLM2 from their posts.  [default: words]",
)
@click.option("--seed", default=0, show_default=True, help="The same seed, the same topics.")
@click.option(
    "--over",
    type=click.Choice(["week", "month", "quarter", "year"]),
    help="Show shares and likes over time instead.",
)
@click.option("--rename", type=_Renaming(), metavar="ID=NAME", help="Name a topic.")
@click.option("--merge", type=_Ids(), metavar="ID,ID", help="Merge topics into the first one.")
@click.option("--drop", type=_Ids(), metavar="ID,ID", help="Delete topics.")
@format_option
def topics(
    store: str,
    space: str | None,
    where: str | None,
    size: str | None,
    brands: bool | None,
    refit: bool,
    names: str | None,
    seed: int,
    over: str | None,
    rename: tuple[int, str] | None,
    merge: list[int] | None,
    drop: list[int] | None,
    form: str,
) -> None:
    """Find what the posts of STORE are about, and show it.

    \b
    embedstore topics tweets.store
    embedstore topics tweets.store --over month
    embedstore topics tweets.store --refit --size small
    embedstore topics tweets.store --rename 3="customer service"
    embedstore topics tweets.store --merge 3,7
    embedstore topics tweets.store --drop 9

    The first call clusters; later ones assign posts that have come since, so that a topic
    keeps its id. SQL sees the tables topics and post_topics.
    """
    edits = [edit is not None for edit in (rename, merge, drop, over)]
    if sum(edits) > 1 or (any(edits) and (refit or space or where or size or brands or names)):
        raise click.UsageError(
            "one thing at a time: --rename, --merge, --drop, --over, or how topics are found"
        )
    if over is not None:
        _show_over(store, over, form, seed)
        return
    from embedstore.topics import edit
    from embedstore.topics.find import find_topics

    if rename is not None:
        edit.rename_topic(store, *rename)
    if merge is not None:
        edit.merge_topics(store, merge)
    if drop is not None:
        edit.drop_topics(store, drop)
    with watched() as progress:
        found = find_topics(
            store,
            space=space,
            where=where,
            size=size,  # type: ignore[arg-type]
            brands=brands,
            refit=refit,
            seed=seed,
            names=names,  # type: ignore[arg-type]
            progress=progress,
        )
    _show(found, form)


def _show(found: "Topics", form: str) -> None:
    """Print the topics; beside a table, what changed and how many posts have none."""
    rows = found.topics
    if form != "table":
        print_rows(rows, form)
    else:
        print_rows(_for_people(rows), form)
        if found.changes.num_rows:
            click.echo()
            print_rows(found.changes, form, title="since the last fit")
    share = found.outliers / max(1, found.posts)
    click.echo(
        visible(
            f"{counted(found.assigned, 'post')} looked at;"
            f" {counted(rows.num_rows, 'topic')} of {counted(found.posts, 'post')},"
            f" {share:.0%} of them near to none"
        ),
        err=True,
    )


def _for_people(rows: "pa.Table") -> "pa.Table":
    """Shorten topics so that a terminal shows one in a line."""
    import pyarrow as pa

    shown = rows.drop_columns(["share", "words"])
    shares = [f"{share:.1%}" for share in rows["share"].to_pylist()]
    words = [" ".join(words[3:8]) for words in rows["words"].to_pylist()]
    return shown.add_column(3, "share", pa.array(shares, pa.string())).append_column(
        "also", pa.array(words, pa.string())
    )


def _show_over(store: str, over: str, form: str, seed: int) -> None:
    """Print trends as a table, or each topic and period in the other formats."""
    import pyarrow as pa

    from embedstore.topics.over_time import topics_over_time

    found = topics_over_time(store, by=over, seed=seed)  # type: ignore[arg-type]
    if form != "table":
        print_rows(found.periods, form)
        return
    rows = [
        {
            "topic_id": row["topic_id"],
            "name": row["name"],
            "posts": row["posts"],
            "share": f"{row['share']:.1%}",
            "points a year": _interval(row, "change", "+.2f"),
            "trend": row["trend"],
            "likes": _interval(row, "likes", ".2f"),
        }
        for row in found.trends.to_pylist()
    ]
    print_rows(pa.Table.from_pylist(rows), form)
    click.echo(
        "points a year: how a topic's share of all posts changes, in percentage points; likes: a"
        " multiple of what the account usually got just before, an association, not an effect."
        " In brackets 95% intervals by account",
        err=True,
    )


def _interval(row: dict[str, float | None], name: str, how: str) -> str:
    """Format a value with its interval; a dash where there is none."""
    value, low, high = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    if value is None or low is None or high is None:
        return "–"
    return f"{value:{how}} [{low:{how}}, {high:{how}}]"
