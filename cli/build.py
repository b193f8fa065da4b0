"""`embedstore build`."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.after_build import update_after_build
from embedstore.cli.app import StoreCommand, see_failures, store_argument
from embedstore.cli.build_options import build_options
from embedstore.cli.output import (
    human,
    print_json,
    print_pairs,
    print_records,
    report_format_option,
    size,
)
from embedstore.cli.progress import watched
from embedstore.cli.running import PartlyDone, log_report
from embedstore.cli.terminal import visible

from embedstore.errors import counted

if TYPE_CHECKING:
    from embedstore.building.forecast.plan import Plan
    from embedstore.building.options import BuildOptions
    from embedstore.building.report import BuildReport

_TOLD = ("source", "created_precision")
"""Columns that an explanation leaves out: no field of the file is in them."""


@click.command(cls=StoreCommand)
@store_argument
@click.argument("posts", nargs=-1)
@build_options
@click.option(
    "--plan",
    "planning",
    is_flag=True,
    help="Only say what the build would do and take, from a sample of POSTS: nothing is stored.",
)
@click.option(
    "--explain",
    "explaining",
    is_flag=True,
    help="Only show how the first rows of POSTS would be read: nothing is stored.",
)
@click.option(
    "--allow-rejected",
    is_flag=True,
    help="Accept that less than half of the rows can be used; otherwise the exit status is 3, or 1"
    " where none can.",
)
@report_format_option
def build(
    store: str,
    posts: tuple[str, ...],
    options: "BuildOptions",
    planning: bool,
    explaining: bool,
    allow_rejected: bool,
    form: str,
) -> None:
    """Read POSTS into STORE and embed what it lacks.

    POSTS are CSV, XLSX, Parquet or JSON files, also as globs and compressed, folders of
    these, or an account's archive as it was downloaded. Every distinct text and picture is
    encoded once, ever. A build that was stopped goes on when it is run again; one over
    unchanged posts encodes nothing. Rows that can't be used go to the table `failures`, and
    the build goes on.

    \b
    embedstore build tweets.store train.csv
    embedstore build tweets.store 'more/*.xlsx' --images none
    embedstore build tweets.store            only finish what an earlier build left
    """
    import embedstore

    if explaining:
        _show_explanations(posts, options, form)
        return
    with watched() as progress:
        if planning:
            plan = embedstore.plan_build(store, posts, options, progress=progress)
        else:
            report = embedstore.build(store, posts, options, progress=progress)
    if planning:
        _show_plan(plan, form)
        return
    if form == "json":
        print_json(report.to_json())
    else:
        _show_report(report, store)
    log_report("report", report.to_json())
    update_after_build(store, report)
    if report.complaint and not allow_rejected:
        error = PartlyDone if report.posts.accepted else click.ClickException
        raise error(visible(report.complaint))


def _show_report(report: "BuildReport", store: str) -> None:
    from embedstore.building.forgotten import LEFT_OUT as FORGOTTEN

    counts = report.posts
    click.echo(
        f"{counted(counts.new, 'new post')}, {counts.updated:,} updated,"
        f" {counts.unchanged:,} unchanged, {counts.rejected:,} rejected"
    )
    if report.problems:
        from embedstore.building.report import describe_rejections

        click.echo(visible(f"fields left empty: {describe_rejections(report.problems)}"))
    if report.observed:
        click.echo(f"counts with a time, in `observations`: {report.observed:,}")
    by_kind = dict(report.left_out)
    if forgotten := by_kind.pop(FORGOTTEN, 0):
        click.echo(
            f"{counted(forgotten, 'post')} left out that `remove --forget` has removed;"
            " --allow-forgotten stores them"
        )
    if by_kind:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(by_kind.items()))
        total = sum(by_kind.values())
        click.echo(f"{counted(total, 'post')} left out by --only: {kinds}")
    if report.images["fetched"] or report.images["failed"]:
        local, failed = report.local_images, report.images["failed"]
        fetched = report.images["fetched"] - local
        ways = {"fetched": fetched, "read from files": local}
        counts_of = [f"{counted(n, 'picture')} {way}" for way, n in ways.items() if n]
        click.echo(", ".join([*(counts_of or ["0 pictures fetched"]), f"{failed:,} failed"]))
    if any(report.encoded.values()):
        click.echo(
            "encoded: "
            + ", ".join(f"{count:,} in {name}" for name, count in report.encoded.items())
        )
    elif counts.accepted or not report.inputs:
        click.echo("nothing to encode: every text and picture has its vectors")
    for space, sentence in report.unreadable.items():
        click.echo(visible(f"space {space}: {sentence}"))
    rows = {name: f"{seconds:8.2f} s" for name, seconds in report.seconds.items()}
    print_pairs(rows | {"whole build": f"{report.total_seconds:8.2f} s"}, title="stages")
    if count := sum(report.failures.values()):
        are = counted(count, "failure is", "failures are")
        click.echo(f"{are} on record; {see_failures(store)}")


def _show_explanations(posts: tuple[str, ...], options: "BuildOptions", form: str) -> None:
    from embedstore.building.describe_inputs import InputReading, explain_inputs

    explanations = explain_inputs(posts, options)
    if form == "json":
        print_json([each.to_json() for each in explanations])
        return
    for each in explanations:
        click.echo(visible(InputReading(each.name, each.reading).summary))
        fields = [*each.reading.fields, *(name for name in each.values if name not in _TOLD)]
        rows = [
            {
                "field": field,
                "where": each.reading.fields.get(field, ""),
                "first values": " · ".join(human(value) for value in each.values.get(field, [])),
            }
            for field in dict.fromkeys(fields)
        ]
        print_records(rows)
        if each.reading.missing:
            click.echo(f"nothing found for {', '.join(each.reading.missing)}")
        for warning in each.reading.warnings:
            click.echo(visible(warning))
        for problem in each.problems:
            sentence = f"line {problem.line}: {problem.field} left empty: {problem.reason}"
            click.echo(visible(sentence))
        for row in each.rejected:
            click.echo(visible(f"line {row.line} rejected: {row.reason}"))


def _show_plan(plan: "Plan", form: str) -> None:
    if form == "json":
        print_json(plan.to_json())
        return
    for sentence in (*plan.inputs, *plan.overlaps):
        click.echo(visible(str(sentence)))
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
