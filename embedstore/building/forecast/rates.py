"""How fast this machine does each stage of a build: from earlier builds, or tried out briefly."""

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
from embedstore.index.inverted_lists import Lists
from embedstore.index.subjects import Subject, blocks
from embedstore.progress import Step
from embedstore.reading import Batch
from embedstore.storage.spaces import Space

LEAST_SECONDS = 0.3
"""A stage that took less in an earlier build tells nothing: opening files takes as long."""

TRIAL_SECONDS = 1.0
"""How long an encoder is tried out, beside loading it."""

TRIAL_VECTORS = 16_384


def from_builds(connection: duckdb.DuckDBPyConnection) -> dict[str, Rate]:
    """Rates by stage from the builds of a store, the newest that took long enough for each."""
    rates: dict[str, Rate] = {}
    rows = connection.execute(
        "SELECT build_id, report::VARCHAR FROM builds WHERE report IS NOT NULL ORDER BY build_id"
    ).fetchall()
    for build_id, text in rows:
        report = json.loads(text)
        seconds = report["seconds"]
        for stage, amount in report.get("amounts", {}).items():
            # Two amounts of one stage share its time.
            shared = stage in ("index numbers", "index products")
            took = seconds.get("index" if shared else stage, 0.0)
            if shared and report["amounts"].get("index products"):
                took /= 2
            if took >= LEAST_SECONDS and amount > 0:
                rates[stage] = Rate(amount / took, f"build {build_id}")
    return rates


def calibrate(context: BuildContext, wanted: Sequence[Space], sample: Sample) -> dict[str, Rate]:
    """Try out each stage on the sample, in a temporary store.

    Takes some seconds, most of them for loading encoders. Encoders of images and fetching
    are not tried out.

    Parameters
    ----------
    context : BuildContext
        Loads the encoders.
    wanted : sequence of Space
        Spaces whose encoder is tried out.
    sample : Sample
        Of the inputs.

    Raises
    ------
    WeightsError
        An encoder's weights can't be had.
    """
    rates: dict[str, Rate] = {}

    def tried(stage: str, amount: float, seconds: float) -> None:
        rates[stage] = Rate(amount / max(seconds, 1e-9), "calibration")

    context.progress(Step("calibrate"))
    for space in wanted:
        if space.texts and sample.posts.num_rows:
            tried(text_stage(space), *_encoding(context, space, sample.posts))
    dim = max((_dim(space) for space in wanted), default=64)
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(context, path=Path(folder) / "trial")
        trial.create()
        if sample.posts.num_rows:
            tried("store", *_storing(trial, sample.posts))
        vectors = np.random.default_rng(0).standard_normal((TRIAL_VECTORS, dim), np.float32)
        tried("write", vectors.nbytes, _seconds(lambda: _write(trial, vectors)))
        for stage, (amount, seconds) in _indexing(trial, vectors).items():
            tried(stage, amount, seconds)
    return rates


def _encoding(context: BuildContext, space: Space, posts: pa.Table) -> tuple[int, float]:
    """Texts, and the seconds they took: more and more of them until it lasts long enough."""
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


def _storing(context: BuildContext, posts: pa.Table) -> tuple[int, float]:
    """The second half of the sample, after the first has warmed up everything."""
    half = posts.num_rows // 2
    took = 0.0
    for part in (posts.slice(0, half), posts.slice(half)):
        [batch] = part.combine_chunks().to_batches() or [None]
        if batch is not None:
            took = _seconds(partial(_store, context, batch))
    return posts.num_rows - half, took


def _store(context: BuildContext, batch: pa.RecordBatch) -> None:
    with context.write() as connection:
        store_posts(
            connection, Batch(batch, [], 1.0), file="trial", folder=context.path, build_id=0
        )


def _write(context: BuildContext, vectors: Vectors) -> None:
    with VectorWriter(context) as writer:
        writer.put(np.arange(1, len(vectors) + 1), {"trial": vectors})


def _indexing(context: BuildContext, vectors: Vectors) -> dict[str, tuple[float, float]]:
    """Numbers read from the database and written, and multiplications of finding lists."""
    dim = vectors.shape[1]
    ids = np.arange(1, len(vectors) + 1)
    subject = Subject("", "trial", "texts", None, dim)

    def exact() -> None:
        with context.read() as connection:
            part = segments.new_part(blocks(connection, subject, ids), dim, None)
        segments.save(context.path / "index", 1, part)

    exact()
    written = _seconds(exact)
    lists = Lists(vectors[:256], 1)
    took = _seconds(lambda: segments.new_part(iter([(ids, vectors)]), dim, lists))
    return {
        "index numbers": (float(vectors.size), written),
        "index products": (float(vectors.size) * 256, took),
    }


def _dim(space: Space) -> int:
    return space.dim or 384


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
