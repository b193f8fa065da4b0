"""The Gaussian process against plain solving, and on long histories."""

import numpy as np
import pytest
from made_posts import online, some_posts

from heads.data.features import Material
from heads.likes.models import kernel, kernel_learning
from heads.likes.models.covariance import Parameters


def test_the_kernel_predicts_what_solving_for_each_post_would(material: Material) -> None:
    posts = material.posts
    learned = kernel_learning.learn(posts, posts.known, material.likeness, sweeps=1)
    seen = online(posts, 3)
    mean, _ = kernel.predict(learned, posts, seen, material.likeness)
    for row in range(0, len(posts), 97):
        rows, votes = kernel.votes(learned, posts, seen, material.likeness, row)
        assert (posts.time[rows] < seen.cutoff[row]).all()
        assert mean[row] == pytest.approx(learned.mean + votes.sum(), abs=2e-3)


def test_a_long_history_is_looked_at_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 300
    random = np.random.default_rng(0)
    posts = some_posts(list(range(n)), ["a1"] * n, random.uniform(0, 99, n).tolist())
    learned = kernel.Kernel(Parameters(), 2.0, ())
    whole, _ = kernel.predict(learned, posts, online(posts), None)
    monkeypatch.setattr(kernel, "MEMORY", 100)
    parts, _ = kernel.predict(learned, posts, online(posts), None)
    np.testing.assert_allclose(parts[:100], whole[:100], atol=1e-4)
    assert np.isfinite(parts).all()
    assert np.corrcoef(parts, whole)[0, 1] > 0.9


def test_a_saved_kernel_is_a_list_of_numbers_in_the_order_of_its_parameters() -> None:
    saved = {"values": [float(n) for n in range(1, 11)], "mean": 2.5, "center": [0.1, 0.2]}
    found = kernel.Kernel.from_json(saved)
    assert (found.parameters.company, found.parameters.noise, found.parameters.reach) == (1, 7, 10)
    assert found.to_json() == saved
