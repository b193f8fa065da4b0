"""Scores whose value is known."""

import numpy as np
import pytest

from heads.tweets.scores import Overlap, cider, cider_d, distinct, rouge_l, self_bleu


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
