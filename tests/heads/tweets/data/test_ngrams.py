"""The n-gram model, alone and mixed with a network."""

import numpy as np
import pytest
import torch

from heads.tweets.data.baselines import invented
from heads.tweets.data.ngrams import Ngrams
from heads.tweets.models.mixture import Mixture


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
