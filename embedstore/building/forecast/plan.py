"""What a build will do and what that takes, computed from counts and measured rates. Pure.

`survey` counts, `rates` measures; here is only arithmetic, so that a plan for ten million
posts, or for a machine that is not at hand, is made in the same way.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from embedstore.building.describe_inputs import InputReading
from embedstore.building.overlaps import Overlap
from embedstore.index.inverted_lists import ITERATIONS, PER_LIST, TRIALS, list_count
from embedstore.index.upkeep import SEGMENT_BYTES, fits

PROCESS_BYTES = 400 * 2**20
"""Python with the libraries that a build imports, and batches of posts on their way."""

DATABASE_BYTES = 2**30
"""What DuckDB may keep; a smaller store needs as much as it is large."""

PER_CONTENT_BYTES = 64
"""Arrays by content id while an index is verified: ids, keys, lists, places."""

TEXT_FACTOR = 1.1
"""Bytes of a post in the database for each byte of its row: text is kept as it came and on
one line with date and company; both are compressed. Measured: 1.0 to 1.1."""

PICTURE_BYTES = 150_000
"""Of a fetched picture, where none was fetched yet."""


@dataclass(frozen=True)
class SpaceWork:
    """What one space has, and what a build adds to it.

    Attributes
    ----------
    space, encoder : str
        Its name and what fills it.
    kind : {"texts", "images"}
        Of what.
    stage : str
        Name of the stage that encodes it, as in a build's report.
    dim : int
        Dimensions of a vector.
    stored : int
        Vectors that are there.
    cached : int
        Contents of the input among these.
    new : int
        Contents to encode, left over ones of earlier builds included.
    """

    space: str
    encoder: str
    kind: str
    stage: str
    dim: int
    stored: int
    cached: int
    new: int


@dataclass(frozen=True)
class Work:
    """What there is to do.

    Attributes
    ----------
    rows : int
        Rows of the input.
    exact : bool
        Whether that, and all that follows from it, was counted; else it is an estimate
        from a sample, in which distinct texts are an upper bound.
    known : int
        Rows whose post is in the store already.
    row_bytes : float
        Bytes of a row of the input.
    stored_posts : int
        Posts in the store.
    pictures, fetched : int
        Distinct addresses of pictures in the input, and how many of these are there.
    spaces : sequence of SpaceWork
        One for each space and kind.
    """

    rows: int
    exact: bool
    known: int
    row_bytes: float
    stored_posts: int
    pictures: int
    fetched: int
    spaces: Sequence[SpaceWork]


@dataclass(frozen=True)
class Rate:
    """How fast one stage goes.

    Attributes
    ----------
    per_second : float
        In the stage's own unit; see `units`.
    source : str
        Where it was measured: ``calibration``, or ``build 3``.
    """

    per_second: float
    source: str


@dataclass(frozen=True)
class IndexPlan:
    """What becomes of the index of one space and kind.

    Attributes
    ----------
    lists : int
        Inverted lists; 0 where search is exact.
    trained : bool
        Whether it is grouped anew.
    written : int
        Vectors to write.
    bytes : int
        On disk, in the end.
    products : float
        Multiplications of training and of finding each vector's list.
    """

    lists: int
    trained: bool
    written: int
    bytes: int
    products: float


@dataclass(frozen=True)
class Stage:
    """One stage of the plan; its seconds are None where nobody has measured the rate."""

    stage: str
    amount: float
    unit: str
    seconds: float | None
    source: str


@dataclass(frozen=True)
class Plan:
    """What a build will do.

    Attributes
    ----------
    work : Work
        The counts it goes by.
    stages : list of Stage
        In the order of the build's report.
    seconds : float
        Of the whole build, as far as rates are known: ``read`` runs beside ``store``, and
        ``write`` beside encoding.
    memory_bytes, disk_bytes : int
        At the peak, and of the store in the end, pictures included.
    indexes : dict
        By name of the index.
    inputs : list of InputReading
        How the inputs are read, those read alike together.
    overlaps : list of Overlap
        Sources that have posts in common.
    """

    work: Work
    stages: list[Stage]
    seconds: float
    memory_bytes: int
    disk_bytes: int
    indexes: dict[str, IndexPlan] = field(default_factory=dict)
    inputs: list[InputReading] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The same as a dict of JSON types."""
        return asdict(self)


def units(work: Work) -> dict[str, tuple[float, str]]:
    """How much each stage has to do, and of what."""
    amounts: dict[str, tuple[float, str]] = {
        "read": (work.rows, "rows"),
        "store": (work.rows, "rows"),
    }
    if work.pictures > work.fetched:
        amounts["fetch"] = (work.pictures - work.fetched, "images")
    for space in work.spaces:
        # Spaces of one image encoder are filled together.
        amounts.setdefault(space.stage, (space.new, space.kind))
    amounts["write"] = (sum(4.0 * s.new * s.dim for s in work.spaces), "bytes")
    return amounts


def index_of(space: SpaceWork) -> IndexPlan:
    """What `index.update` will do to the index of a space: the same choices."""
    rows = space.stored + space.new
    if space.new == 0:
        lists = 0 if fits(0, rows, space.dim) else list_count(rows)
        return IndexPlan(lists, False, 0, _index_bytes(rows, space.dim, lists), 0.0)
    if fits(0, rows, space.dim):
        return IndexPlan(0, False, space.new, _index_bytes(rows, space.dim, 0), 0.0)
    before = 0 if fits(0, space.stored, space.dim) else list_count(space.stored)
    trained = before == 0 or not fits(before, rows, space.dim)
    lists = list_count(rows) if trained else before
    written = rows if trained else space.new
    work = products(rows, written, space.dim, lists, trained=trained)
    return IndexPlan(lists, trained, written, _index_bytes(rows, space.dim, lists), work)


