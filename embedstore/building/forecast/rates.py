"""Measure how fast this machine does each stage of a build: from earlier builds, or by a trial."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.building.context import BuildContext
from embedstore.building.forecast.plan import Rate
from embedstore.building.forecast.survey import Sample
from embedstore.building.lacking import text_stage
from embedstore.building.store_posts import store_posts
from embedstore.building.vector_writer import VectorWriter
from embedstore.encoders.base import TextEncoder
from embedstore.index import segments
from embedstore.index.inverted_lists import InvertedLists
from embedstore.index.subjects import Subject, vector_blocks
from embedstore.progress import Step
from embedstore.reading import Batch
from embedstore.storage.layout import index_folder
from embedstore.storage.spaces import Space

LEAST_SECONDS = 0.3
"""Shortest time of a stage in an earlier build that gives a rate: opening files takes as long."""

TRIAL_SECONDS = 1.0
"""Length of an encoder's trial, without the time to load it."""

TRIAL_VECTORS = 16_384
"""Random vectors that are written and indexed in the trial."""

TRIAL_LISTS = 256
"""Inverted lists of the trial's index."""

USUAL_DIM = 384
"""Dimensions of trial vectors for a space that has no vector yet."""


def from_builds(connection: duckdb.DuckDBPyConnection) -> dict[str, Rate]:
    """Take each stage's rate from the newest build of a store that spent long enough on it.

    Returns
    -------
    dict
        Rate by stage, in the units of `plan.units`.
    """
    rates: dict[str, Rate] = {}
    rows = connection.execute(
        "SELECT build_id, report::VARCHAR FROM builds WHERE report IS NOT NULL ORDER BY build_id"
    ).fetchall()
    for build_id, text in rows:
        report = json.loads(text)
        seconds = report["seconds"]
        for stage, amount in report.get("amounts", {}).items():
            # The stage "index" has two amounts, which are taken to share its time equally.
            shared = stage in ("index numbers", "index products")
            took = seconds.get("index" if shared else stage, 0.0)
            if shared and report["amounts"].get("index products"):
                took /= 2
            if took >= LEAST_SECONDS and amount > 0:
                rates[stage] = Rate(amount / took, f"build {build_id}")
    return rates


def calibrate(context: BuildContext, wanted: Sequence[Space], sample: Sample) -> dict[str, Rate]:
    """Time each stage on the sample, in a temporary store.

    Takes some seconds, most of them to load encoders. Encoding images and fetching are not
    timed.

    Parameters
    ----------
    context : BuildContext
        Loads the encoders.
    wanted : sequence of Space
        Spaces whose text encoder is timed.
    sample : Sample
        First rows of the inputs.

    Returns
    -------
    dict
        Rate by stage, in the units of `plan.units`.

    Raises
    ------
    WeightsError
        An encoder's weights are missing, unreachable or altered.
    """
    rates: dict[str, Rate] = {}

    def timed(stage: str, amount: float, seconds: float) -> None:
        rates[stage] = Rate(amount / max(seconds, 1e-9), "calibration")

    context.progress(Step("calibrate"))
    for space in wanted:
        if space.texts and sample.posts.num_rows:
            timed(text_stage(space), *_time_encoding(context, space, sample.posts))
    dim = max((space.dim or USUAL_DIM for space in wanted), default=64)
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(context, path=Path(folder) / "trial")
        trial.create()
        if sample.posts.num_rows:
            timed("store", *_time_storing(trial, sample.posts))
        vectors = np.random.default_rng(0).standard_normal((TRIAL_VECTORS, dim), np.float32)
        timed("write", vectors.nbytes, _seconds(lambda: _write(trial, vectors)))
        for stage, (amount, seconds) in _time_indexing(trial, vectors).items():
            timed(stage, amount, seconds)
    return rates


def _time_encoding(context: BuildContext, space: Space, posts: pa.Table) -> tuple[int, float]:
    """Encode more and more texts until it takes long enough; return their number and the time."""
    encoder = context.encoder(space)
    assert isinstance(encoder, TextEncoder)
    texts = [text for text in posts["text"].to_pylist() if text and text.strip()]
    encoder.encode(texts[:8])
    count = 32
    while True:
        rows = np.linspace(0, len(texts) - 1, min(count, len(texts))).astype(int)
        chosen = [texts[row] for row in rows]
        seconds = _seconds(partial(encoder.encode, chosen))
        if seconds >= TRIAL_SECONDS / 4 or count >= len(texts):
            return len(chosen), seconds
        count *= 4


def _time_storing(context: BuildContext, posts: pa.Table) -> tuple[int, float]:
    """Store both halves of the sample and time the second: the first pays for what is cached."""
    half = posts.num_rows // 2
    took = 0.0
    for part in (posts.slice(0, half), posts.slice(half)):
        [batch] = part.combine_chunks().to_batches() or [None]
        if batch is not None:
            took = _seconds(partial(_store, context, batch))
    return posts.num_rows - half, took


def _store(context: BuildContext, batch: pa.RecordBatch) -> None:
    """Store one batch of posts in a transaction, as a build does."""
    with context.write() as connection:
        store_posts(connection, Batch(batch, [], 1.0), context, file="trial", folder=context.path)


def _write(context: BuildContext, vectors: Vectors) -> None:
    """Write vectors to the database, as a build does."""
    with VectorWriter(context) as writer:
        writer.put(np.arange(1, len(vectors) + 1), {"trial": vectors})


def _time_indexing(context: BuildContext, vectors: Vectors) -> dict[str, tuple[float, float]]:
    """Time an exact segment, and the assignment of vectors to inverted lists.

    Returns
    -------
    dict
        Amount and seconds: floats read from the database and written for ``index numbers``,
        multiplications for ``index products``.
    """
    dim = vectors.shape[1]
    ids = np.arange(1, len(vectors) + 1)
    subject = Subject("", "trial", "texts", None, dim)

    def write_exact() -> None:
        with context.read() as connection:
            segment = segments.new_segment(vector_blocks(connection, subject, ids), dim, None)
        segments.save(index_folder(context.path), 1, segment)

    write_exact()
    writing = _seconds(write_exact)
    lists = InvertedLists(vectors[:TRIAL_LISTS], probes=1)
    assigning = _seconds(lambda: segments.new_segment(iter([(ids, vectors)]), dim, lists))
    return {
        "index numbers": (float(vectors.size), writing),
        "index products": (float(vectors.size) * TRIAL_LISTS, assigning),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
