"""The main job: posts in, every text and picture embedded once, everything in one store."""

import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from embedstore.building.bring_pictures import Images, MissingImage, bring_in, stand_in
from embedstore.building.context import Job
from embedstore.building.encode import embed_images, embed_texts, load_image_encoders
from embedstore.building.forecast.plan import products
from embedstore.building.forecast.planning import plan_in_build
from embedstore.building.store_posts import Ingested, ingest
from embedstore.errors import InputError
from embedstore.fetch import FetchLimits
from embedstore.index import upkeep
from embedstore.progress import Progress, Step, silent
from embedstore.reading import expand_inputs, read_posts, source_of
from embedstore.storage import spaces
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import assign_contents
from embedstore.storage.layout import FILE
from embedstore.storage.spaces import Models, TextField
from embedstore.threads import prefetch

if TYPE_CHECKING:
    from embedstore.building.cluster.ray_engine import Cluster

Engine = Literal["local", "ray"]

BATCH_ROWS = 50_000
"""Rows of one transaction: keys and texts are looked up among all that are stored, once for
each, which takes half a second at ten million."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes
    ----------
    build_id : int
        Its row in `builds`.
    posts : Ingested
        New, updated, unchanged and rejected rows of the inputs.
    encoded : dict
        Texts and images that were encoded, by space.
    images : dict
        Distinct picture URLs ``fetched`` and ``failed`` in this build.
    failures : dict
        Rows of `failures` by stage, of all builds.
    seconds : dict
        Time by stage; ``read`` runs beside ``store`` and ``write`` beside ``encode``.
    total_seconds : float
        Time of the whole build.
    amounts : dict
        What each stage has done, in the plan's units, from which later plans take their
        rates; ``index numbers`` and ``index products`` are of the stage ``index``.
    memory_bytes, disk_bytes : int
        The process's memory at its peak, and the size of the store.
    plan : dict, optional
        What was planned before the first post was stored; None for small inputs.
    """

    build_id: int
    posts: Ingested
    encoded: dict[str, int]
    images: dict[str, int]
    failures: dict[str, int]
    seconds: dict[str, float]
    total_seconds: float
    amounts: dict[str, float] = field(default_factory=dict)
    memory_bytes: int = 0
    disk_bytes: int = 0
    plan: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The same as a dict of JSON types, keys in a stable order."""
        return asdict(self)


def build(
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
    missing_image: MissingImage = "mask",
    device: str = "auto",
    retry_failed: bool = False,
    engine: Engine = "local",
    address: str | None = None,
    limits: FetchLimits | None = None,
    progress: Progress = silent,
) -> BuildReport:
    """Read posts into a store and embed whatever it lacks.

    The store is made when there is none. Work is committed in bounded transactions: a
    build that was killed is continued by running it again, and one over unchanged
    input encodes nothing. Without `posts` it only finishes what an earlier one left.

    Parameters
    ----------
    path : path
        The store's directory.
    posts : sequence of paths
        CSV, XLSX, Parquet or JSON-lines files, also as globs.
    models : {"hub", "bundled"}, optional
        Encoders of a new store, "hub" if not said; an existing one keeps its own.
    source : str, optional
        Name for the posts' source; each file's stem if not said.
    text_field : {"text", "formatted_text"}, optional
        What new text spaces embed; "text" if not said.
    space : sequence of str
        Further spaces, as ``NAME=ENCODER[:WEIGHTS]``.
    mapping : mapping, optional
        Field to column, where the names don't tell: ``{"text": "body"}``.
    encoding : str, optional
        Of CSV and JSON-lines files; UTF-8 if not said.
    images : {"fetch", "local", "none"}
        Whether pictures are fetched, only read from beside the input file, or left out.
    missing_image : {"mask", "noise"}
        What a post gets whose pictures can't be had: no vector, or that of noise drawn
        from a seed of its own.
    device : {"auto", "cpu", "cuda"}
        Where to encode.
    retry_failed : bool
        Try pictures again that failed in an earlier build.
    engine : {"local", "ray"}
        Where to encode: in this process, or on a Ray cluster.
    address : str, optional
        Of a Ray cluster to join; without it, one is started on this machine.
    limits : FetchLimits, optional
        What fetching a picture may take.
    progress : callable
        Told about every step.

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
    job = Job(Path(path), device, progress)
    files = expand_inputs([os.fspath(pattern) for pattern in posts])
    if not files and not (job.path / FILE).exists():
        raise InputError(
            f"there is no store at {job.path} yet: say which posts to build it from,"
            f" `embedstore build {job.path} POSTS...`"
        )
    with build_lock(job.path), _cluster(engine, address) as job.cluster:
        job.create()
        with job.write() as connection:
            added = spaces.plan(
                spaces.declared(connection), models=models, text_field=text_field, spaces=space
            )
            spaces.declare(connection, added)
            if any(space.text_field == "formatted_text" for space in added):
                assign_contents(connection)
            job.build_id = _begin(connection, files)
        with job.watch.stage("plan"):
            planned = plan_in_build(
                job, files, source=source, mapping=mapping, encoding=encoding, images=images
            )
        ingested = Ingested()
        for file in files:
            name = source or source_of(file)
            ingested += _read_file(job, file, name, mapping=mapping, encoding=encoding)
        if images != "none":
            load_image_encoders(job)
        pictures = bring_in(job, images, limits=limits or FetchLimits(), retry_failed=retry_failed)
        if missing_image == "noise":
            stand_in(job)
        encoded = embed_texts(job)
        if images != "none":
            # CLIP's space has both texts and images.
            for name, count in embed_images(job, retry_failed=retry_failed).items():
                encoded[name] = encoded.get(name, 0) + count
        with job.watch.stage("index"), job.read() as connection:
            for each in upkeep.update(job.path, connection, progress=progress):
                trained = "train" in each.seconds
                work = products(each.vectors, each.added, each.dim, each.lists, trained=trained)
                job.count("index numbers", each.added * each.dim)
                job.count("index products", work)
        report = BuildReport(
            build_id=job.build_id,
            posts=ingested,
            encoded=encoded,
            images=pictures,
            failures={},
            seconds={stage: round(seconds, 3) for stage, seconds in job.watch.seconds.items()},
            total_seconds=0.0,
            amounts=job.amounts,
            memory_bytes=_peak(),
            disk_bytes=job.size(),
            plan=None if planned is None else planned.to_json(),
        )
        return _finish(job, report, started)


