"""CLIP's text tower on real tweets beside open_clip's own tokenizer and `encode_text`.

Both run in one process on the same weights, in turns, so that whatever else the machine
does meets both alike. The weights are random: speed does not depend on them.
"""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks.common import DATA, report, spread
from embedstore.encoders import Encoder, TextEncoder, Vectors, load_encoder
from embedstore.encoders.runtime.devices import cpu_has_bfloat16

ARCHITECTURE = "ViT-B-32"
BATCH = 64


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("csv", nargs="?", type=Path, default=DATA / "adobe" / "train.csv")
    parser.add_argument("--column", default="content", help="column with the text")
    parser.add_argument("--posts", type=int, default=1000, help="an even sample of this many")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    with options.csv.open(encoding="utf-8", newline="") as lines:
        texts = [row[options.column] for row in csv.DictReader(lines)]
    chosen = np.linspace(0, len(texts) - 1, min(options.posts, len(texts))).astype(int)
    texts = [texts[i] for i in chosen]
    title = f"CLIP text, {ARCHITECTURE}, {len(texts)} texts, {options.repeats} repeats in turns"
    report(title, compare(texts, options.repeats), options.format)


def compare(texts: list[str], repeats: int) -> list[dict[str, Any]]:
    """One row for each way of encoding."""
    import open_clip

    model = random_model()
    tokenizer = open_clip.get_tokenizer(ARCHITECTURE)

    def peer(texts: list[str]) -> Vectors:
        rows = []
        with torch.no_grad():
            for start in range(0, len(texts), BATCH):
                tokens = tokenizer(texts[start : start + BATCH])
                rows.append(model.encode_text(tokens, normalize=True).numpy())
        return np.concatenate(rows)

    ways: dict[str, Callable[[list[str]], Vectors]] = {f"open_clip, batches of {BATCH}": peer}
    with tempfile.TemporaryDirectory() as folder:
        for name, encoder in ours(model, Path(folder)).items():
            assert isinstance(encoder, TextEncoder)
            ways[name] = encoder.encode
    return measure(ways, texts, repeats)


def random_model() -> Any:
    """The model with seeded random weights, as open_clip makes it."""
    import open_clip  # here, since it takes seconds

    torch.manual_seed(0)
    return open_clip.create_model(ARCHITECTURE).eval()


def ours(model: Any, folder: Path) -> dict[str, Encoder]:
    """Our encoder with the model's weights, in each precision that this machine has."""
    file = folder / "weights.safetensors"
    save_file(model.state_dict(), file)
    return {
        f"clip, {dtype}": load_encoder("clip", f"{ARCHITECTURE}:{file}", device="cpu", dtype=dtype)
        for dtype in ["float32", *(["bfloat16"] if cpu_has_bfloat16() else [])]
    }


def measure(
    ways: dict[str, Callable[[list[Any]], Vectors]], items: list[Any], repeats: int
) -> list[dict[str, Any]]:
    """Run each way in turns; the first one is what the others are compared with."""
    for encode in ways.values():
        encode(items[: BATCH // 2])  # the first call pays for what libraries set up once
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    vectors: dict[str, Vectors] = {}
    for _ in range(repeats):
        for name, encode in ways.items():
            started = time.perf_counter()
            vectors[name] = encode(items)
            seconds[name].append(time.perf_counter() - started)
    peer = next(iter(ways))
    rows = []
    for name in ways:
        ratios = [theirs / own for theirs, own in zip(seconds[peer], seconds[name], strict=True)]
        rows.append(
            {
                "way": name,
                "seconds": spread(seconds[name]),
                "per second": len(items) / statistics.median(seconds[name]),
                "times faster": spread(ratios),
                "lowest cosine": float((vectors[name] * vectors[peer]).sum(1).min()),
            }
        )
    return rows


if __name__ == "__main__":
    main()
