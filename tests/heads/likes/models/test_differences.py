"""Chances of drafts: calibrated where they were learned, symmetric, and adding up to one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads import metrics
from heads.data.features import Material
from heads.data.splits import parse_split, the_fold
from heads.likes.fit import online_view
from heads.likes.models.differences import Differences, learn_differences
from heads.likes.models.level import at_one_moment
from heads.likes.pairs import agreement

KNOWN = Differences(0.6, (1.0, 5.0), (0.5, 1.2), 100)
some_drafts = st.lists(st.floats(0, 9), min_size=2, max_size=7).map(np.array)


@given(predicted=some_drafts)
def test_chances_add_up_and_follow_the_predictions(predicted: np.ndarray) -> None:
    best, beats = KNOWN.among(predicted)
    assert best.sum() == pytest.approx(1)
    np.testing.assert_allclose(beats + beats.T, 1)
    order = np.argsort(-predicted, kind="stable")
    assert (np.diff(best[order]) <= 1e-9).all()
    if len(predicted) == 2:
        assert best[0] == pytest.approx(beats[0, 1], abs=1e-3)
        assert KNOWN.beats(predicted[:1], predicted[1:])[0] == pytest.approx(beats[0, 1])


def test_chances_that_were_learned_come_true() -> None:
    random = np.random.default_rng(0)
    n = 6000
    level = random.uniform(1, 7, n)
    gap = random.normal(size=n) * 0.6
    first, second = level + gap / 2, level - gap / 2
    # A large predicted difference comes true less than in proportion, by level.
    true = np.tanh(gap) * np.where(level > 4, 1.0, 0.3) + random.normal(size=n)
    account = np.arange(n) % 300
    found = learn_differences(first[:4000], second[:4000], true[:4000], account[:4000])
    assert found is not None
    chance = found.beats(first[4000:], second[4000:])
    won = agreement(np.ones(2000), true[4000:])
    assert metrics.calibration_error(chance, won) < 0.03
    assert chance.max() > 0.7
    assert Differences.from_json(found.to_json()) == found


def test_predictions_that_say_nothing_are_worth_nothing() -> None:
    random = np.random.default_rng(1)
    first, second, true = random.normal(size=(3, 3000))
    found = learn_differences(first + 4, second + 4, true, np.arange(3000))
    assert found is not None
    assert np.abs(found.beats(first + 4, second + 4) - 0.5).max() < 0.06
    assert learn_differences(first[:10], second[:10], true[:10], np.arange(10)) is None


def test_posts_moved_to_one_moment_see_the_same_and_not_each_other(material: Material) -> None:
    posts = material.posts
    fold = the_fold(posts, parse_split("time:2021-06-01"))
    seen = online_view(material, fold, 0)
    rows = np.flatnonzero(fold.test)
    limit = np.datetime64("2021-03-01", "us")
    moved, view, there = at_one_moment(material, seen, rows, limit)
    assert np.array_equal(moved.posts.post_id[there], posts.post_id[rows])
    assert (np.diff(moved.posts.time) >= np.timedelta64(0)).all()
    for account in np.unique(posts.account[rows]):
        own = posts.account[rows] == account
        assert set(moved.posts.time[there[own]]) == {posts.time[rows[own]].min()}
        assert len(set(view.cutoff[there[own]])) == 1
    assert (view.cutoff <= limit).all()
    for name, vectors in material.vectors.items():
        np.testing.assert_array_equal(moved.vectors[name][there], vectors[rows])


def test_the_calibration_error_of_what_comes_true_is_none() -> None:
    chance = np.array([0.25] * 4 + [0.75] * 4)
    won = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    assert metrics.calibration_error(chance, won) == 0
    assert metrics.calibration_error(chance, 1 - won) == 0.5
