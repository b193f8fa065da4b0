"""History and neighbours look back, strictly, and nowhere else."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.arrays import unit_or_nan
from heads.data import history as history_module
from heads.data.features import Material
from heads.data.history import history, running_mean, view
from heads.data.neighbours import NEAR_DUPLICATE, nearest_before, weighted
from heads.data.posts import Posts
from heads.likes.models import kernel
from heads.likes.models.baselines import moving_average


def some_posts(hours: list[int], accounts: list[str], counts: list[float]) -> Posts:
    order = np.argsort(hours, kind="stable")
    n = len(hours)
    time = np.datetime64("2020-01-01", "us") + np.array(hours)[order] * np.timedelta64(1, "h")
    names = [accounts[row] for row in order]
    table = pa.table(
        {
            "post_id": np.arange(n),
            "source": ["s"] * n,
            "id": [str(row) for row in range(n)],
            "username": names,
            "company": [f"of {name[0]}" for name in names],
            "created_at": time,
            "text": [f"text {row}" for row in range(n)],
        }
    )
    return Posts(table, np.array(counts, dtype=np.float64)[order])


def online(posts: Posts, delay: float = 0.0):  # type: ignore[no-untyped-def]
    return view(posts, mode="online", until=None, delay_days=delay, known=posts.known)


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
    learned = kernel.Kernel(kernel.Parameters(), 2.0, tuple(np.zeros(6)))
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


def test_the_kernel_predicts_what_solving_for_each_post_would(material: Material) -> None:
    posts = material.posts
    learned = kernel.learn(posts, posts.known, material.likeness, sweeps=1)
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
    learned = kernel.Kernel(kernel.Parameters(), 2.0, ())
    whole, _ = kernel.predict(learned, posts, online(posts), None)
    monkeypatch.setattr(kernel, "MEMORY", 100)
    parts, _ = kernel.predict(learned, posts, online(posts), None)
    np.testing.assert_allclose(parts[:100], whole[:100], atol=1e-4)
    assert np.isfinite(parts).all()
    assert np.corrcoef(parts, whole)[0, 1] > 0.9


def test_neighbours_are_earlier_alike_and_no_copies(material: Material) -> None:
    posts, vectors = material.posts, material.likeness
    assert vectors is not None
    found = nearest_before(posts, online(posts), vectors, k=8)
    rows, places = np.nonzero(found.row >= 0)
    others = found.row[rows, places]
    assert (posts.time[others] < posts.time[rows]).all()
    assert posts.known[others].all()
    cosine = np.einsum("ij,ij->i", vectors[rows], vectors[others])
    assert cosine.max() < NEAR_DUPLICATE + 1e-5
    np.testing.assert_allclose(cosine, found.score[rows, places], atol=1e-5)
    last = len(posts) - 1
    scores = vectors[:last] @ vectors[last]
    allowed = (
        posts.known[:last] & (scores < NEAR_DUPLICATE) & (posts.time[:last] < posts.time[last])
    )
    assert found.score[last, 0] == pytest.approx(scores[allowed].max(), abs=1e-5)


def test_neighbours_among_others_leave_the_own_account_or_company_out(material: Material) -> None:
    posts, vectors = material.posts, material.likeness
    assert vectors is not None
    for name, key in (("other_accounts", posts.account), ("other_companies", posts.company)):
        found = nearest_before(posts, online(posts), vectors, k=5, **{name: True})
        rows, places = np.nonzero(found.row >= 0)
        assert (key[found.row[rows, places]] != key[rows]).all()
