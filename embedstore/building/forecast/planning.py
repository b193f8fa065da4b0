"""Make the plan of a build from the counts of `survey` and the rates of `rates`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from embedstore.building.bring_pictures import Images
from embedstore.building.context import Job
from embedstore.building.forecast import rates
from embedstore.building.forecast.plan import Plan, Rate, plan
from embedstore.building.forecast.survey import Sample, empty_store, read_sample, survey
from embedstore.building.lacking import text_stage
from embedstore.errors import InputError
from embedstore.progress import Progress, silent
from embedstore.reading import expand_inputs
from embedstore.storage import spaces
from embedstore.storage.layout import database_file
from embedstore.storage.spaces import Models, Space, TextField

PLANNED_BYTES = 2**20
"""Size of the inputs from which on a build makes a plan: for less, planning takes as long."""


def plan_build(
    path: str | os.PathLike[str],
    posts: Sequence[str | os.PathLike[str]] = (),
    *,
    models: Models | None = None,
    source: str | None = None,
    text_field: TextField | None = None,
    space: Sequence[str] = (),
    mapping: Mapping[str, str] | None = None,
    encoding: str | None = None,
    images: Images = "fetch",
    device: str = "auto",
    progress: Progress = silent,
) -> Plan:
    """Plan what `build` would do with the same arguments; nothing is written.

    Reads the first rows of each input, and times each stage for a moment unless earlier
    builds of the store have measured it.

    Parameters
    ----------
    path : path
        The store's directory; it need not exist.
    posts : sequence of paths
        Files to plan for, also as globs.
    models, source, text_field, space, mapping, encoding, images, device
        As for `build`.
    progress : callable
        Called at every step.

    Raises
    ------
    InputError
        A file or an option can't be used.
    WeightsError
        An encoder's weights are missing, unreachable or altered.
    """
    job = Job(Path(path), device, progress)
    files = expand_inputs([os.fspath(pattern) for pattern in posts])
    exists = database_file(job.path).exists()
    if not files and not exists:
        raise InputError(
            f"there is no store at {job.path} yet: say which posts to plan for,"
            f" `embedstore build {job.path} POSTS... --plan`"
        )
    sample = read_sample(files, source=source, mapping=mapping, encoding=encoding)
    with job.read() if exists else empty_store() as connection:
        declared = spaces.declared(connection)
        wanted = [
            *declared,
            *spaces.plan(declared, models=models, text_field=text_field, spaces=space),
        ]
        wanted = _without_images(wanted) if images == "none" else wanted
        work = survey(connection, wanted, sample)
        measured = rates.from_builds(connection)
    unmeasured = [each for each in wanted if each.texts and text_stage(each) not in measured]
    timed = rates.calibrate(job, unmeasured, sample)
    return plan(work, timed | measured | _reading_rate(sample))


def plan_in_build(
    job: Job,
    files: Sequence[Path],
    *,
    source: str | None,
    mapping: Mapping[str, str] | None,
    encoding: str | None,
    images: Images,
) -> Plan | None:
    """Make the plan that a build stores in its report, with the rates of earlier builds alone.

    Returns
    -------
    Plan or None
        None for small inputs, and for workbooks, since reading the first rows of one reads
        all of it.
    """
    size = sum(file.stat().st_size for file in files)
    if size < PLANNED_BYTES or any(file.suffix.lower() == ".xlsx" for file in files):
        return None
    sample = read_sample(files, source=source, mapping=mapping, encoding=encoding)
    with job.read() as connection:
        wanted = spaces.declared(connection)
        wanted = _without_images(wanted) if images == "none" else wanted
        return plan(
            survey(connection, wanted, sample),
            rates.from_builds(connection) | _reading_rate(sample),
        )


def _without_images(wanted: Sequence[Space]) -> list[Space]:
    """Copy spaces as if a build embedded no images in them."""
    return [replace(space, images=False) for space in wanted]


def _reading_rate(sample: Sample) -> dict[str, Rate]:
    """Return the rate of the stage ``read``, if the sample was large enough to measure it."""
    return {} if sample.per_second is None else {"read": Rate(sample.per_second, "sample")}
