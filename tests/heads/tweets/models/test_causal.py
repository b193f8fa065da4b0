"""A language model in a folder: prompted, fine-tuned by LoRA, saved and loaded."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import SPLIT

from embedstore.encoders.weights import smollm2
from embedstore.errors import FingerprintError, WeightsError
from embedstore.store import Store
from heads.tweets.data.material import Material, gather
from heads.tweets.data.retrieval import Chain, Retriever
from heads.tweets.data.vocabulary import learn
from heads.tweets.fit import fit_tweets
from heads.tweets.models.attention import grouped_attention
from heads.tweets.models.causal import CausalDecoder, Line
from heads.tweets.models.decoder import Sampling
from heads.tweets.models.writer import CausalWriter
from heads.tweets.saved import load_decoder


@pytest.fixture(scope="module")
def material(store: Store) -> Material:
    return gather(store)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, material: Material) -> Path:
    """A language model of a few thousand random weights, as a hub would have it."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = learn(material.texts[:100], 500)
    config = LlamaConfig(
        vocab_size=512, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>",
                "clean_up_tokenization_spaces": False}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def chains(material: Material) -> list[Chain]:
    retriever = Retriever(material, np.ones(len(material.posts), dtype=bool))
    return [retriever.chain(row, 3) for row in (300, 350, 400)]


def test_only_the_targets_words_and_its_end_are_asked_for(base: Path, material: Material) -> None:
    decoder = CausalDecoder.pretrained(str(base))
    [chain, *_] = chains(material)
    line = decoder.line(material, chain)
    asked = [token for token, wanted in zip(line.ids, line.asked, strict=True) if wanted]
    assert decoder.tokenizer.decode(asked).startswith(material.texts[300])
    assert len(line.slots) == len(chain.rows)
    blank = decoder.line(material, chain, blank=True)
    assert not any(blank.asked)
    assert line.ids[: len(blank.ids)] == blank.ids


def test_bits_do_not_depend_on_the_batch(base: Path, material: Material) -> None:
    decoder = CausalDecoder.pretrained(str(base))
    together = decoder.bits(material, chains(material))
    alone = [decoder.bits(material, [chain])[0] for chain in chains(material)]
    assert together == pytest.approx(alone, rel=1e-2)


def test_a_fine_tuned_model_is_kept_as_adapters_and_loaded(
    store: Store, base: Path, material: Material
) -> None:
    run = fit_tweets(store.path, decoder=str(base), split=SPLIT, epochs=1, device="cpu")
    assert (run.folder / "adapter" / "adapter_model.safetensors").is_file()
    assert sum(f.stat().st_size for f in run.folder.rglob("*") if f.is_file()) < 2e6
    loaded = load_decoder(store, run=run.run_id, device="cpu")
    assert "fine-tuned on this store" in loaded.decoder.title
    plain = CausalDecoder.pretrained(str(base)).bits(material, chains(material))
    assert loaded.decoder.bits(material, chains(material)).sum() < plain.sum()
    sampling = Sampling(count=2, longest=12)
    written = loaded.decoder.write(material, chains(material), sampling, [1, 2, 3])
    assert [len(items) for items in written] == [2, 2, 2]
    weights = base / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-4] + b"\0\1\2\3")
    try:
        with pytest.raises(FingerprintError, match="fit it again"):
            load_decoder(store, run=run.run_id, device="cpu")
    finally:
        weights.write_bytes(whole)


def test_texts_are_written_as_if_they_were_read_anew_for_every_token(
    base: Path, material: Material
) -> None:
    decoder = CausalDecoder.pretrained(str(base))
    decoder.adapt(material)
    assert decoder.prefix is not None
    torch.manual_seed(1)
    for weight in decoder.prefix.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    lines = [decoder.line(material, chain, blank=True) for chain in chains(material)]
    level = decoder.prefix.levels(material, np.array([300, 350, 400]))
    with torch.inference_mode():
        inputs = decoder.embedded(material, lines, left=True)
        writer = CausalWriter(decoder.model, inputs.vectors, inputs.here, level, 2, 5)
        writer.step(None, None)
        writer.step(torch.tensor([7, 8, 9, 10, 11, 12]), None)
        # Two of the second chain's texts and one of the third's go on.
        kept = writer.step(torch.tensor([21, 22, 23]), torch.tensor([2, 3, 5]))
        for place, chain, ids in ((0, 1, [9, 21]), (1, 1, [10, 22]), (2, 2, [12, 23])):
            line = Line(lines[chain].ids + ids, [], lines[chain].slots)
            line.asked = [False] * len(line.ids)
            whole = decoder.embedded(material, [line]).vectors
            anew = decoder.model(inputs_embeds=whole).logits[0, -1]
            assert torch.allclose(kept[place].float(), anew.float(), atol=2e-2)


def test_attention_with_shared_keys_is_the_plain_one() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 6, 5, 8), torch.randn(2, 2, 5, 8), torch.randn(2, 2, 5, 8)
    mask = torch.full((5, 5), -1e4).triu(1)[None, None].expand(2, 1, 5, 5)
    found, _ = grouped_attention(torch.nn.Identity(), query, key, value, mask, 8**-0.5)
    true = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, enable_gqa=True
    )
    assert torch.allclose(found, true.transpose(1, 2), atol=1e-5)


def test_unpermuting_undoes_what_llama_cpp_does() -> None:
    values = np.arange(16 * 3, dtype=np.float32).reshape(16, 3)
    permuted = values.reshape(2, 2, 4, 3).swapaxes(1, 2).reshape(16, 3)
    assert np.array_equal(smollm2.undo_rotary_permutation(permuted, 2), values)


def test_a_model_that_is_nowhere_ends_in_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="embedstore models install smollm2"):
        CausalDecoder.pretrained(str(tmp_path / "nothing"))


def test_smollm2_as_converted_speaks_english() -> None:
    smollm2.install()
    decoder = CausalDecoder.pretrained("smollm2")
    text = "The capital of France is Paris, and the capital of Italy is Rome."
    ids = torch.tensor([decoder.tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        loss = decoder.model(ids, labels=ids).loss
    assert loss.exp() < 15
    assert decoder.tokenizer.decode(ids[0]) == text


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_files_of_a_model_that_are_cut_off_are_said_in_one_sentence(
    base: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(base, tmp_path / "cut")
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match=r"can't be read .*: get them again"):
        CausalDecoder.pretrained(str(folder))