def _cluster(engine: Engine, address: str | None) -> AbstractContextManager["Cluster | None"]:
    if engine == "local" and address is None:
        return nullcontext()
    if engine != "ray":
        raise InputError("--address is of a Ray cluster: it goes with --engine ray")
    from embedstore.building.cluster.ray_engine import cluster

    return cluster(address)


def _read_file(
    job: Job, file: Path, source: str, *, mapping: Mapping[str, str] | None, encoding: str | None
) -> Ingested:
    stage = f"read {file.name}"
    ingested = Ingested()
    batches = read_posts(
        file, source=source, mapping=mapping, encoding=encoding, batch_rows=BATCH_ROWS
    )
    # A batch is read while the one before it is stored.
    for batch in prefetch(job.watch.timed("read", batches)):
        with job.watch.stage("store"), job.write() as connection:
            ingested += ingest(connection, batch, file=file, build_id=job.build_id)
        for each in ("read", "store"):
            job.count(each, batch.posts.num_rows + len(batch.rejected))
        job.progress(Step(stage, batch.fraction, 1))
    with job.write() as connection:
        # Rows of this file that failed in an earlier build and don't any more.
        connection.execute(
            "DELETE FROM failures WHERE stage = 'read' AND source = ? AND file = ?"
            " AND last_build < ?",
            [source, str(file), job.build_id],
        )
    return ingested


def _begin(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> int:
    [row] = connection.execute(
        "UPDATE counters SET next = next + 1 WHERE name = 'build' RETURNING next - 1"
    ).fetchall()
    connection.execute(
        "INSERT INTO builds (build_id, started_at, inputs) VALUES (?, now() AT TIME ZONE 'UTC', ?)",
        [row[0], json.dumps([str(file) for file in files])],
    )
    return int(row[0])


def _finish(job: Job, report: BuildReport, started: float) -> BuildReport:
    with job.write() as connection:
        failures = connection.execute("SELECT stage, count(*) FROM failures GROUP BY 1").fetchall()
        report = replace(
            report,
            failures=dict(failures),
            total_seconds=round(time.perf_counter() - started, 3),
        )
        connection.execute(
            "UPDATE builds SET finished_at = now() AT TIME ZONE 'UTC', report = ?"
            " WHERE build_id = ?",
            [json.dumps(report.to_json()), job.build_id],
        )
    return report


def _peak() -> int:
    """Bytes of memory that this process had at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In kilobytes, but for macOS.
    return peak if sys.platform == "darwin" else 1024 * peak
