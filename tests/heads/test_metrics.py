"""Metrics against values worked out by hand, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heads import metrics

values = hnp.arrays(np.float64, st.integers(3, 40), elements=st.floats(0, 12))


def test_point_metrics_of_a_small_example() -> None:
    true, predicted = np.log1p([0.0, 10, 100]), np.log1p([0.0, 20, 70])
    found = metrics.point_metrics(true, predicted)
    assert found["mae"] == pytest.approx(40 / 3)
    assert found["median_error"] == pytest.approx(10)
    assert found["total_ratio"] == pytest.approx(90 / 110)
    assert found["spearman"] == pytest.approx(1)
    squares = np.log(21 / 11) ** 2 + np.log(71 / 101) ** 2
    assert found["log_rmse"] == pytest.approx(np.sqrt(squares / 3))


def test_ties_share_their_mean_rank() -> None:
    assert metrics.ranks(np.array([5.0, 1, 5, 7])).tolist() == [1.5, 0, 1.5, 3]


def test_metrics_of_what_does_not_vary_are_nan_not_an_error() -> None:
    same = np.ones(4)
    assert np.isnan(metrics.r2(same, same))
    assert np.isnan(metrics.spearman(same, np.arange(4.0)))
    assert np.isnan(metrics.total_ratio(np.zeros(3), np.ones(3)))


def test_what_is_not_defined_is_none_in_json() -> None:
    assert metrics.defined((float("nan"), 1.0, float("inf"))) == (None, 1.0, None)


@given(values)
@settings(max_examples=40)
def test_the_truth_is_a_perfect_prediction(true: np.ndarray) -> None:
    found = metrics.point_metrics(true, true)
    assert found["log_rmse"] == 0
    assert found["mae"] == 0
    if np.ptp(true) > 1e-6:
        assert found["log_r2"] == 1


def test_a_bootstrap_interval_holds_the_estimate_and_is_wider_for_fewer_accounts() -> None:
    random = np.random.default_rng(0)
    account = np.arange(1000) % 200
    error = random.normal(size=200)[account] + 0.1 * random.normal(size=1000)
    true = random.uniform(0, 8, 1000)
    many = metrics.with_intervals(true, true + error, account, draws=100)["log_rmse"]
    few = metrics.with_intervals(true, true + error, account // 20, draws=100)["log_rmse"]
    assert many[1] < many[0] < many[2]
    assert few[1] < few[0] < few[2]


def test_a_paired_gain_is_positive_for_the_better_and_zero_for_the_same() -> None:
    random = np.random.default_rng(1)
    true = random.normal(5, 2, 600)
    bad, good = true + random.normal(0, 1, 600), true + random.normal(0, 0.5, 600)
    account = np.arange(600) % 60
    gain, low, _ = metrics.paired_gain(true, bad, good, account, draws=100)
    assert gain > 0.3
    assert low > 0
    assert metrics.paired_gain(true, bad, bad, account, draws=20) == (0, 0, 0)


def test_the_largest_post_of_each_account_is_left_out() -> None:
    true = np.array([1.0, 9, 3, 4, 2])
    account = np.array([0, 0, 0, 1, 2])
    assert metrics.without_largest(true, account).tolist() == [0, 2]


def test_coverage_by_band_of_level() -> None:
    level = np.arange(10.0)
    high = np.where(level < 4, -1.0, 20.0)
    rows = metrics.interval_metrics(level, level - 1, high, level, bands=5)
    assert [row["coverage"] for row in rows] == [0.6, 0, 0, 1, 1, 1]
    assert [row["posts"] for row in rows] == [10, 2, 2, 2, 2, 2]


def test_noise_of_one_account_gives_an_interval_of_positive_width_around_no_gain() -> None:
    around = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        true = random.normal(size=300)
        one, other = true + random.normal(size=(2, 300))
        account = np.zeros(300, dtype=np.int64)
        gain, low, high = metrics.paired_gain(true, one, other, account, draws=120)
        assert low < gain < high
        around += low < 0 < high
    # The truth is no gain: a 95% interval holds it nearly always.
    assert 51 <= around < 60


def test_blocks_of_time_cover_the_mean_of_a_dependent_series_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(150):
        noise = random.normal(size=310)
        series = np.convolve(noise, np.full(4, 0.25), "valid")
        found = metrics.cluster_bootstrap(
            np.zeros(len(series), dtype=np.int64),
            lambda rows, series=series: {"mean": float(series[rows].mean())},
            draws=120,
        )["mean"]
        inside += found[1] <= 0 <= found[2]
    assert 0.85 <= inside / 150 <= 0.99


def test_only_a_constant_statistic_has_an_interval_of_no_width() -> None:
    account = np.arange(40) % 3
    found = metrics.cluster_bootstrap(
        account, lambda rows: {"one": 1.0, "mean": float(rows.mean())}, draws=50
    )
    assert found["one"] == (1.0, 1.0, 1.0)
    assert found["mean"][1] < found["mean"][2]
    assert np.isnan(metrics.with_intervals(np.ones(1), np.zeros(1), account[:1])["mae"][1:]).all()


def test_what_is_resampled_is_said() -> None:
    assert metrics.resampling(np.arange(metrics.FEW_ACCOUNTS)) == "account"
    assert metrics.resampling(np.arange(9)).startswith("blocks of time")


def test_an_interval_score_is_the_width_and_twenty_times_what_is_missed() -> None:
    true, low, high = np.array([1.0, 0.0, 5.0]), np.zeros(3), np.full(3, 2.0)
    assert metrics.interval_score(true, low, high) == pytest.approx(2 + 20 * 3 / 3)
    assert metrics.interval_score(np.array([-1.0]), low[:1], high[:1]) == pytest.approx(22)
