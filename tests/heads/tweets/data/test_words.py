"""Masks, copies, repeats, and scores whose value is known."""

import numpy as np
import pytest
import torch

from heads.tweets.data.baselines import invented
from heads.tweets.data.ngrams import Mixture, Ngrams
from heads.tweets.data.words import longest_shared, masked, refused, repeats, words
from heads.tweets.scores import Overlap, cider, cider_d, distinct, rouge_l, self_bleu


def test_placeholders_are_masked_and_are_no_words() -> None:
    text = "Hi <mention>, read <hyperlink> now"
    assert masked(text) == "Hi , read now"
    assert words(text) == ["hi", "read", "now"]


def test_the_longest_run_of_words_shared_with_any_neighbour() -> None:
    assert longest_shared("a b c d e", ["x b c d y", "d e"]) == 3
    assert longest_shared("a b", []) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<hyperlink> !!", "empty"),
        ("word " * 3, "repeats"),
        ("we love our team and we love our team", "repeats"),
        (" ".join(f"word{n}" for n in range(60)), "long"),
        ("one two three four five six seven eight", "copies"),
        ("one two three four five six seven", None),
    ],
)
def test_texts_that_may_not_be_shown(text: str, reason: str | None) -> None:
    assert refused(text, ["zero one two three four five six seven eight nine"]) == reason


def test_a_hyperlink_twice_is_no_repetition() -> None:
    assert not repeats("look <hyperlink> <hyperlink> <hyperlink>")


def test_a_row_of_mentions_is_one() -> None:
    assert repeats("thanks " + "<mention> " * 9)
    assert repeats("<mention>, <mention>, <mention> & <mention>")
    assert not repeats("<mention> <mention> and <mention> with <mention>")


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence() -> None:
    assert rouge_l("the cat sat", "the cat sat") == 1
    # Two of three and of four words: precision 2/3, recall 1/2.
    assert rouge_l("the dog sat", "the cat sat down") == pytest.approx(4 / 7)
    assert rouge_l("", "the cat") == 0


def test_a_perfect_cider_is_ten_and_nothing_in_common_is_nought() -> None:
    true = [f"post {n} tells of thing{n} and of place{n} today" for n in range(20)]
    assert cider(true, true) == pytest.approx(10)
    assert cider_d(true, true) == pytest.approx(10)
    for score in (cider, cider_d):
        assert score(["quite other words here indeed"] * 20, true) == pytest.approx(0)


def test_only_cider_d_minds_that_a_text_says_its_words_again_and_again() -> None:
    true = [f"post {n} tells of thing{n} and of place{n} today" for n in range(20)]
    again = [f"{text} {text} {text}" for text in true]
    assert (cider(again, true) > 8).all()
    assert (cider_d(again, true) < 1).all()


def test_bleu_of_the_truth_is_a_hundred_in_any_resample() -> None:
    true = ["the cat sat on the mat", "a dog ran over the hill today"]
    found = Overlap(true, true)
    assert found.of(np.array([0, 1, 1]))["BLEU-4"] == pytest.approx(100)
    assert "version" in found.signatures["chrF"]


def test_the_same_text_again_and_again_is_not_varied() -> None:
    same = ["the cat sat on the mat"] * 4
    assert self_bleu(same) == pytest.approx(100)
    assert distinct(same, 1) == 5 / 24


def test_n_grams_write_what_they_have_read() -> None:
    model = Ngrams([["one", "two", "three"], ["one", "two", "four"]], "")
    written = {invented(model, np.random.default_rng(seed)) for seed in range(20)}
    assert all(set(text.split()) <= {"one", "two", "three", "four"} for text in written)
    assert written & {"one two three", "one two four"}


def test_shares_of_n_grams_add_up_to_one_alone_and_mixed() -> None:
    model = Ngrams([[1, 2, 3], [1, 2, 4]], 0)
    context = (1, 2)
    assert sum(model.share(context, item, 1 / 6) for item in range(6)) == pytest.approx(1)
    mixture = Mixture(lambda *_: torch.full((1, 6), 1 / 6).log(), model, 0.5)
    mixture.step(None, None)
    for token in context:
        found = mixture.step(torch.tensor([token]), None)
    wanted = [0.5 / 6 + 0.5 * model.share(context, item, 1 / 6) for item in range(6)]
    assert found.exp()[0].tolist() == pytest.approx(wanted, rel=1e-4)
