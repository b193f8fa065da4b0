"""History looks back, strictly, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_posts import online, some_posts

from heads.arrays import unit_or_nan
from heads.data import history as history_module
from heads.data.history import history, running_mean, view
from heads.data.neighbours import nearest_before, weighted
from heads.likes.models import kernel
from heads.likes.models.baselines import moving_average
from heads.likes.models.covariance import Parameters


def test_the_moving_average_weighs_as_defined() -> None:
    y = [1.0, 3, 5, 7, 9, 11, 13]
    found = running_mean(np.zeros(7, dtype=np.int64), np.array(y), 0.2)
    assert found[:5] == pytest.approx([1, 2, 3, 4, 5])
    assert found[5] == pytest.approx(5 + 0.2 * (11 - 5))


@pytest.mark.parametrize(("keys", "block"), [(1, 10_000), (1, 37), (40, 10_000), (40, 1)])
@pytest.mark.parametrize("floor", [0.05, 0.5])
def test_moving_averages_of_many_keys_are_those_of_one_label_after_the_other(
    monkeypatch: pytest.MonkeyPatch, keys: int, block: int, floor: float
) -> None:
    monkeypatch.setattr(history_module, "BLOCK", block)
    rng = np.random.default_rng(0)
    key, y = rng.integers(-3, keys - 3, 3000), rng.lognormal(3, 2, 3000)
    level: dict[int, tuple[int, float]] = {}
    expected = []
    for k, value in zip(key.tolist(), y.tolist(), strict=True):
        n, mean = level.get(k, (0, 0.0))
        mean += max(floor, 1 / (n + 1)) * (value - mean)
        level[k] = (n + 1, mean)
        expected.append(mean)
    np.testing.assert_allclose(running_mean(key, y, floor), expected, rtol=1e-12)


def test_no_labels_have_no_moving_average() -> None:
    assert len(running_mean(np.zeros(0, dtype=np.int64), np.zeros(0), 0.2)) == 0


def test_posts_of_one_instant_never_see_each_other() -> None:
    posts = some_posts([0, 1, 1, 2], ["a"] * 4, [10, 20, 30, 40])
    past = history(posts, online(posts))
    assert past.columns["account_posts"].tolist() == [0, 1, 1, 3]
    assert past.columns["account_mean"][1] == past.columns["account_mean"][2]
    assert past.average[1:3] == pytest.approx(np.log1p([10, 10]))


def test_an_unknown_account_gets_its_companys_level_then_everyones() -> None:
    posts = some_posts([0, 1, 2, 3], ["a1", "b1", "a2", "c1"], [100, 5, 7, 9])
    average = moving_average(
        posts, np.array([True, True, False, False]), history(posts, online(posts))
    )
    assert average[2] == pytest.approx(np.log1p(100))
    assert average[3] == pytest.approx(np.median(np.log1p([100, 5])))
    assert np.isfinite(history(posts, online(posts)).expected).all()


def test_a_label_delay_hides_young_labels() -> None:
    posts = some_posts([0, 24, 72], ["a"] * 3, [1, 2, 3])
    for delay, expected in ((0, [0, 1, 2]), (1, [0, 0, 2]), (2, [0, 0, 1]), (4, [0, 0, 0])):
        past = history(posts, online(posts, delay))
        assert past.columns["account_posts"].tolist() == expected


def test_frozen_history_ends_at_the_date() -> None:
    posts = some_posts([0, 24, 48, 72], ["a"] * 4, [1, 2, 3, 4])
    seen = view(
        posts,
        mode="frozen",
        until=np.datetime64("2020-01-03"),
        delay_days=0,
        known=posts.known,
    )
    assert history(posts, seen).columns["account_posts"].tolist() == [0, 1, 2, 2]


@given(st.data())
@settings(max_examples=15)
def test_labels_at_or_after_a_posts_time_change_nothing_about_it(data: st.DataObject) -> None:
    n = 24
    hours = data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    accounts = data.draw(st.lists(st.sampled_from(["a1", "a2", "b1"]), min_size=n, max_size=n))
    row = data.draw(st.integers(0, n - 1))
    posts = some_posts(hours, accounts, list(range(n)))
    random = np.random.default_rng(n)
    vectors = unit_or_nan(random.normal(size=(n, 6)).astype(np.float32))
    changed = np.where(posts.time >= posts.time[row], random.uniform(0, 999, n), posts.kpi)
    learned = kernel.Kernel(Parameters(), 2.0, tuple(np.zeros(6)))
    found = []
    for each in (posts, posts.with_kpi(changed)):
        seen = online(each)
        past = history(each, seen)
        mean, deviation = kernel.predict(learned, each, seen, vectors)
        near = nearest_before(each, seen, vectors, k=5)
        found.append(
            [column[row] for column in past.columns.values()]
            + [mean[row], deviation[row], weighted(near, each.y)[row]]
        )
    np.testing.assert_array_equal(found[0], found[1])
