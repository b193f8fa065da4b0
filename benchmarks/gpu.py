"""Encoding on a GPU, alone: torch and transformers are enough.

    python benchmarks/gpu.py [--posts N] [--csv FILE] [--images N] [--device cuda] [--format json]

No internet, DuckDB, FAISS, open_clip or installed embedstore is needed; what is left out for
want of something is said. Weights are random: speed does not depend on them. Without a CSV file
of tweets, texts are made up with their lengths (mean 38 tokens, 99th percentile 72). `--device
cpu --posts 200 --images 16` tries the whole script out without a GPU.
"""

import argparse
import csv
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.common import machine  # noqa: E402
from embedstore.encoders.runtime.attention import has_varlen_kernel  # noqa: E402
from embedstore.encoders.runtime.budget import Budget  # noqa: E402
from embedstore.encoders.runtime.images import Preprocessing, forward_on_gpu  # noqa: E402
from embedstore.encoders.runtime.texts import BATCH_TOKENS, forward_texts  # noqa: E402
from embedstore.encoders.runtime.transfer import to_host  # noqa: E402
from embedstore.encoders.text.bert import Bert, read_tensors  # noqa: E402
from embedstore.index import brute_force  # noqa: E402

PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L4": 121e12, "T4": 65e12}
"""Dense products and sums a second in half precision, from the makers' data sheets."""

VOCABULARY = 30_522
NEIGHBOURS = (300_000, 384, 20)
SIZE = (1600, 1200)

Row = dict[str, Any]


def main() -> None:
    """Run what can be run, and say what can't."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--csv", type=Path, help="tweets, in the column `content`")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--neighbours", type=int, default=NEIGHBOURS[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    skipped: list[str] = []
    if options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU: --device cpu tries the script out without one")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += texts(options, Path(folder), skipped)
    rows += images(options, skipped)
    rows += neighbours(options)
    name = torch.cuda.get_device_name() if options.device == "cuda" else machine()
    about = {"device": name, "torch": torch.__version__, "skipped": skipped}
    if options.format == "json":
        print(json.dumps(about | {"rows": rows}, indent=2))
        return
    print(f"{name}, torch {torch.__version__}\n")
    for row in rows:
        print("  ".join(f"{key}: {value}" for key, value in row.items()))
    print(*(f"skipped: {reason}" for reason in skipped), sep="\n")


def timed(work: Callable[[], Any], repeats: int, device: str) -> tuple[list[float], Any]:
    """Seconds of each repeat after one that doesn't count, and the last result."""
    seconds: list[float] = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        found = work()
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return seconds[1:], found


def figure(amount: float, seconds: Sequence[float]) -> str:
    """Median rate with its range."""
    rates = sorted(amount / one for one in seconds)
    return f"{statistics.median(rates):.0f}/s ({rates[0]:.0f}–{rates[-1]:.0f})"


