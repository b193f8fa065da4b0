"""`heads report`, `heads when` and `heads what-if`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.likes_options import run_option
from embedstore.cli.output import format_option, print_json, print_rows, write_text
from embedstore.cli.terminal import visible
from embedstore.cli.timestamp import TIMESTAMP

if TYPE_CHECKING:
    from heads.reports.data import Report

_timezone_option = click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="Time zone of hours and days, such as Europe/Berlin.",
)


@click.command(cls=StoreCommand)
@store_argument
@click.option("--username", help="The account that the report is about.")
@click.option("--company", help="The company: all of its accounts.")
@click.option("--compare", metavar="A,B,C", help="Accounts beside each other.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "md", "json", "pdf"]),
    default="html",
    show_default=True,
    help="A page, Markdown, all values, or the page printed by Chromium.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True),
    help="The file.  [default: report.html or report.pdf; md and json are printed]",
)
@_timezone_option
@run_option
def report(
    store: str,
    username: str | None,
    company: str | None,
    compare: str | None,
    form: str,
    out: str | None,
    timezone: str,
    run: str | None,
) -> None:
    """Report what works for an account, a company, or several accounts of STORE.

    \b
    heads report tweets.store --username CNN
    heads report tweets.store --company cnn --timezone America/New_York --out cnn.html
    heads report tweets.store --compare CNN,cnnbrk --format md

    Level over time, what goes with likes (as multiples of the account's usual, and only what
    stands out of chance), best hours, posts that did far better or worse than expected, repeats,
    and what the data lack.
    """
    from heads import report as make_report

    if sum(who is not None for who in (username, company, compare)) != 1:
        raise click.UsageError("say whom it is about: one of --username, --company and --compare")
    names = [name.strip() for name in (compare or "").split(",") if name.strip()]
    if compare is not None and len(names) < 2:
        raise click.UsageError("--compare takes two or more accounts by commas")
    found = make_report(
        store, username=username, company=company, compare=names, timezone=timezone, run=run
    )
    if form in ("md", "json") and out is None:
        _print(found, form)
        return
    file = Path(out or f"report.{form}")
    _write(found, store, form, file)
    click.echo(visible(f"{found.title}: {file}"))


def _print(found: "Report", form: str) -> None:
    from heads.reports.markdown import report_markdown

    if form == "json":
        print_json(found.to_json())
    else:
        click.echo(report_markdown(found), nl=False)


def _write(found: "Report", store: str, form: str, file: Path) -> None:
    import json

    from heads.reports.markdown import report_markdown
    from heads.reports.page import report_page
    from heads.reports.pdf import print_page

    if form == "md":
        write_text(file, report_markdown(found))
    elif form == "json":
        write_text(file, json.dumps(found.to_json(), ensure_ascii=False, indent=2, default=str))
    elif form == "html":
        write_text(file, report_page(found, store))
    else:
        print_page(report_page(found, store), file)


@click.command(cls=StoreCommand)
@store_argument
@click.option("--username", required=True, help="The account that would post.")
@click.option("--text", help="The post.  [default: the account's most typical one]")
@click.option(
    "--from",
    "start",
    type=TIMESTAMP,
    help="When the week begins, UTC.  [default: after the last post]",
)
@click.option(
    "-k", default=10, show_default=True, help="How many hours, the best first; 168 is all."
)
@_timezone_option
@run_option
@format_option
def when(store: str, k: int, form: str, **options: Any) -> None:
    """Ask a head of STORE when a post would do best: the same post at 168 hours.

    \b
    heads when tweets.store --username CNN
    heads when tweets.store --username CNN --text "we are live" --timezone America/New_York

    likes is the median of one post, low and high its 90% interval; times says how many times the
    middle hour that is, and chance how likely it does better than there.
    """
    import pyarrow as pa

    from heads import when as ask

    rows = [
        {
            "day": f"{one.at:%A}",
            "hour": f"{one.hour:02d}:00",
            "date": f"{one.at:%Y-%m-%d}",
            "likes": one.likes,
            "low": one.low,
            "high": one.high,
            "times": round(one.multiple, 3),
            "chance": None if one.chance is None else round(one.chance, 3),
        }
        for one in ask(store, **options)[: max(1, k)]
    ]
    print_rows(pa.Table.from_pylist(rows), form)


@click.command("what-if", cls=StoreCommand)
@store_argument
@click.option("--username", required=True, help="The account that would post.")
@click.option("--text", required=True, help="The draft.")
@click.option("--date", type=TIMESTAMP, help="When, UTC.  [default: after the last post]")
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="A picture that would go with it.",
)
@run_option
@format_option
def what_if(store: str, form: str, **options: Any) -> None:
    """Ask a head of STORE what a draft would get in other forms.

    \b
    heads what-if tweets.store --username CNN --text "we are live: https://cnn.com #news"

    times is a multiple of the draft as written, chance how likely the change does better. Both
    are associations in past posts, not promises.
    """
    import pyarrow as pa

    from heads import what_if as ask

    rows = [
        {
            "change": one.change,
            "times": round(one.multiple, 3),
            "chance": None if one.chance is None else round(one.chance, 3),
            "likes": one.likes,
            "low": one.low,
            "high": one.high,
            "unlike": one.unlike,
            "text": one.text,
        }
        for one in ask(store, **options)
    ]
    print_rows(pa.Table.from_pylist(rows), form)
