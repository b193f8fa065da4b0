"""Near-duplicates: pairs found beside all pairs, and the time as a store grows.

    python -m benchmarks.duplicates STORE [--sizes 14000,75000,300000] [--format json]

STORE has MiniLM's vectors of the real tweets. Larger sizes repeat them with noise.
"""

import time
from typing import Any

import click
import numpy as np

import embedstore
from benchmarks.common import report
from embedstore.arrays import Indices, Vectors, unit
from embedstore.search.duplicates import connected, near_pairs

THRESHOLDS = (0.8, 0.85, 0.9, 0.95)


@click.command()
@click.argument("store")
@click.option("--sizes", default="14000,75000", show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(store: str, sizes: str, form: str) -> None:
    """Measure recall of pairs and processor seconds."""
    vectors = _vectors(store)
    report("pairs of near-duplicates in one group, of all pairs", _recall(vectors), form)
    rows = [_seconds(vectors, int(size)) for size in sizes.split(",")]
    report("seconds of all threads, threshold 0.9", rows, form)


def _vectors(store: str) -> Vectors:
    rows = embedstore.open(store).sql(
        "SELECT vector FROM vectors WHERE space = (SELECT space FROM spaces WHERE texts"
        " ORDER BY position LIMIT 1) ORDER BY content_id"
    )
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return unit(np.asarray(flat, dtype=np.float32).reshape(len(rows), -1))


def _recall(vectors: Vectors) -> list[dict[str, Any]]:
    rows = []
    for threshold in THRESHOLDS:
        first, second = _all_pairs(vectors, threshold)
        group = connected(len(vectors), *near_pairs(vectors, threshold))
        together = group[first] == group[second]
        rows.append({"threshold": threshold, "pairs": len(first), "recall": float(together.mean())})
    return rows


def _all_pairs(vectors: Vectors, threshold: float) -> tuple[Indices, Indices]:
    """Compare all with all."""
    found = []
    for start in range(0, len(vectors), 2048):
        block, row = np.nonzero(vectors[start : start + 2048] @ vectors.T >= threshold)
        later = block + start < row
        found.append(np.stack([block[later] + start, row[later]]))
    first, second = np.concatenate(found, axis=1)
    return first, second


def _seconds(vectors: Vectors, size: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    rows = vectors[np.arange(size) % len(vectors)]
    if size > len(vectors):
        rows = unit(rows + rng.normal(0, 0.03, rows.shape).astype(np.float32))
    wall, started = time.perf_counter(), time.process_time()
    near_pairs(rows, 0.9)
    return {
        "texts": size,
        "processor s": time.process_time() - started,
        "s": time.perf_counter() - wall,
    }


if __name__ == "__main__":
    main()
