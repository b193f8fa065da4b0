"""Text encoding with MiniLM: sentence-transformers as it comes and tuned, ONNX Runtime in int8."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.table import Row, row, skipped
from benchmarks.peers.turns import SkippedError, Turn
from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.runtime.devices import cpu_has_bfloat16
from embedstore.encoders.weights import bundled

HERE = "benchmarks.peers.text"
PEERS = {
    "sentence-transformers, as it comes": "defaults",
    "sentence-transformers, sorted, bfloat16, best batch": "tuned",
    "ONNX Runtime, int8, sorted, best batch": "int8",
}
BATCHES = (8, 16, 32, 64, 128)
TRIAL = 128
"""Texts that the best batch is found with."""

Run = Callable[[str], None]
Array = NDArray[np.float32]


def rows(python: Path, texts: Sequence[str], repeats: int) -> Iterator[Row]:
    """One row a peer."""
    what = f"MiniLM, {len(texts):,} tweets"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(list(texts)))
        task = str(Path(folder) / "vectors.npy")
        with Turn(python, f"{HERE}:exact", {"file": str(file)}) as turn:
            turn.ask(task)
            exact = np.load(task)
        for name, way in PEERS.items():
            try:
                with (
                    Turn(python, f"{HERE}:ours", {"file": str(file)}) as own,
                    Turn(python, f"{HERE}:{way}", {"file": str(file)}) as peer,
                ):
                    seconds: list[tuple[float, float]] = []
                    for _ in range(repeats):
                        mine = own.ask(task)[0]
                        lowest = [_agreement(np.load(task), exact)]
                        seconds.append((mine, peer.ask(task)[0]))
                        lowest.append(_agreement(np.load(task), exact))
                    note = f"lowest cosine to float32: ours {lowest[0]:.4f}, theirs {lowest[1]:.4f}"
                    yield row(
                        what,
                        [pair[0] for pair in seconds],
                        name + peer.about,
                        [pair[1] for pair in seconds],
                        unit="texts/s",
                        amount=len(texts),
                        note=note,
                    )
            except SkippedError as reason:
                yield skipped(what, name, reason)


def _agreement(vectors: Array, exact: Array) -> float:
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return float((vectors * exact).sum(axis=1).min())


def _texts(file: str) -> list[str]:
    texts: list[str] = json.loads(Path(file).read_text())
    return texts


def _ours(file: str, dtype: str) -> Run:
    texts = _texts(file)
    encoder = load_encoder("minilm", device="cpu", dtype=dtype)
    assert isinstance(encoder, TextEncoder)
    encoder.encode(texts[:64])
    return lambda task: np.save(task, encoder.encode(texts))


def ours(file: str) -> Run:
    """Encode with ours, in the precision that it chooses for this machine."""
    return _ours(file, "auto")


def exact(file: str) -> Run:
    """Encode with ours in float32: what the others' vectors are compared with."""
    return _ours(file, "float32")


def defaults(file: str) -> Run:
    """Encode as sentence-transformers' first example does."""
    from sentence_transformers import SentenceTransformer

    texts = _texts(file)
    model: Any = SentenceTransformer(str(_folder()), device="cpu")
    model.encode(texts[:64])
    return lambda task: np.save(task, model.encode(texts))


def tuned(file: str) -> Run:
    """Sort by tokens, compute in bfloat16 where that is native, use the best of `BATCHES`."""
    import torch
    from sentence_transformers import SentenceTransformer

    texts = _texts(file)
    options = {"dtype": torch.bfloat16} if cpu_has_bfloat16() else {}
    model: Any = SentenceTransformer(str(_folder()), device="cpu", model_kwargs=options)

    def encode(texts: Sequence[str], batch: int) -> Array:
        lengths = [len(ids) for ids in model.tokenizer(list(texts))["input_ids"]]
        order = np.argsort(lengths, kind="stable")
        found = model.encode([texts[row] for row in order], batch_size=batch)
        vectors = np.empty(found.shape, np.float32)
        vectors[order] = found
        return vectors

    batch = _best_batch(encode, texts)

    def run(task: str) -> None:
        np.save(task, encode(texts, batch))

    run.about = f" of {batch}"  # type: ignore[attr-defined]
    return run


def int8(file: str) -> Run:
    """Export to ONNX, fuse, quantize weights by channel; sort by tokens, best of `BATCHES`."""
    import onnxruntime
    from tokenizers import Tokenizer

    texts = _texts(file)
    tokenizer = Tokenizer.from_file(str(_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    with tempfile.TemporaryDirectory() as folder:
        session = onnxruntime.InferenceSession(str(_quantized(Path(folder))))

    def encode(texts: Sequence[str], batch: int) -> Array:
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
        order = np.argsort([len(one) for one in ids], kind="stable")
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            lengths = np.array([len(ids[one]) for one in some])
            mask = np.arange(lengths.max()) < lengths[:, None]
            padded = np.zeros(mask.shape, np.int64)
            padded[mask] = np.concatenate([ids[one] for one in some])
            [hidden] = session.run(None, {"ids": padded, "mask": mask.astype(np.int64)})
            means = (hidden * mask[:, :, None]).sum(1) / lengths[:, None]
            vectors[some] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors

    batch = _best_batch(encode, texts)

    def run(task: str) -> None:
        np.save(task, encode(texts, batch))

    run.about = f" of {batch}"  # type: ignore[attr-defined]
    return run


def _quantized(folder: Path) -> Path:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model
    from transformers import AutoModel

    model = AutoModel.from_pretrained(_folder(), attn_implementation="eager")

    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> Any:
            return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    texts, tokens = torch.export.Dim("texts", min=1), torch.export.Dim("tokens", min=2, max=512)
    # Not one tensor twice: the exporter would make one input of it.
    ids, mask = (torch.ones(2, 8, dtype=torch.int64) for _ in range(2))
    shape = {0: texts, 1: tokens}
    torch.onnx.export(
        Hidden().eval(),
        (ids, mask),
        str(folder / "model.onnx"),
        input_names=["ids", "mask"],
        dynamic_shapes=(shape, shape),
        dynamo=True,
    )
    optimize_model(
        str(folder / "model.onnx"), model_type="bert", num_heads=12, hidden_size=384
    ).save_model_to_file(str(folder / "fused.onnx"))
    quantize_dynamic(
        folder / "fused.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8, per_channel=True
    )
    return folder / "int8.onnx"


def _best_batch(encode: Callable[[Sequence[str], int], Array], texts: Sequence[str]) -> int:
    encode(texts[:32], 32)
    seconds: dict[int, float] = {}
    for batch in BATCHES:
        started = time.perf_counter()
        encode(texts[:: max(1, len(texts) // TRIAL)][:TRIAL], batch)
        seconds[batch] = time.perf_counter() - started
    return min(seconds, key=seconds.__getitem__)


def _folder() -> Path:
    return bundled.find(bundled.MINILM).parent
