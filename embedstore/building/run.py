"""The main job: posts in, every text and picture embedded once, everything in one store."""

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from embedstore.building.bring_pictures import bring_pictures, store_noise
from embedstore.building.context import BuildContext, Cluster
from embedstore.building.declare_spaces import declare_spaces, withdrawn_on_failure
from embedstore.building.describe_inputs import InputReading
from embedstore.building.encode import embed_images, embed_texts, load_image_encoders
from embedstore.building.forecast.plan import Plan, products
from embedstore.building.forecast.planning import plan_in_build, worth_planning
from embedstore.building.forecast.survey import BATCHES, Sample, read_sample
from embedstore.building.forgotten import LEFT_OUT, leave_out_forgotten
from embedstore.building.inputs import Input, Posts, opened
from embedstore.building.options import BuildOptions
from embedstore.building.overlaps import Overlap, find_overlaps
from embedstore.building.report import BuildReport
from embedstore.building.store_posts import StoredPosts, leave_out, of_kinds, store_posts
from embedstore.errors import ColumnsError, InputError
from embedstore.index import upkeep
from embedstore.index.words import TEXTS_AT_ONCE, index_words
from embedstore.progress import Progress, Step, silent
from embedstore.reading import Batch
from embedstore.storage.build_lock import build_lock
from embedstore.storage.faults import store_errors
from embedstore.storage.layout import database_file, store_path
from embedstore.storage.unfinished import count_pending
from embedstore.threads import prefetch

BATCH_ROWS = 50_000
"""Rows of one transaction: keys and texts are looked up among all that are stored, once for
each, which takes half a second at ten million."""


def build(
    path: str | os.PathLike[str],
    posts: Posts = (),
    options: BuildOptions | None = None,
    *,
    progress: Progress = silent,
    **settings: Any,
) -> BuildReport:
    """Read posts into a store and embed whatever it lacks.

    The store is made when there is none. Work is committed in bounded transactions: a
    build that was killed is continued by running it again, and one over unchanged
    input encodes nothing. Without `posts` it only finishes what an earlier one left.

    Rows that can't be used go to the table `failures`. If these are more than half,
    `BuildReport.complaint` says so; nothing is raised.

    Parameters
    ----------
    path : path
        The store's directory.
    posts : path, table, or sequence of these
        Files of posts, also as globs; folders of them; accounts' archives; tables of pandas,
        polars, Arrow or DuckDB.
    options : BuildOptions, optional
        What is asked for, as one object.
    progress : callable
        Told about every step.
    **settings
        Instead of `options`: attributes of `BuildOptions` and `ReadOptions` by name, such
        as ``models="bundled"``, ``source="x"`` or ``mapping={"text": "body"}``.

    Raises
    ------
    InputError
        A file or an option can't be used; nothing of that file was stored.
    StoreBusyError
        Another build is at work on the store.
    StoreFullError
        The disk is full; what was committed is safe.
    WeightsError
        An encoder's weights can't be had; the posts are stored all the same.
    """
    started = time.perf_counter()
    context = BuildContext(store_path(path), BuildOptions.of(options, settings), progress)
    with opened(posts, context.options) as inputs:
        if not inputs and not database_file(context.path).exists():
            raise InputError(
                f"there is no store at {context.path} yet: say which posts to build it from,"
                f" `embedstore build {context.path} POSTS...`"
            )
        with (
            build_lock(context.path),
            store_errors(context.path),
            _cluster(context.options) as context.cluster,
        ):
            context.create()
            context.finish_interrupted()
            with withdrawn_on_failure(context):
                report = _run_stages(context, inputs)
                report, pending = _finish(context, report, started)
            if pending:
                # Pictures that this build has replaced.
                context.finish_interrupted()
            return report


def _run_stages(context: BuildContext, inputs: Sequence[Input]) -> BuildReport:
    """Do everything from the first look at the inputs to the index."""
    with context.write() as connection:
        context.build_id = _begin(connection, inputs)
        declare_spaces(connection, context)
    readings, overlaps, planned = _look_ahead(context, inputs)
    stored = StoredPosts()
    for each in inputs:
        stored += _store_input(context, each)
    pictures, encoded = _embed(context)
    _index(context)
    return BuildReport(
        build_id=context.build_id,
        posts=stored,
        encoded=encoded,
        images=pictures,
        failures={},
        seconds={stage: round(seconds, 3) for stage, seconds in context.watch.seconds.items()},
        total_seconds=0.0,
        amounts=context.amounts,
        memory_bytes=_peak_memory(),
        disk_bytes=context.size(),
        plan=None if planned is None else planned.to_json(),
        inputs=readings,
        overlaps=overlaps,
        rejections=context.rejections.most_common(),
        problems=context.problems.most_common(),
        observed=context.observed,
        left_out=dict(context.left_out),
        unreadable=context.unreadable,
        local_images=context.local_images,
    )


def _begin(connection: duckdb.DuckDBPyConnection, inputs: Sequence[Input]) -> int:
    """Add the build's row; returns its number."""
    [row] = connection.execute(
        "UPDATE counters SET next = next + 1 WHERE name = 'build' RETURNING next - 1"
    ).fetchall()
    connection.execute(
        "INSERT INTO builds (build_id, started_at, inputs) VALUES (?, now() AT TIME ZONE 'UTC', ?)",
        [row[0], json.dumps([each.name for each in inputs])],
    )
    return int(row[0])


