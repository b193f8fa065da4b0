"""Real tweets encoded on two Ray nodes of one core each, one of them killed half-way.

    python -m benchmarks.ray [--posts N]

Through the same code as ``embedstore build --engine ray``; beside it the same build with the
local engine. The first node of a cluster leads it, so that the second is the one to kill.
"""

import csv
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

import embedstore
from benchmarks.common import DATA, report, run_measured
from embedstore.building.cluster import shards
from embedstore.progress import Step

TWEETS = DATA / "adobe" / "train.csv"
SHARD = 200
"""Texts of a shard: several are done when half of them are."""

POLITENESS = {"RAY_worker_niceness": "0"}
"""Of Ray's workers, which else stand back for everything that runs beside them."""

VECTORS = "SELECT c.sha256, v.vector FROM vectors v JOIN contents c USING (content_id) ORDER BY 1"


@click.group(invoke_without_command=True)
@click.option("--posts", default=5000, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def main(context: click.Context, posts: int, form: str) -> None:
    """Build both ways and compare."""
    if context.invoked_subcommand:
        return
    if not TWEETS.exists():
        raise SystemExit("the real tweets, shared/data/adobe/train.csv, are not here")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "tweets.csv"
        _write(file, posts)
        rows = [_built(way, folder / way, file) for way in ("local", "killed")]
        report(f"{posts:,} real tweets, MiniLM", rows, form)
        _compare(folder / "local", folder / "killed")


def _write(file: Path, count: int) -> None:
    with TWEETS.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    chosen = np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(found[0]))
        writer.writeheader()
        writer.writerows(found[row] for row in chosen)


def _built(way: str, store: Path, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ray", way, str(store), str(file)]
    ran = run_measured(command, POLITENESS)
    named = {"local": "local, all cores", "killed": "Ray, 2 nodes of 1 core, one killed half-way"}
    # Ray's own processes write where ours does.
    said = next(line for line in ran.output.splitlines() if line.endswith("encoded"))
    return {"engine": named[way], "seconds": ran.seconds, "said": said}


def _compare(local: Path, far: Path) -> None:
    """Print whether all vectors are there, once each, and how alike they are; else fail."""
    tables = [embedstore.open(store).sql(VECTORS) for store in (local, far)]
    ours, theirs = ([str(key) for key in table["sha256"].to_pylist()] for table in tables)
    a, b = (np.array(table["vector"].to_pylist()) for table in tables)
    print(f"vectors: local {len(ours):,}, Ray {len(theirs):,}, distinct {len(set(theirs)):,}")
    if ours != theirs or len(set(theirs)) != len(theirs):
        raise SystemExit("some are missing, or there twice")
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    print(f"lowest cosine between the two: {cosines.min():.6f}")


def _build(store: str, file: str, **options: Any) -> None:
    made = embedstore.build(store, [file], models="bundled", images="none", **options)
    print(f"{sum(made.encoded.values()):,} encoded")


@main.command()
@click.argument("store")
@click.argument("file")
def local(store: str, file: str) -> None:
    """Build here."""
    _build(store, file)


@main.command()
@click.argument("store")
@click.argument("file")
def killed(store: str, file: str) -> None:
    """Build on two nodes, and kill one when half is done."""
    import ray
    from ray.cluster_utils import Cluster

    shards.TEXTS = SHARD
    head = {"num_cpus": 1, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    doomed = [nodes.add_node(num_cpus=1)]
    ray.init(address=nodes.address, log_to_driver=False, logging_level=logging.ERROR)
    nodes.wait_for_nodes()

    def watch(step: Step) -> None:
        if doomed and step.stage.startswith("encode") and step.done >= step.total / 2 > 0:
            nodes.remove_node(doomed.pop(), allow_graceful=False)

    _build(store, file, engine="ray", progress=watch)
    assert not doomed, "it was done before a node could be killed"
    ray.shutdown()  # type: ignore[no-untyped-call,unused-ignore]
    nodes.shutdown()  # type: ignore[no-untyped-call,unused-ignore]


if __name__ == "__main__":
    main()
