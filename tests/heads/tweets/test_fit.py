"""Training: put on record, taken up again, better with neighbours than it began."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import SPLIT, TINY

from embedstore.errors import FingerprintError, InputError
from embedstore.store import Store
from heads import runs
from heads.data import splits
from heads.runs import Run
from heads.tweets.data.material import Material, gather, pool_of
from heads.tweets.data.retrieval import Retriever
from heads.tweets.fit import fit_tweets, hold_out
from heads.tweets.models.decoder import Lesson
from heads.tweets.models.small import SmallDecoder
from heads.tweets.models.train import Plan
from heads.tweets.models.writer import SmallWriter
from heads.tweets.saved import load_decoder


def test_a_run_holds_weights_tokenizer_settings_and_a_card(store: Store, run: Run) -> None:
    names = {file.name for file in run.folder.iterdir()}
    assert {"weights.safetensors", "tokenizer.json", "settings.json", "card.md"} <= names
    assert "It states things that are not so" in (run.folder / "card.md").read_text()
    assert json.loads((run.folder / "settings.json").read_text())["facts"]["neighbours"] == 20
    assert not list((store.path / "runs").glob("*.part"))
    assert run.run_id in runs.list_runs(store)["run_id"].to_pylist()


def test_training_codes_texts_in_fewer_bits_than_their_bytes_have(run: Run) -> None:
    value, low, high = run.metrics["bits_per_byte"]
    assert low <= value <= high < 6


def test_a_loaded_decoder_gives_the_bits_of_the_one_that_was_saved(store: Store, run: Run) -> None:
    material = gather(store)
    retriever = Retriever(material, np.ones(len(material.posts), dtype=bool))
    chains = [retriever.chain(row, 4) for row in range(300, 310)]
    first, second = (load_decoder(store, run=run.run_id, device="cpu").decoder for _ in range(2))
    assert np.array_equal(first.bits(material, chains), second.bits(material, chains))


def test_weights_of_another_version_end_in_the_remedy(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    weights = load_file(folder / "weights.safetensors")
    weights["level.weight"] = weights.pop("level.own.weight")
    save_file(weights, folder / "weights.safetensors")
    facts = json.loads((folder / "settings.json").read_text())["facts"]
    with pytest.raises(FingerprintError, match="fit it again"):
        SmallDecoder.load(folder, facts)


def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material, retriever, train, held = prepared(store)
    plan = Plan(epochs=2, matrix_rate=2e-3, warmup=5, checks=2)

    def fitted(folder: Path) -> SmallDecoder:
        torch.manual_seed(0)
        decoder = SmallDecoder.new(material, train, **TINY)
        decoder.fit(Lesson(material, retriever, train, held, folder), plan)
        return decoder

    whole = fitted(tmp_path / "whole")
    monkeypatch.setattr("heads.tweets.models.train.CHECKPOINT_SECONDS", 0.0)
    calls = 0

    def interrupting(self: SmallDecoder, *arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return pack(self, *arguments, **options)  # type: ignore[arg-type]

    pack = SmallDecoder._packed
    monkeypatch.setattr(SmallDecoder, "_packed", interrupting)
    with pytest.raises(KeyboardInterrupt):
        fitted(tmp_path / "halves")
    resumed = fitted(tmp_path / "halves")
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name]), name


def prepared(store: Store) -> tuple[Material, Retriever, np.ndarray, np.ndarray]:
    material = gather(store)
    fold = splits.the_fold(material.posts, splits.parse_split(SPLIT))
    train, held = hold_out(np.flatnonzero(fold.train & material.usable))
    return material, Retriever(material, pool_of(fold)), train[:120], held[:10]


def test_a_decoder_needs_captions_with_the_right_columns(store: Store, tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("id,words\n1,a dog\n")
    with pytest.raises(InputError, match="columns id and image_caption"):
        fit_tweets(store.path, decoder="small", captions=table)


def test_texts_are_written_as_if_they_were_read_anew_for_every_token(
    store: Store, run: Run
) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    assert isinstance(decoder, SmallDecoder)
    material = gather(store)
    retriever = Retriever(material, np.ones(len(material.posts), dtype=bool))
    chains = [retriever.chain(row, 4) for row in (300, 350, 400)]
    words = [decoder.words(material.texts[row])[:6] for row in (300, 350, 400)]
    with torch.inference_mode():
        packed = decoder._packed(material, chains)
        owner = (packed.next_token.flatten(1) >= 0).nonzero()[:, 0]
        loss = decoder.network(packed)
        writer = SmallWriter(decoder.network, decoder._packed(material, chains, blank=True), 2)
        found = [writer.step(None, None)]
        spoken = [torch.tensor([ids[place] for ids in words for _ in "ab"]) for place in range(3)]
        found += [writer.step(last, None) for last in spoken]
        # Nothing more is written of the first chain, and one text of each other one.
        for place in (3, 4):
            keep = torch.tensor([3, 4]) if place == 3 else None
            found.append(writer.step(torch.tensor([ids[place] for ids in words[1:]]), keep))
    for place, shares in enumerate(found):
        place_of = {1: 2, 2: 4} if place < 4 else {1: 0, 2: 1}
        for chain in (1, 2):
            read = -float(loss[owner == chain][place])
            said = float(shares[place_of[chain], words[chain][place]])
            assert said == pytest.approx(read, abs=1e-3)
