"""A store of one account whose likes are noise: no interval is of zero width."""

from pathlib import Path

import numpy as np
import pytest
from support import build

import heads


def test_intervals_of_one_account_have_a_width_and_noise_is_not_explained(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)
    lines = ["id,date,username,text,likes"]
    for post in range(250):
        day = np.datetime64("2022-01-01T00") + 7 * post
        words = " ".join(dice.choice(["tea", "sun", "train", "film", "song", "river"], 6))
        lines.append(f"{post},{day},made_up,{words},{int(dice.lognormal(1, 1))}")
    (tmp_path / "posts.csv").write_text("\n".join(lines))
    build(tmp_path / "s", tmp_path / "posts.csv")
    run = heads.fit_likes(tmp_path / "s", model_name="lgbm")
    assert run.metrics["resampling"].startswith("blocks of time")
    for name in ("log_rmse", "log_mae", "log_r2", "spearman", "mae", "total_ratio"):
        value, low, high = run.metrics[name]
        assert low < value < high, name
    _, low, high = run.metrics["gain"]["log_rmse"]
    assert high - low > 0.01
    assert run.metrics["log_r2"][0] < 0.1
    assert run.metrics["intervals"][0]["coverage"] == pytest.approx(0.9, abs=0.1)
