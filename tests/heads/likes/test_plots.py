"""Plots of a run say in words what they show."""

from pathlib import Path

import numpy as np

from heads.likes.plots import bands, captions, draw_plots


def test_captions_say_how_far_off_predictions_were() -> None:
    predicted = np.linspace(1, 8, 200)
    low = captions(predicted + np.log(3), predicted, np.expm1(predicted))
    assert "3.00 times too low" in low["residuals"]
    assert "within a factor of 3.00" in low["against"]
    assert "0% of 200 posts got half to twice" in low["decision"]
    exact = captions(predicted, predicted, np.expm1(predicted))
    assert "as often above as below" in exact["residuals"]
    assert "100% of 200 posts" in exact["decision"]
    assert "1.00 times the likes" in exact["mean"]


def test_bands_part_posts_by_what_was_predicted() -> None:
    predicted = np.arange(50.0) / 10
    found = bands(predicted, predicted)
    assert len(found) == 5
    assert all(one.low <= one.median <= one.high for one in found)
    assert [one.predicted for one in found] == sorted(one.predicted for one in found)


def test_plots_are_drawn_with_their_captions_beside(tmp_path: Path) -> None:
    predicted = np.linspace(0, 5, 20)
    time = np.datetime64("2020-01-01", "us") + np.arange(20) * np.timedelta64(1, "D")
    assert draw_plots(tmp_path, time, predicted[::-1].copy(), predicted, np.expm1(predicted))
    assert (tmp_path / "plots.png").stat().st_size > 10_000
    assert (tmp_path / "plots.txt").read_text().count("\n") == 4