def texts(options: argparse.Namespace, folder: Path, skipped: list[str]) -> list[Row]:
    """DistilBERT-sized network: ours, the loop of transformers, sentence-transformers."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import DistilBertConfig, DistilBertModel

    words = [f"w{number}" for number in range(VOCABULARY - 3)]
    vocabulary = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2} | {w: i + 3 for i, w in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[PAD]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    some = made_up(options.posts, words)
    if options.csv is None:
        skipped.append("real tweets: no --csv, lengths are made up after theirs")
    else:
        with options.csv.open(encoding="utf-8", newline="") as lines:
            found = [row["content"] for row in csv.DictReader(lines)]
        # Words of a made-up vocabulary, as many as the tokens that a text has of letters.
        some = [_of_length(found[i % len(found)], words, i) for i in range(options.posts)]
    ids = [np.array(one.ids[:128], dtype=np.int64) for one in tokenizer.encode_batch(some)]
    tokens = sum(map(len, ids))

    torch.manual_seed(0)
    config = DistilBertConfig(vocab_size=VOCABULARY)
    DistilBertModel(config).save_pretrained(folder)
    described = json.loads((folder / "config.json").read_text())
    device = options.device
    half = "bfloat16" if device == "cpu" or torch.cuda.is_bf16_supported() else "float16"

    def ours(on: str, dtype: str) -> Callable[[], Any]:
        tensors = read_tensors(folder)
        network = Bert(tensors, described, pooling="mean", device=on, dtype=dtype)  # type: ignore[arg-type]
        budget = Budget(BATCH_TOKENS[on])

        def run(chosen: Sequence[str] = some) -> Any:
            vectors = np.empty((len(chosen), network.dim), np.float32)

            def tokenize(part: Sequence[str]) -> list[Any]:
                encodings = tokenizer.encode_batch_fast(list(part))
                return [np.array(one.ids[:128], dtype=np.int64) for one in encodings]

            for at, outputs in forward_texts(chosen, tokenize, network, device=on, budget=budget):
                vectors[at] = outputs()
            return vectors

        return run

    seconds, vectors = timed(ours(device, half), options.repeats, device)
    exactly = ours("cpu", "float32")(some[:500])  # type: ignore[call-arg]
    # A layer's matrices have 12 dim² numbers; attention multiplies each token with its text's.
    dim, layers = config.dim, config.n_layers
    work = layers * (2 * 12 * dim**2 * tokens + 4 * dim * sum(len(one) ** 2 for one in ids))
    rows: list[Row] = [
        {
            "what": f"DistilBERT-sized, {len(some):,} texts, mean {tokens / len(some):.0f} tokens",
            "who": f"ours, {half}",
            "texts": figure(len(some), seconds),
            "share of peak": _share(work / statistics.median(seconds), device),
            "one kernel for all lengths": has_varlen_kernel(
                torch.empty(1, device=device, dtype=getattr(torch, half))
            ),
            "lowest cosine to float32 on the CPU": round(lowest(vectors[:500], exactly), 5),
        }
    ]
    model = DistilBertModel.from_pretrained(folder).to(device, getattr(torch, half)).eval()

    def loop() -> Any:
        order = np.argsort([-len(one) for one in ids], kind="stable")
        out = np.empty((len(ids), dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), 256):
                part = order[start : start + 256]
                lengths = np.array([len(ids[i]) for i in part])
                mask = np.arange(lengths.max()) < lengths[:, None]
                padded = np.zeros(mask.shape, np.int64)
                padded[mask] = np.concatenate([ids[i] for i in part])
                attended = torch.from_numpy(mask).to(device)
                hidden = model(torch.from_numpy(padded).to(device), attended.long())[0]
                total = (hidden * attended[:, :, None]).sum(1) / attended.sum(1)[:, None]
                out[part] = total.float().cpu().numpy()
        return out

    loop_seconds, _ = timed(loop, options.repeats, device)
    rows.append(_peer("transformers, sorted, batches of 256", some, loop_seconds, seconds))
    if find_spec("sentence_transformers") is None:
        skipped.append("sentence-transformers: not installed")
        return rows
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedTokenizerFast

    wrapper: Any = PreTrainedTokenizerFast
    fast = wrapper(tokenizer_object=tokenizer, pad_token="[PAD]", model_max_length=128)
    fast.save_pretrained(folder)
    dtype = torch.float16 if device == "cuda" else torch.bfloat16
    peer: Any = SentenceTransformer(str(folder), device=device, model_kwargs={"dtype": dtype})
    for batch in (32, 256, 1024):
        encode = partial(peer.encode, some, batch_size=batch)
        took, _ = timed(encode, options.repeats, device)
        rows.append(_peer(f"sentence-transformers, half, batches of {batch}", some, took, seconds))
    return rows


def _peer(who: str, some: Sequence[str], theirs: Sequence[float], ours: Sequence[float]) -> Row:
    ratio = statistics.median(theirs) / statistics.median(ours)
    return {"who": who, "texts": figure(len(some), theirs), "ours is faster": f"{ratio:.2f} times"}


def _share(per_second: float, device: str) -> str:
    name = torch.cuda.get_device_name() if device == "cuda" else ""
    peak = next((flops for card, flops in PEAK.items() if card in name), None)
    done = f"{per_second / 1e12:.1f} TFLOP/s"
    return done if peak is None else f"{per_second / peak:.1%} ({done})"


def lowest(a: Any, b: Any) -> float:
    """The lowest cosine of two arrays' rows."""
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(1) / norms).min())


