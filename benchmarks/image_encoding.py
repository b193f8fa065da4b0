"""Images from JPEG files to CLIP vectors, beside one image at a time.

The peer is what popular stores do: open, ``preprocess(image).unsqueeze(0)``,
``encode_image``. Both run in one process on the same random weights, in turns. The
JPEGs, 1,600 × 1,200, are made here: soft gradients, shapes with edges, grain.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image, ImageDraw
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

from benchmarks.clip_text import ARCHITECTURE, measure, ours, random_model
from benchmarks.common import report
from embedstore.encoders import ImageEncoder, Vectors

SIZE = (1600, 1200)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = make_images(Path(folder), options.images)
        ways: dict[str, Callable[[list[Path]], Vectors]] = {"one at a time": peer()}
        for name, encoder in ours(random_model(), Path(folder)).items():
            assert isinstance(encoder, ImageEncoder)
            ways[name] = in_order(encoder)
        rows = measure(ways, files, options.repeats)
    title = f"CLIP images, {ARCHITECTURE}, {len(files)} JPEGs of {SIZE[0]} × {SIZE[1]} to vectors"
    report(f"{title}, {options.repeats} repeats in turns", rows, options.format)


def peer() -> Callable[[list[Path]], Vectors]:
    """One image at a time, with open_clip's own preprocessing of the full picture."""
    model = random_model()
    preprocess = open_clip.image_transform(model.visual.image_size, is_train=False)

    def encode(files: list[Path]) -> Vectors:
        rows = []
        with torch.no_grad():
            for file in files:
                image = preprocess(Image.open(file)).unsqueeze(0)
                rows.append(F.normalize(model.encode_image(image), dim=-1)[0].numpy())
        return np.stack(rows)

    return encode


def in_order(encoder: ImageEncoder) -> Callable[[list[Path]], Vectors]:
    """Vectors of one encoder in the order of the files."""

    def encode(files: list[Path]) -> Vectors:
        found = dict(encoder.encode_images(files))
        vectors = [found[position] for position in range(len(files))]
        return np.stack([one["clip"] for one in vectors if isinstance(one, dict)])

    return encode


def make_images(folder: Path, count: int) -> list[Path]:
    """Write seeded pictures that compress like photographs, about 500 KB each."""
    rng = np.random.default_rng(0)
    files = []
    for number in range(count):
        coarse = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(image)
        for _ in range(12):
            x, y = int(rng.integers(0, SIZE[0])), int(rng.integers(0, SIZE[1]))
            width, height = (int(side) for side in rng.integers(40, 500, 2))
            colour = tuple(int(level) for level in rng.integers(0, 256, 3))
            draw.ellipse((x, y, x + width, y + height), fill=colour)
        grain = rng.normal(0, 8, (SIZE[1], SIZE[0], 1))
        pixels = (np.asarray(image) + grain).clip(0, 255).astype(np.uint8)
        files.append(folder / f"{number}.jpg")
        Image.fromarray(pixels).save(files[-1], quality=88)
    return files


if __name__ == "__main__":
    main()
