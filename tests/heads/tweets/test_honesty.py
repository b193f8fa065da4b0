"""What a text is written from: never itself, never what came later."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from embedstore.store import Store
from heads.data.neighbours import NEAR_DUPLICATE
from heads.data.posts import Posts
from heads.runs import Run
from heads.tweets.data.material import Material, gather
from heads.tweets.data.retrieval import Retriever, in_line, without_lead
from heads.tweets.models.decoder import Sampling
from heads.tweets.saved import load_decoder

# None of them is a neighbour of another, so that what changes in one is in no chain.
ROWS = (350, 400, 451)
SAMPLING = Sampling(count=2, longest=30)


@pytest.fixture(scope="module")
def material(store: Store) -> Material:
    return gather(store)


def retriever(material: Material) -> Retriever:
    return Retriever(material, np.ones(len(material.posts), dtype=bool))


def with_texts(material: Material, texts: dict[int, str]) -> Material:
    every = material.posts.table["text"].to_pylist()
    for row, text in texts.items():
        every[row] = text
    table = material.posts.table
    place = table.column_names.index("text")
    table = table.set_column(place, "text", pa.array(every, pa.string()))
    return replace(material, posts=Posts(table, material.posts.kpi))


def test_changing_the_targets_text_changes_nothing_that_is_written(
    store: Store, run: Run, material: Material
) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    changed = with_texts(material, dict.fromkeys(ROWS, "other words #other entirely"))
    found = []
    for known in (material, changed):
        chains = [retriever(known).chain(row, 6) for row in ROWS]
        found.append(decoder.write(known, chains, SAMPLING, list(ROWS)))
    assert found[0] == found[1]


def test_the_same_seed_writes_the_same_and_another_one_does_not(
    store: Store, run: Run, material: Material
) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    chains = [retriever(material).chain(row, 6) for row in ROWS]
    first, again = (decoder.write(material, chains, SAMPLING, [1, 2, 3]) for _ in range(2))
    assert first == again
    assert first != decoder.write(material, chains, SAMPLING, [4, 5, 6])


def test_a_level_that_is_asked_for_goes_farther_and_without_one_nothing_changes(
    store: Store, run: Run, material: Material
) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    found = {}
    for level in (-1, 9):
        asked = material.level.copy()
        asked[list(ROWS)] = level
        known = replace(material, level=asked)
        chains = [retriever(known).chain(row, 6) for row in ROWS]
        found[level] = [
            decoder.write(known, chains, replace(SAMPLING, emphasis=emphasis), [1, 2, 3])
            for emphasis in (1.0, 40.0)
        ]
    assert found[-1][0] == found[-1][1]
    assert found[9][0] != found[9][1]


def test_no_neighbour_is_later_or_the_same_or_a_near_duplicate(material: Material) -> None:
    finder = retriever(material)
    for row in range(50, len(material.posts), 37):
        others = np.array([other for other, _ in finder.candidates(row)])
        assert len(others)
        assert (material.posts.time[others] < material.posts.time[row]).all()
        assert (material.vectors[others] @ material.vectors[row] < NEAR_DUPLICATE).all()
        assert material.plain[row] not in {material.plain[other] for other in others}


def test_chains_of_training_show_a_target_only_what_is_earlier(material: Material) -> None:
    chains = retriever(material).training_chains(
        np.arange(300), np.random.default_rng(0), size=6, lead=4
    )
    seen = np.concatenate([chain.rows[chain.target] for chain in chains])
    assert np.array_equal(np.sort(seen), np.flatnonzero(material.usable[:300]))
    for chain in chains:
        time = material.posts.time[chain.rows]
        assert not (chain.visible & (time[None] >= time[:, None])).any()
        bare = without_lead(chain)
        assert bare.target[0]
        assert np.array_equal(bare.rows[bare.target], chain.rows[chain.target])
        line = in_line(chain)
        before = np.tri(len(line.rows), k=-1, dtype=bool)
        assert line.visible[line.target][before[line.target]].all()


def test_a_held_out_company_sees_no_post_of_its_own(material: Material) -> None:
    cold = Retriever(material, np.ones(len(material.posts), dtype=bool), cold=True)
    found = [other for other, _ in cold.candidates(400)]
    assert found
    assert not (material.posts.company[found] == material.posts.company[400]).any()


def test_a_picture_that_is_missing_is_masked(store: Store, run: Run, material: Material) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    chains = [retriever(material).chain(row, 4) for row in ROWS]
    without = decoder.bits(material, chains)
    blank = replace(material, images=np.full((len(material.posts), 0), np.nan, dtype=np.float32))
    assert np.isfinite(without).all()
    assert np.array_equal(without, decoder.bits(blank, chains))


@pytest.mark.parametrize("tokens", [1, 300])
def test_bits_are_those_of_a_post_however_many_are_computed_at_once(
    store: Store, run: Run, material: Material, tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = load_decoder(store, run=run.run_id, device="cpu").decoder
    chains = [retriever(material).chain(row, 4) for row in range(300, 320)]
    together = decoder.bits(material, chains)
    monkeypatch.setattr(decoder, "_at_once", tokens)
    np.testing.assert_allclose(decoder.bits(material, chains), together, rtol=1e-4)
