"""Train a decoder on a store and put it on record."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from embedstore.progress import Progress, silent
from embedstore.store import Store
from heads import metrics, runs
from heads.arrays import Indices
from heads.data import splits
from heads.data.given_splits import choose_split
from heads.data.posts import load_labelled
from heads.runs import Run
from heads.stores import StoreLike
from heads.tweets.card import write_card
from heads.tweets.data.material import Material, gather, pool_of, read_captions
from heads.tweets.data.retrieval import Retriever
from heads.tweets.models.decoder import Decoder, Lesson, Sampling
from heads.tweets.models.train import Plan
from heads.tweets.saved import default_decoder, device_of
from heads.tweets.scores import Rarity
from heads.tweets.writing import Choice, choose

HELD = 400
"""Latest training posts that say when to stop and how to write; at most a tenth of them."""

CHOSEN_ON = 60
"""Of these, as many are written to choose how candidates are drawn and ordered."""

SCORED = 60
"""Posts after the split whose bits are put on record."""

TRIED = (Sampling(temperature=0.5, top_p=0.95), Sampling(temperature=0.75))


def fit_tweets(
    store: StoreLike,
    *,
    decoder: str | None = None,
    split: str | None = None,
    captions: str | PathLike[str] | None = None,
    epochs: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    device: str = "auto",
    sizes: Mapping[str, int] | None = None,
    progress: Progress = silent,
) -> Run:
    """Train a decoder that writes posts, and keep it in the store's ``runs/``.

    An interrupted training goes on where it stopped when it is started again with the same
    arguments.

    Parameters
    ----------
    store : Store or path
        The store; its posts and vectors are all that is needed.
    decoder : str, optional
        ``small``, ``smollm2``, or a causal language model by hub name or folder; SmolLM2 where
        it is installed, else ``small``, by default.
    split : str, optional
        ``time:DATE``, ``company:FOLD/5`` or ``random:SEED``; the latest fifth of the posts is
        held out by default.
    captions : path, optional
        CSV with the columns id and image_caption: what a post's first picture shows.
    epochs : int, optional
        Passes over the posts, at most.
    minutes : float, optional
        Time for the training; the learning rate ends with it.
    seed : int
        Seed of everything drawn.
    device : {"auto", "cpu", "cuda"}
        Device to train on.
    sizes : mapping, optional
        Sizes of `small` other than the usual: width, layers, heads, …, and `size` of its
        vocabulary.
    progress : callable
        Told of every step.

    Raises
    ------
    InputError
        An option can't be used, the store was opened read-only, or there are too few posts.
    WeightsError
        The pretrained model isn't here.
    """
    store = runs.open_to_fit(store)
    name = decoder or default_decoder()
    posts = load_labelled(store, learner="a decoder")
    parted = choose_split(posts, split)
    fold = splits.the_fold(posts, parted)
    said = read_captions(Path(captions)) if captions is not None else {}
    material = gather(store, known=fold.known, captions=said)
    retriever = Retriever(material, pool_of(fold), cold=fold.cold)
    train, held = hold_out(np.flatnonzero(fold.train & material.usable))
    writer, plan = _new_decoder(name, material, train, seed=seed, device=device, sizes=sizes or {})
    plan = replace(
        plan,
        seed=seed,
        epochs=plan.epochs if epochs is None else epochs,
        minutes=plan.minutes if minutes is None else minutes,
    )
    settings: dict[str, Any] = {
        "decoder": "small" if name == "small" else "causal",
        "base": name,
        "spaces": runs.fingerprints(
            store, tuple(s for s in (material.spaces.texts, material.spaces.images) if s)
        ),
        "plan": asdict(plan),
        "sizes": dict(sizes or {}),
        "rows": splits.fingerprint(posts, fold),
        "counts": {"train": len(train), "held": len(held), "test": int(fold.test.sum())},
        "captions": hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16],
        "edges": material.edges.tolist(),
    }
    work = _work_folder(store, settings)
    log = writer.fit(Lesson(material, retriever, train, held, work, progress), plan)
    choice = _choose(store, writer, material, retriever, train, held, seed, progress)
    test = np.flatnonzero(fold.test & material.usable)
    scored = np.sort(np.random.default_rng(seed).permutation(test)[:SCORED])
    scores = {
        "training": {
            "seconds": round(log.seconds, 1),
            "cpu_seconds": round(log.cpu_seconds, 1),
            "tokens": log.tokens,
            "steps": log.done,
            "held_out": log.best,
        },
        **_bits_per_byte(writer, material, retriever, scored),
    }
    ids = set(posts.table["id"].to_pylist())
    stored = {row_id: words for row_id, words in said.items() if row_id in ids}

    def write(folder: Path) -> None:
        settings["facts"] = writer.save(folder)
        settings["choice"] = choice.to_json()
        (folder / "captions.json").write_text(json.dumps(stored, ensure_ascii=False))
        (folder / "log.json").write_text(json.dumps(vars(log), indent=1))
        # `save_run` has written the settings already, without what is known only now.
        (folder / "settings.json").write_text(json.dumps(settings, indent=1, sort_keys=True))
        write_card(folder, writer.title, parted.text, settings, scores)

    run = runs.save_run(
        store, "tweets", split=parted.text, settings=settings, metrics=scores, write=write
    )
    shutil.rmtree(work)
    return run


def hold_out(rows: Indices) -> tuple[Indices, Indices]:
    """Split off the latest rows, which say when to stop and how to write."""
    count = max(1, min(HELD, len(rows) // 10))
    return rows[:-count], rows[-count:]


def _choose(
    store: Store,
    writer: Decoder,
    material: Material,
    retriever: Retriever,
    train: Indices,
    held: Indices,
    seed: int,
    progress: Progress,
) -> Choice:
    """Choose how candidates are drawn and ordered, on some of the held-out rows."""
    place = np.linspace(0, len(held) - 1, min(CHOSEN_ON, len(held))).round().astype(int)
    rarity = Rarity([material.texts[row] for row in train.tolist()])
    tried = [replace(sampling, count=writer.candidates) for sampling in TRIED]
    return choose(
        store, writer, material, retriever, held[place], rarity, tried=tried, seed=seed,
        progress=progress,
    )  # fmt: skip


def _new_decoder(
    name: str,
    material: Material,
    train: Indices,
    *,
    seed: int = 0,
    device: str = "auto",
    sizes: Mapping[str, int] | None = None,
) -> tuple[Decoder, Plan]:
    """Make an untrained decoder, with its usual plan of training."""
    import torch

    from heads.tweets.models import causal, small

    if name != "small":
        return causal.CausalDecoder.pretrained(name, device=device_of(device)), causal.PLAN
    torch.manual_seed(seed)
    found = small.SmallDecoder.new(material, train, device=device_of(device), **(sizes or {}))
    return found, small.PLAN


def _work_folder(store: Store, settings: Mapping[str, Any]) -> Path:
    """Return the folder of checkpoints of a training with these settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    return store.path / "runs" / f".tweets-{digest}.part"


def _bits_per_byte(
    decoder: Decoder, material: Material, retriever: Retriever, rows: Indices
) -> dict[str, Any]:
    """Measure bits per byte with neighbours and without, and the paired gain."""
    size = np.array([len(material.texts[row].encode()) for row in rows.tolist()], dtype=np.float64)
    near = decoder.bits(
        material, [retriever.chain(row, decoder.neighbours) for row in rows.tolist()]
    )
    alone = decoder.bits(material, [retriever.chain(row, 0) for row in rows.tolist()])

    def rates(some: Indices) -> dict[str, float]:
        with_them, without = (bits[some].sum() / size[some].sum() for bits in (near, alone))
        return {
            "bits_per_byte": float(with_them),
            "bits_per_byte_without_neighbours": float(without),
            "gain_of_neighbours": float(without - with_them),
        }

    found = metrics.cluster_bootstrap(material.posts.account[rows], rates)
    return {name: list(metrics.defined(values)) for name, values in found.items()}
