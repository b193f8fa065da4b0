"""Heads of likes beside CatBoost, AutoGluon and TabM, on the same columns, posts and split.

python -m benchmarks.peers.likes [--store S] [--minutes 10] [--python P] [--format json]

What `heads export features` gives, with names and text, goes to the peers in an environment of
their own (`likes_pins.txt`), made at the first run: minutes and 2 GB. The stack is fitted as a
process of its own. All are scored by `heads.evaluate`: the error with history online, pairs with
it frozen. Whatever runs beside takes from the peers' time; the load is printed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.common import DATA, report, run_measured
from benchmarks.peers.environment import peers_python

SPLIT = "time:2020-01-01"
PINS = Path(__file__).with_name("likes_pins.txt")
MODELS = Path(__file__).with_name("likes_models.py")
PEERS = ("catboost", "autogluon", "tabm")


@click.command()
@click.argument("peers", nargs=-1, type=click.Choice([*PEERS, "stack"]))
@click.option("--store", type=click.Path(exists=True, file_okay=False), help="A store to use.")
@click.option("--minutes", default=10.0, show_default=True, help="Most time of AutoGluon and TabM.")
@click.option("--python", type=click.Path(exists=True), help="An interpreter that has the peers.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(
    peers: tuple[str, ...], store: str | None, minutes: float, python: str | None, form: str
) -> None:
    """Fit and score the named PEERS, or all of them and the stack."""
    import embedstore

    failed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = Path(store or folder / "s")
        if store is None:
            tweets = DATA / "adobe" / "train.csv"
            embedstore.build(path, [tweets], models="bundled", images="none")
        wanted = peers or ("stack", *PEERS)
        rows = [_stack(path)] if "stack" in wanted else []
        asked = [peer for peer in PEERS if peer in wanted]
        if asked:
            if python is None:
                own, failed = peers_python("peers-likes", PINS)
                python = str(own)
            _export(path, folder)
        for peer in asked:
            rows.append(_peer(path, folder, peer, python or "", minutes))
            print(" | ".join(map(str, rows[-1].values())), file=sys.stderr, flush=True)
    report(f"{SPLIT}: error with history online, pairs with it frozen", rows, form)
    for line in failed:
        print(f"not installed: {line}", file=sys.stderr)


def _stack(store: Path) -> dict[str, Any]:
    """Fit the stack as a process, and score it."""
    import embedstore
    import heads

    command = [str(Path(sys.executable).with_name("heads")), "fit", "likes", str(store)]
    ran = run_measured([*command, "--split", SPLIT])
    opened = embedstore.open(store)
    since = f"created_at >= '{SPLIT.removeprefix('time:')}'"
    by_history = {
        history: heads.predict_likes(opened, where=since, history=history).select(
            ["post_id", "likes"]
        )
        for history in ("online", "frozen")
    }
    return _scored(store, "stack", by_history, ran.seconds, ran.peak)


def _export(store: Path, folder: Path) -> None:
    """Write what peers learn from and are scored on."""
    import embedstore
    import heads

    texts = embedstore.open(store).sql("SELECT post_id, text FROM posts")
    for history in ("online", "frozen"):
        table = heads.features(store, split=SPLIT, history=history)
        names = [
            name
            for group in json.loads((table.schema.metadata or {})[b"groups"]).values()
            for name in group
        ]
        table = table.join(texts, "post_id").select(
            ["post_id", "created_at", "split", "target", "username", "company", "text", *names]
        )
        table = table.sort_by([("created_at", "ascending"), ("post_id", "ascending")])
        for part in ("train", "test"):
            some = table.filter(pc.equal(table["split"], part)).drop_columns(
                ["split", "created_at"]
            )
            if part == "test":
                some = some.drop_columns("target")
            pq.write_table(some, folder / f"{history}-{part}.parquet")


def _peer(store: Path, folder: Path, name: str, python: str, minutes: float) -> dict[str, Any]:
    """Fit one peer and score it."""
    out = folder / f"{name}.parquet"
    files = [folder / f"{part}.parquet" for part in ("online-train", "online-test", "frozen-test")]
    command = [python, str(MODELS), name, *map(str, files), str(out), str(60 * minutes)]
    # Not ours first: a peer must find its own versions.
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"model": name, "log RMSE": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    cost = json.loads(done.stdout.strip().splitlines()[-1])
    found = pq.read_table(out)
    by_history = {
        history: pa.table(
            {"post_id": found["post_id"], "likes": np.expm1(found[history].to_numpy()).clip(0)}
        )
        for history in ("online", "frozen")
    }
    return _scored(store, name, by_history, cost["seconds"], cost["gb"])


def _scored(
    store: Path, name: str, by_history: dict[str, pa.Table], seconds: float, gb: float
) -> dict[str, Any]:
    """Score the error online, and pairs frozen."""
    import heads

    found = heads.evaluate(store, by_history, split=SPLIT)
    [error] = [
        row
        for row in found.rungs.to_pylist()
        if (row["rung"], row["history"], row["metric"]) == ("online", "online", "log_rmse")
    ]
    line: dict[str, Any] = {"model": name, "log RMSE": _shown(error)}
    for row in found.pairs.to_pylist():
        if (row["rung"], row["time"]) == ("frozen", "as posted"):
            least = "all" if row["ratio"] == 1 else f"≥ {row['ratio']:g}×"
            line[f"pairs {least}"] = _shown(row)
    return line | {"seconds": f"{seconds:.0f}", "GB": f"{gb:.1f}"}


def _shown(row: dict[str, Any]) -> str:
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


if __name__ == "__main__":
    main()
