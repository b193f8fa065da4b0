"""Text encoding: our encoder beside `SentenceTransformer.encode` at its defaults.

Both run in one process on the same weights (MiniLM from the extra `bundled`), in turns, so
that whatever else the machine does meets both alike. Each repeat gives one ratio to the peer;
their median and range are printed. Cosines are to our own float32 vectors, the lowest of all.

python -m benchmarks.text_encoding [CSV] [--posts N] [--repeats R] [--format json]
"""

import csv
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import DATA, report, spread
from embedstore.encoders import TextEncoder, Vectors, load_encoder
from embedstore.encoders.runtime.devices import cpu_has_bfloat16
from embedstore.encoders.weights import bundled

PEER = "SentenceTransformer.encode"
OURS = "embedstore minilm, "

Encode = Callable[[Sequence[str]], Vectors]


@click.command()
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=DATA / "adobe" / "train.csv",
)
@click.option("--column", default="content", show_default=True, help="Column with the text.")
@click.option("--posts", type=click.IntRange(1), help="An even sample of this many; else all.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(file: Path, column: str, posts: int | None, repeats: int, form: str) -> None:
    """Encode the texts of a CSV FILE in each way, in turns, and compare."""
    texts = _texts(file, column, posts)
    rows = _compare(texts, repeats)
    report(f"Text encoding, {len(texts)} posts of {file.name}, {repeats} repeats", rows, form)


def _texts(file: Path, column: str, posts: int | None) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        texts = [row[column] for row in csv.DictReader(lines)]
    kept = np.linspace(0, len(texts) - 1, min(posts or len(texts), len(texts))).astype(int)
    return [texts[i] for i in kept]


def _ways() -> dict[str, Encode]:
    from sentence_transformers import SentenceTransformer

    folder = bundled.find(bundled.MINILM).parent
    peer = SentenceTransformer(str(folder), device="cpu")
    ways: dict[str, Encode] = {PEER: lambda texts: peer.encode(list(texts))}
    for dtype in ["float32", *(["bfloat16"] if cpu_has_bfloat16() else [])]:
        ours = load_encoder("minilm", device="cpu", dtype=dtype)
        assert isinstance(ours, TextEncoder)
        ways[OURS + dtype] = ours.encode
    return ways


def _compare(texts: list[str], repeats: int) -> list[dict[str, Any]]:
    ways = _ways()
    for encode in ways.values():
        encode(texts[:64])  # the first call pays for what libraries set up once
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    vectors: dict[str, Vectors] = {}
    for _ in range(repeats):
        for name, encode in ways.items():
            started = time.perf_counter()
            vectors[name] = encode(texts)
            seconds[name].append(time.perf_counter() - started)

    exact = vectors[OURS + "float32"]
    return [
        {
            "encoder": name,
            "seconds": spread(took),
            "posts/s": round(len(texts) / statistics.median(took)),
            "times faster": spread(
                [theirs / own for theirs, own in zip(seconds[PEER], took, strict=True)]
            ),
            "lowest cosine": round(float((vectors[name] * exact).sum(1).min()), 6),
        }
        for name, took in seconds.items()
    ]


if __name__ == "__main__":
    main()