def made_up(count: int, words: Sequence[str]) -> list[str]:
    """Texts with the lengths of tweets."""
    draw = random.Random(0)
    lengths = [min(max(1, round(draw.gauss(36, 14))), 100) for _ in range(count)]
    return [" ".join(draw.choices(words, k=length)) for length in lengths]


def _of_length(text: str, words: Sequence[str], seed: int) -> str:
    # A word piece of BERT's has four letters and a half of a tweet.
    count = max(1, round(len(text) / 4.5))
    return " ".join(random.Random(seed).choices(words, k=min(count, 126)))


def images(options: argparse.Namespace, skipped: list[str]) -> list[Row]:
    """CLIP ViT-B-32 from the bytes of JPEGs, beside decoding alone: the limit of the CPU."""
    for needed in ("open_clip", "torchvision"):
        if find_spec(needed) is None:
            skipped.append(f"CLIP images: {needed} is not installed")
            return []
    import open_clip
    from torchvision.transforms import CenterCrop, InterpolationMode, Resize

    from embedstore.threads import map_ahead

    device = options.device
    dtype = torch.bfloat16
    model = open_clip.create_model("ViT-B-32").visual.eval().to(device, dtype)
    steps = (Resize(224, InterpolationMode.BICUBIC), CenterCrop(224))
    preprocessing = Preprocessing(224, steps, (0.48,) * 3, (0.27,) * 3, 224)
    files = _jpegs(min(options.images, 64))
    some = [files[i % len(files)] for i in range(options.images)]

    def forward(batch: torch.Tensor) -> Callable[[], Any]:
        with torch.inference_mode():
            return to_host(model(batch.to(dtype)))

    def run() -> None:
        for item in forward_on_gpu(some, preprocessing, forward, device=device):
            item.outputs()  # type: ignore[union-attr]

    def decode() -> None:
        threads = len(_cores())
        for _ in map_ahead(preprocessing.decode, some, threads=threads):
            pass

    seconds, _ = timed(run, options.repeats, device)
    limit, _ = timed(decode, options.repeats, "cpu")
    batch = torch.randn(128, 3, 224, 224, device=device)
    alone, _ = timed(lambda: [forward(batch)() for _ in range(4)], options.repeats, device)
    decoding = len(some) / statistics.median(limit)
    network = 512 / statistics.median(alone)
    reached = len(some) / statistics.median(seconds)
    return [
        {
            "what": f"CLIP ViT-B-32, {len(some):,} JPEGs of {SIZE[0]} × {SIZE[1]}",
            "images": figure(len(some), seconds),
            f"decoding alone, {len(_cores())} cores": f"{decoding:.0f}/s",
            "network alone": f"{network:.0f}/s",
            "share of whichever binds": f"{reached / min(decoding, network):.0%}",
        }
    ]


def _cores() -> list[int]:

    return list(range(os.cpu_count() or 1))


def _jpegs(count: int) -> list[bytes]:

    from PIL import Image

    rng = np.random.default_rng(0)
    files = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        pixels = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC)).astype(np.float32)
        pixels += rng.normal(0, 8, (*pixels.shape[:2], 1))
        out = io.BytesIO()
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=88)
        files.append(out.getvalue())
    return files


def neighbours(options: argparse.Namespace) -> list[Row]:
    """The nearest earlier vectors of every vector: no matrix of all pairs."""
    count, dim, k = options.neighbours, *NEIGHBOURS[1:]
    vectors = np.random.default_rng(0).standard_normal((count, dim), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    reach = np.arange(count)
    if options.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds, (_, rows) = timed(
        lambda: brute_force.nearest(vectors, vectors, k, reach=reach, device=options.device),
        options.repeats,
        options.device,
    )
    assert (rows < reach[:, None]).all()
    row: Row = {
        "what": f"{k} nearest earlier of {count:,} × {dim}, each",
        "queries": figure(count, seconds),
    }
    if options.device == "cuda":
        row["device memory GB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
    return [row]


if __name__ == "__main__":
    main()
