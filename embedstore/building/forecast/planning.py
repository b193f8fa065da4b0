"""Make the plan of a build from the counts of `survey` and the rates of `rates`."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from embedstore.building.context import BuildContext
from embedstore.building.forecast import rates
from embedstore.building.forecast.plan import Plan, Rate, plan
from embedstore.building.forecast.survey import Sample, empty_store, read_sample, survey
from embedstore.building.inputs import Input, Posts, opened
from embedstore.building.lacking import text_stage
from embedstore.building.options import BuildOptions
from embedstore.building.overlaps import find_overlaps
from embedstore.errors import InputError
from embedstore.progress import Progress, silent
from embedstore.storage import spaces
from embedstore.storage.layout import database_file, store_path
from embedstore.storage.spaces import Space

PLANNED_BYTES = 2**20
"""Size of the inputs from which on a build makes a plan: for less, planning takes as long."""


def plan_build(
    path: str | os.PathLike[str],
    posts: Posts = (),
    options: BuildOptions | None = None,
    *,
    progress: Progress = silent,
    **settings: Any,
) -> Plan:
    """Plan what `build` would do with the same arguments; nothing is written.

    Reads the first rows of each input, and times each stage for a moment unless earlier
    builds of the store have measured it.

    Parameters
    ----------
    path : path
        The store's directory; it need not exist.
    posts : path, table, or sequence of these
        What to plan for, as for `build`.
    options : BuildOptions, optional
        What is asked for, as one object.
    progress : callable
        Called at every step.
    **settings
        Instead of `options`: attributes of `BuildOptions` and `ReadOptions` by name.

    Raises
    ------
    InputError
        A file or an option can't be used.
    WeightsError
        An encoder's weights are missing, unreachable or altered.
    """
    context = BuildContext(store_path(path), BuildOptions.of(options, settings), progress)
    options = context.options
    exists = database_file(context.path).exists()
    with opened(posts, options) as inputs:
        if not inputs and not exists:
            raise InputError(
                f"there is no store at {context.path} yet: say which posts to plan for,"
                f" `embedstore build {context.path} POSTS... --plan`"
            )
        sample = read_sample(inputs, options.read)
    with context.read() if exists else empty_store() as connection:
        declared = spaces.declared(connection)
        wanted = [
            *declared,
            *spaces.plan(
                declared,
                models=options.models,
                text_field=options.text_field,
                spaces=options.space,
            ),
        ]
        wanted = _embedded(wanted, options)
        work = survey(connection, wanted, sample)
        overlaps = find_overlaps(connection, sample.posts, [each.source for each in inputs])
        measured = rates.from_builds(connection)
    unmeasured = [each for each in wanted if each.texts and text_stage(each) not in measured]
    timed = rates.calibrate(context, unmeasured, sample)
    made = plan(work, timed | measured | _reading_rate(sample))
    return replace(made, inputs=sample.readings, overlaps=overlaps)


def worth_planning(inputs: Sequence[Input]) -> bool:
    """Tell whether a build makes a plan: not of small inputs, and not of workbooks."""
    size = sum(each.size for each in inputs)
    return size >= PLANNED_BYTES and not any(each.workbook for each in inputs)


def plan_in_build(
    connection: duckdb.DuckDBPyConnection,
    options: BuildOptions,
    inputs: Sequence[Input],
    sample: Sample,
) -> Plan | None:
    """Make the plan that a build stores in its report, with the rates of earlier builds alone.

    Returns
    -------
    Plan or None
        None for small inputs, and for workbooks, whose number of rows a sample does not tell.
    """
    if not worth_planning(inputs):
        return None
    wanted = _embedded(spaces.declared(connection), options)
    work = survey(connection, wanted, sample)
    return plan(work, rates.from_builds(connection) | _reading_rate(sample))


def _embedded(wanted: Sequence[Space], options: BuildOptions) -> list[Space]:
    """List the spaces in which the build embeds something, without images if it takes none."""
    with_encoder = [space for space in wanted if space.has_encoder]
    if options.images == "none":
        return [replace(space, images=False) for space in with_encoder]
    return with_encoder


def _reading_rate(sample: Sample) -> dict[str, Rate]:
    """Return the rate of the stage ``read``, if the sample was large enough to measure it."""
    return {} if sample.per_second is None else {"read": Rate(sample.per_second, "sample")}