def products(rows: int, written: int, dim: int, lists: int, *, trained: bool) -> float:
    """Multiplications of finding the lists of `written` vectors, and of training if so."""
    total = float(written) * lists * dim
    if trained:
        sample = min(rows, lists * PER_LIST)
        total += float(sample) * lists * dim * (ITERATIONS + 1) + float(TRIALS) * sample * dim
    return total


def _index_bytes(rows: int, dim: int, lists: int) -> int:
    # Codes of two bytes in lists, of four in an exact index; an id, and the entry beside.
    return rows * (dim * (2 if lists else 4) + 8 + 20) + lists * dim * 4


def plan(work: Work, rates: Mapping[str, Rate]) -> Plan:
    """Plan a build.

    Parameters
    ----------
    work : Work
        What there is to do.
    rates : mapping
        By stage, in the units of `units`; ``index products`` in multiplications a second
        and ``index vectors`` in numbers written a second. Others may be missing.

    Returns
    -------
    Plan
    """
    stages = [
        _stage(name, amount, unit, rates.get(name)) for name, (amount, unit) in units(work).items()
    ]
    indexes = {f"{space.space}-{space.kind}": index_of(space) for space in work.spaces}
    stages.append(_index_stage(work, indexes, rates))
    known = {stage.stage: stage.seconds or 0.0 for stage in stages}
    encoding = sum(known[name] for name in {space.stage for space in work.spaces})
    seconds = (
        max(known["read"], known["store"])
        + known.get("fetch", 0.0)
        + max(encoding, known["write"])
        + known["index"]
    )
    return Plan(
        work,
        stages,
        seconds,
        memory_bytes=_memory(work, indexes),
        disk_bytes=_disk(work, indexes),
        indexes=indexes,
    )


def _stage(name: str, amount: float, unit: str, rate: Rate | None) -> Stage:
    if amount == 0:
        return Stage(name, amount, unit, 0.0, "nothing to do")
    if rate is None:
        return Stage(name, amount, unit, None, "not measured yet")
    return Stage(name, amount, unit, amount / rate.per_second, rate.source)


def _index_stage(work: Work, indexes: Mapping[str, IndexPlan], rates: Mapping[str, Rate]) -> Stage:
    multiplied = sum(index.products for index in indexes.values())
    written = sum(index.written for index in indexes.values())
    numbers = sum(
        indexes[f"{space.space}-{space.kind}"].written * space.dim for space in work.spaces
    )
    by_product, by_number = rates.get("index products"), rates.get("index numbers")
    if written == 0:
        return Stage("index", 0, "vectors", 0.0, "nothing to do")
    if by_number is None or (multiplied and by_product is None):
        return Stage("index", written, "vectors", None, "not measured yet")
    seconds = numbers / by_number.per_second
    if by_product is not None:
        seconds += multiplied / by_product.per_second
    return Stage("index", written, "vectors", seconds, by_number.source)


def _database_bytes(work: Work) -> float:
    vectors = sum(4.0 * space.dim * (space.stored + space.new) for space in work.spaces)
    return vectors + TEXT_FACTOR * work.row_bytes * (work.stored_posts + work.rows - work.known)


def _memory(work: Work, indexes: Mapping[str, IndexPlan]) -> int:
    contents = max((space.stored + space.new for space in work.spaces), default=0)
    # A segment in memory, and once more while it is written.
    index = max((min(2 * SEGMENT_BYTES, 2 * plan.bytes) for plan in indexes.values()), default=0)
    database = min(DATABASE_BYTES, _database_bytes(work))
    return math.ceil(PROCESS_BYTES + database + index + PER_CONTENT_BYTES * contents)


def _disk(work: Work, indexes: Mapping[str, IndexPlan]) -> int:
    pictures = PICTURE_BYTES * (work.pictures - work.fetched)
    return math.ceil(
        _database_bytes(work) + pictures + sum(index.bytes for index in indexes.values())
    )


def beside(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A build's plan and what came of it, from its report as JSON.

    Returns
    -------
    list of dict
        ``what``, ``unit``, ``planned``, ``done``, ``planned_s``, ``took_s``; empty for a
        build without a plan.
    """
    planned = report.get("plan")
    if planned is None:
        return []
    done, seconds = report["amounts"], report["seconds"]
    rows = []
    for stage in planned["stages"]:
        name = stage["stage"]
        index = name == "index"
        rows.append(
            {
                "what": name,
                "unit": stage["unit"],
                "planned": round(stage["amount"]),
                "done": None if index else round(done.get(name, 0)),
                "planned_s": stage["seconds"],
                "took_s": seconds.get(name, 0.0),
            }
        )
    totals = [
        ("whole build", "", None, None, planned["seconds"], report["total_seconds"]),
        ("memory", "MB", planned["memory_bytes"], report["memory_bytes"], None, None),
        ("disk", "MB", planned["disk_bytes"], report["disk_bytes"], None, None),
    ]
    for what, unit, *values, planned_s, took_s in totals:
        megabytes = [None if value is None else round(value / 1e6) for value in values]
        rows.append(
            dict(
                zip(
                    ("what", "unit", "planned", "done", "planned_s", "took_s"),
                    (what, unit, *megabytes, planned_s, took_s),
                    strict=True,
                )
            )
        )
    return rows
