"""Plans of builds: the counts of `survey` and the rates of `rates` put together."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from embedstore.building.bring_pictures import Images
from embedstore.building.context import Job
from embedstore.building.forecast import rates
from embedstore.building.forecast.plan import Plan, Rate, plan
from embedstore.building.forecast.survey import Sample, empty_store, read_sample, survey
from embedstore.errors import InputError
from embedstore.progress import Progress, silent
from embedstore.reading import expand_inputs
from embedstore.storage import spaces
from embedstore.storage.layout import FILE
from embedstore.storage.spaces import Models, Space, TextField

PLANNED_BYTES = 2**20
"""Inputs from which on a build makes a plan of its own: of less, a plan takes as long."""


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
    """What `build` would do with the same arguments; nothing is written.

    Reads the first rows of each input, and tries each stage out for a moment unless
    earlier builds of the store have measured it.

    Raises
    ------
    InputError
        A file or an option can't be used.
    WeightsError
        An encoder's weights can't be had.
    """
    job = Job(Path(path), device, progress)
    files = expand_inputs([os.fspath(pattern) for pattern in posts])
    there = (job.path / FILE).exists()
    if not files and not there:
        raise InputError(
            f"there is no store at {job.path} yet: say which posts to plan for,"
            f" `embedstore build {job.path} POSTS... --plan`"
        )
    sample = read_sample(files, source=source, mapping=mapping, encoding=encoding)
    with job.read() if there else empty_store() as connection:
        declared = spaces.declared(connection)
        wanted = [
            *declared,
            *spaces.plan(declared, models=models, text_field=text_field, spaces=space),
        ]
        wanted = _without_images(wanted) if images == "none" else wanted
        work = survey(connection, wanted, sample)
        measured = rates.from_builds(connection)
    lacking = [each for each in wanted if each.texts and f"encode {each.space}" not in measured]
    tried = rates.calibrate(job, lacking, sample)
    return plan(work, tried | measured | _reading(sample))


def plan_in_build(
    job: Job,
    files: Sequence[Path],
    *,
    source: str | None,
    mapping: Mapping[str, str] | None,
    encoding: str | None,
    images: Images,
) -> Plan | None:
    """The plan that a build keeps beside its report, at next to no cost.

    Rates come from earlier builds alone. None for small inputs, and for workbooks,
    which are read as a whole or not at all.
    """
    size = sum(file.stat().st_size for file in files)
    if size < PLANNED_BYTES or any(file.suffix.lower() == ".xlsx" for file in files):
        return None
    sample = read_sample(files, source=source, mapping=mapping, encoding=encoding)
    with job.read() as connection:
        wanted = spaces.declared(connection)
        wanted = _without_images(wanted) if images == "none" else wanted
        return plan(
            survey(connection, wanted, sample), rates.from_builds(connection) | _reading(sample)
        )


def _without_images(wanted: Sequence[Space]) -> list[Space]:
    return [replace(space, images=False) for space in wanted]


def _reading(sample: Sample) -> dict[str, Rate]:
    return {} if sample.per_second is None else {"read": Rate(sample.per_second, "sample")}
