"""Compute what a build will do, and its time, memory and disk, from counts and measured rates.

`survey` counts and `rates` measures. Here is only arithmetic, so that a plan for ten million
posts, or for another machine, is made in the same way.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from embedstore.building.describe_inputs import InputReading
from embedstore.building.overlaps import Overlap
from embedstore.index.inverted_lists import ITERATIONS, PER_LIST, TRIALS, fits, list_count
from embedstore.index.updater import SEGMENT_BYTES

PROCESS_BYTES = 400 * 2**20
"""Python with the libraries that a build imports, and batches of posts on their way."""

DATABASE_BYTES = 2**30
"""Memory that DuckDB may use; for a smaller database, its size."""

PER_CONTENT_BYTES = 64
"""Memory for each content while an index is verified: its id, key, list and position."""

TEXT_FACTOR = 1.1
"""Bytes of a post in the database for each byte of its row in the input; 1.0 to 1.1 were measured.
The text is stored as it was given, and once more with date and company; both are compressed."""

PICTURE_BYTES = 150_000
"""Bytes taken for a picture that is yet to be fetched."""


@dataclass(frozen=True)
class SpaceWork:
    """Contents of one kind in one space: those stored, and those that a build adds.

    Attributes
    ----------
    space : str
        Name of the space.
    encoder : str
        Name of the encoder that fills it.
    kind : {"texts", "images"}
        Kind of contents.
    stage : str
        Name of the stage that encodes them, as in a build's report.
    dim : int
        Dimensions of a vector.
    stored : int
        Vectors in the store.
    cached : int
        Contents of the input that have one of them.
    new : int
        Contents to encode, among them those that an earlier build left.
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
    """Counts of what a build has to do.

    Attributes
    ----------
    rows : int
        Rows of the input.
    exact : bool
        Whether all rows were counted; else the counts are estimates from a sample, and that
        of distinct texts is an upper bound.
    known : int
        Rows whose post is in the store already.
    row_bytes : float
        Bytes of a row of the input.
    stored_posts : int
        Posts in the store.
    pictures : int
        Distinct addresses of pictures in the input.
    fetched : int
        Addresses among them whose picture is in the store.
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
    """Speed of one stage.

    Attributes
    ----------
    per_second : float
        Amount in a second, in the stage's unit; see `units`.
    source : str
        Where it was measured: ``sample``, ``calibration``, or a build such as ``build 3``.
    """

    per_second: float
    source: str


@dataclass(frozen=True)
class IndexPlan:
    """Change that a build makes to the index of one space and kind.

    Attributes
    ----------
    lists : int
        Inverted lists; 0 where search is exact.
    trained : bool
        Whether new inverted lists are trained.
    written : int
        Vectors to write.
    bytes : int
        Size of the index on disk afterwards.
    products : float
        Multiplications of training, and of assigning each vector to a list.
    """

    lists: int
    trained: bool
    written: int
    bytes: int
    products: float


@dataclass(frozen=True)
class Stage:
    """One stage of a plan.

    Attributes
    ----------
    stage : str
        Name of the stage, as in a build's report.
    amount : float
        Amount of work.
    unit : str
        Unit of the amount.
    seconds : float, optional
        Time; None where the rate was not measured.
    source : str
        Where the rate was measured, or why there is none.
    """

    stage: str
    amount: float
    unit: str
    seconds: float | None
    source: str


@dataclass(frozen=True)
class Plan:
    """Plan of a build: its stages, time, memory and disk.

    Attributes
    ----------
    work : Work
        Counts of what there is to do.
    stages : list of Stage
        In the order of the build's report.
    seconds : float
        Time of the whole build, without the stages whose rate was not measured. ``read``
        runs beside ``store``, and ``write`` beside encoding.
    memory_bytes : int
        Memory of the process at its peak.
    disk_bytes : int
        Size of the store afterwards, pictures included.
    indexes : dict
        `IndexPlan` by name of the index.
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
        """Convert the plan to a dict of JSON types."""
        return asdict(self)


def units(work: Work) -> dict[str, tuple[float, str]]:
    """Return the amount and the unit of each stage but ``index``."""
    amounts: dict[str, tuple[float, str]] = {
        "read": (work.rows, "rows"),
        "store": (work.rows, "rows"),
    }
    if work.pictures > work.fetched:
        amounts["fetch"] = (work.pictures - work.fetched, "images")
    for space in work.spaces:
        # The spaces of one image encoder share a stage.
        amounts.setdefault(space.stage, (space.new, space.kind))
    amounts["write"] = (sum(4.0 * s.new * s.dim for s in work.spaces), "bytes")
    return amounts


def index_of(space: SpaceWork) -> IndexPlan:
    """Predict what `index.upkeep.update` will do to the index of a space."""
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
    """Count the multiplications of making an index with inverted lists.

    Parameters
    ----------
    rows : int
        Vectors of the index.
    written : int
        Vectors that are assigned to a list.
    dim : int
        Dimensions of a vector.
    lists : int
        Inverted lists.
    trained : bool
        Whether the lists are trained.
    """
    total = float(written) * lists * dim
    if trained:
        sample = min(rows, lists * PER_LIST)
        total += float(sample) * lists * dim * (ITERATIONS + 1) + float(TRIALS) * sample * dim
    return total


def _index_bytes(rows: int, dim: int, lists: int) -> int:
    """Size of an index: vectors in float16 with lists, else float32; ids, entries, centroids."""
    return rows * (dim * (2 if lists else 4) + 8 + 20) + lists * dim * 4


def plan(work: Work, rates: Mapping[str, Rate]) -> Plan:
    """Plan a build.

    Parameters
    ----------
    work : Work
        Counts of what there is to do.
    rates : mapping
        Rate by stage, in the units of `units`. The stage ``index`` has two: ``index numbers``
        in floats written a second, and ``index products`` in multiplications a second. Any
        may be missing.
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
    """Plan a stage from its amount and its rate."""
    if amount == 0:
        return Stage(name, amount, unit, 0.0, "nothing to do")
    if rate is None:
        return Stage(name, amount, unit, None, "not measured yet")
    return Stage(name, amount, unit, amount / rate.per_second, rate.source)


def _index_stage(work: Work, indexes: Mapping[str, IndexPlan], rates: Mapping[str, Rate]) -> Stage:
    """Plan the stage ``index``, whose time is that of writing and that of multiplying."""
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
    """Estimate the size of the database after the build."""
    vectors = sum(4.0 * space.dim * (space.stored + space.new) for space in work.spaces)
    return vectors + TEXT_FACTOR * work.row_bytes * (work.stored_posts + work.rows - work.known)


def _memory(work: Work, indexes: Mapping[str, IndexPlan]) -> int:
    """Estimate the memory of the process at its peak."""
    contents = max((space.stored + space.new for space in work.spaces), default=0)
    # FAISS holds a segment twice while it writes it.
    index = max((min(2 * SEGMENT_BYTES, 2 * plan.bytes) for plan in indexes.values()), default=0)
    database = min(DATABASE_BYTES, _database_bytes(work))
    return math.ceil(PROCESS_BYTES + database + index + PER_CONTENT_BYTES * contents)


def _disk(work: Work, indexes: Mapping[str, IndexPlan]) -> int:
    """Estimate the size of the store after the build."""
    pictures = PICTURE_BYTES * (work.pictures - work.fetched)
    return math.ceil(
        _database_bytes(work) + pictures + sum(index.bytes for index in indexes.values())
    )
