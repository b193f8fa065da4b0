"""CLIP texts and images: open_clip as its README shows it, and clip-retrieval's inference.

The weights are random, the same for everyone: speed does not depend on them.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clip_text import ARCHITECTURE, random_model
from benchmarks.image_encoding import SIZE, make_images
from benchmarks.peers.table import Row, row, skipped
from benchmarks.peers.turns import SkippedError, Turn
from embedstore.encoders import ImageEncoder, TextEncoder, load_encoder
from embedstore.encoders.runtime.devices import cpu_has_bfloat16

HERE = "benchmarks.peers.clip"
BATCH = 32
WORKERS = 2

Run = Callable[[str], None]
Array = NDArray[np.float32]

TEXTS = {"open_clip": "open_clip_texts", "clip-retrieval's inference": "retrieval_texts"}
PICTURES = {"open_clip": "open_clip_images", "clip-retrieval's inference": "retrieval_images"}


def rows(python: Path, texts: Sequence[str], images: int, repeats: int) -> Iterator[Row]:
    """One row for texts and one for images, for each peer."""
    from safetensors.torch import save_file

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_file(random_model().state_dict(), folder / "weights.safetensors")
        (folder / "texts").mkdir()
        for number, text in enumerate(texts):
            (folder / "texts" / f"{number:06}.txt").write_text(text)
        (folder / "texts.json").write_text(json.dumps(list(texts)))
        (folder / "images").mkdir()
        # Their names in order are their numbers in order.
        for number, file in enumerate(make_images(folder / "images", images)):
            file.rename(file.with_name(f"{number:06}.jpg"))
        what = f"CLIP {ARCHITECTURE}, {len(texts):,} tweets"
        yield from _beside(python, folder, what, "our_texts", TEXTS, len(texts), "texts/s", repeats)
        what = f"CLIP {ARCHITECTURE}, {images} JPEGs of {SIZE[0]} × {SIZE[1]}"
        yield from _beside(
            python, folder, what, "our_images", PICTURES, images, "images/s", repeats
        )


def _beside(
    python: Path,
    folder: Path,
    what: str,
    mine: str,
    peers: dict[str, str],
    amount: int,
    unit: str,
    repeats: int,
) -> Iterator[Row]:
    task = str(folder / "vectors.npy")
    for name, way in peers.items():
        try:
            with (
                Turn(python, f"{HERE}:{mine}", {"folder": str(folder)}) as own,
                Turn(python, f"{HERE}:{way}", {"folder": str(folder)}) as peer,
            ):
                ours, theirs = [], []
                for _ in range(repeats):
                    ours.append(own.ask(task)[0])
                    vectors = np.load(task)
                    theirs.append(peer.ask(task)[0])
                    lowest = float((vectors * np.load(task)).sum(axis=1).min())
                yield row(
                    what,
                    ours,
                    name + peer.about,
                    theirs,
                    unit=unit,
                    amount=amount,
                    note=f"lowest cosine to ours {lowest:.4f}",
                )
        except SkippedError as reason:
            yield skipped(what, name, reason)


def _encoder(folder: str) -> Any:
    return load_encoder("clip", f"{ARCHITECTURE}:{folder}/weights.safetensors", device="cpu")


def _texts(folder: str) -> list[str]:
    texts: list[str] = json.loads(Path(folder, "texts.json").read_text())
    return texts


def _files(folder: str) -> list[Path]:
    return sorted(Path(folder, "images").glob("*.jpg"))


def our_texts(folder: str) -> Run:
    """Encode with ours."""
    texts, encoder = _texts(folder), _encoder(folder)
    assert isinstance(encoder, TextEncoder)
    encoder.encode(texts[:64])
    return lambda task: np.save(task, encoder.encode(texts))


def our_images(folder: str) -> Run:
    """Encode with ours."""
    files, encoder = _files(folder), _encoder(folder)
    assert isinstance(encoder, ImageEncoder)

    def run(task: str) -> None:
        vectors = np.empty((len(files), 512), np.float32)
        for position, found in encoder.encode_images(files):
            assert isinstance(found, dict), found
            vectors[position] = found["clip"]
        np.save(task, vectors)

    return run


def _open_clip(folder: str) -> tuple[Any, Any, Any, Any]:
    """Model, preprocessing, tokenizer and autocast, as its README shows them."""
    import open_clip
    import torch

    model, _, preprocess = open_clip.create_model_and_transforms(
        ARCHITECTURE, pretrained=f"{folder}/weights.safetensors"
    )
    model.eval()
    cast = torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bfloat16())
    return model, preprocess, open_clip.get_tokenizer(ARCHITECTURE), cast


def open_clip_texts(folder: str) -> Run:
    """Encode as open_clip's README does, in batches."""
    texts = _texts(folder)
    model, _, tokenizer, cast = _open_clip(folder)
    return _batched(texts, lambda some: model.encode_text(tokenizer(some)), cast)


def open_clip_images(folder: str) -> Run:
    """Encode as open_clip's README does, in batches."""
    import torch
    from PIL import Image

    files = _files(folder)
    model, preprocess, _, cast = _open_clip(folder)

    def encode(some: Sequence[Path]) -> Any:
        return model.encode_image(torch.stack([preprocess(Image.open(file)) for file in some]))

    return _batched(files, encode, cast)


def _batched(items: Sequence[Any], encode: Callable[[Any], Any], cast: Any) -> Run:
    import torch

    def run(task: str) -> None:
        found = []
        with torch.no_grad(), cast:
            for start in range(0, len(items), BATCH):
                features = encode(items[start : start + BATCH])
                features /= features.norm(dim=-1, keepdim=True)
                found.append(features.float().numpy())
        np.save(task, np.concatenate(found))

    run.about = f", batches of {BATCH}, autocast"  # type: ignore[attr-defined]
    return run


def retrieval_texts(folder: str) -> Run:
    """Run clip-retrieval's reader and mapper over text files."""
    return _retrieval(folder, texts=True)


def retrieval_images(folder: str) -> Run:
    """Run clip-retrieval's reader and mapper over image files."""
    return _retrieval(folder, texts=False)


def _retrieval(folder: str, *, texts: bool) -> Run:
    # Its package imports the servers that it has beside its inference: without them.
    package = ModuleType("clip_retrieval")
    package.__path__ = [str(distribution("clip-retrieval").locate_file("clip_retrieval"))]
    sys.modules["clip_retrieval"] = package
    from all_clip import load_clip
    from clip_retrieval.clip_inference.mapper import ClipMapper
    from clip_retrieval.clip_inference.reader import FilesReader

    # Its own way to name weights of open_clip: the file stands where a tag would.
    name = f"open_clip:{ARCHITECTURE}/{folder}/weights.safetensors"
    _, preprocess, tokenizer = load_clip(name, use_jit=False, device="cpu")
    mapper = ClipMapper(
        enable_image=not texts,
        enable_text=texts,
        enable_metadata=False,
        use_mclip=False,
        clip_model=name,
        use_jit=False,
        mclip_model="",
    )

    def run(task: str) -> None:
        reader = FilesReader(
            lambda keys: keys,
            preprocess,
            tokenizer,
            str(Path(folder, "texts" if texts else "images")),
            BATCH,
            WORKERS,
            enable_text=texts,
            enable_image=not texts,
            enable_metadata=False,
        )
        key = "text_embs" if texts else "image_embs"
        np.save(task, np.concatenate([mapper(batch)[key] for batch in reader]).astype(np.float32))

    run.about = f", batches of {BATCH}, {WORKERS} workers"  # type: ignore[attr-defined]
    return run