def _look_ahead(
    context: BuildContext, inputs: Sequence[Input]
) -> tuple[list[InputReading], list[Overlap], Plan | None]:
    """Look at the first rows of all inputs and say what a person should know beforehand."""
    if not inputs:
        return [], [], None
    with context.watch.stage("read"):
        batches = BATCHES if worth_planning(inputs) else 1
        sample = read_sample(inputs, context.options.read, batches=batches)
    for reading in sample.readings:
        context.say(str(reading))
    with context.watch.stage("plan"):
        with context.read() as connection:
            _require_text(connection, sample)
            wanted = sample.posts
            if context.options.only:
                wanted = wanted.filter(of_kinds(wanted, context.options.only))
            overlaps = find_overlaps(connection, wanted, [each.source for each in inputs])
            planned = plan_in_build(connection, context.options, inputs, sample)
        for overlap in overlaps:
            context.say(str(overlap))
    return sample.readings, overlaps, planned


def _require_text(connection: duckdb.DuckDBPyConnection, sample: Sample) -> None:
    """Refuse files without a text column if there is no post that they could update.

    Raises
    ------
    ColumnsError
        So it is.
    """
    texts = sample.posts["text"]
    if sample.posts.num_rows == 0 or texts.null_count < len(texts):
        return
    if sample.posts["media_raw"].null_count < len(texts):
        return
    if connection.execute("SELECT count(*) FROM posts").fetchall()[0][0]:
        return
    first = sample.readings[0]
    name, found = first.name, ", ".join(first.reading.fields.values())
    raise ColumnsError(
        f"{name} has no text that can be recognised, and there are no posts yet that its counts"
        f" could be of. Columns used: {found}. Say which is the text with --map text=COLUMN"
    )


def _store_input(context: BuildContext, each: Input) -> StoredPosts:
    """Read one input and store it, batch by batch."""
    stage = f"read {Path(each.name).name}"
    stored = StoredPosts()
    batches = each.batches(context.options.read, rows=BATCH_ROWS)
    # A batch is read while the one before it is stored.
    for batch in prefetch(context.watch.timed("read", batches)):
        rows = batch.posts.num_rows + len(batch.rejected)
        stored += _store_batch(context, each, batch)
        for name in ("read", "store"):
            context.count(name, rows)
        context.progress(Step(stage, batch.fraction, 1))
    with context.write() as connection:
        # Rows of this file that failed in an earlier build and don't any more.
        connection.execute(
            "DELETE FROM failures WHERE stage IN ('read', 'field') AND source = ? AND file = ?"
            " AND last_build < ?",
            [each.source, each.name, context.build_id],
        )
    return stored


def _store_batch(context: BuildContext, each: Input, batch: Batch) -> StoredPosts:
    if context.options.only:
        batch, left_out = leave_out(batch, context.options.only)
        context.left_out.update(left_out)
    with context.watch.stage("store"), context.write() as connection:
        batch, forgotten = leave_out_forgotten(
            connection, batch, allowed=context.options.allow_forgotten
        )
        if forgotten:
            context.left_out[LEFT_OUT] += forgotten
        return store_posts(connection, batch, context, file=each.name, folder=each.folder)


def _embed(context: BuildContext) -> tuple[dict[str, int], dict[str, int]]:
    """Bring pictures in and encode what spaces lack: counts of pictures, and by space."""
    options = context.options
    if options.images != "none":
        load_image_encoders(context)
    pictures = bring_pictures(context)
    if options.missing_image == "noise":
        store_noise(context)
    encoded = embed_texts(context)
    if options.images != "none":
        # CLIP's space has both texts and images.
        for name, count in embed_images(context).items():
            encoded[name] = encoded.get(name, 0) + count
    return pictures, encoded


def _index(context: BuildContext) -> None:
    """Bring the indexes up to date."""
    with context.watch.stage("index"), context.read() as connection:
        for each in upkeep.update(context.path, connection, progress=context.progress):
            trained = "train" in each.seconds
            work = products(each.vectors, each.added, each.dim, each.lists, trained=trained)
            context.count("index numbers", each.added * each.dim)
            context.count("index products", work)
    with context.watch.stage("index"):
        _index_words(context)


def _index_words(context: BuildContext) -> None:
    """Index the words of texts that are new."""
    left = True
    while left:
        with context.write() as connection:
            left = index_words(connection) == TEXTS_AT_ONCE


def _finish(context: BuildContext, report: BuildReport, started: float) -> tuple[BuildReport, int]:
    """Complete the report, keep it in the build's row, and count the deletions left to do."""
    with context.write() as connection:
        failures = connection.execute("SELECT stage, count(*) FROM failures GROUP BY 1").fetchall()
        report = replace(
            report,
            failures=dict(failures),
            total_seconds=round(time.perf_counter() - started, 3),
        )
        connection.execute(
            "UPDATE builds SET finished_at = now() AT TIME ZONE 'UTC', report = ?"
            " WHERE build_id = ?",
            [json.dumps(report.to_json()), context.build_id],
        )
        return report, count_pending(connection)


def _cluster(options: BuildOptions) -> AbstractContextManager[Cluster | None]:
    if options.engine == "local":
        return nullcontext()
    from embedstore.building.cluster.ray_engine import cluster

    return cluster(options.address)


def _peak_memory() -> int:
    """Measure the most memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In kilobytes, but for macOS.
    return peak if sys.platform == "darwin" else 1024 * peak
