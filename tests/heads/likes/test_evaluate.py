"""Every model is scored beside its baselines."""

from pathlib import Path

import pytest

import embedstore
from heads.likes.evaluate import evaluate_likes

SPLIT = "time:2021-06-01"


def test_the_ladder_has_every_rung_with_both_histories(store_path: Path) -> None:
    found = evaluate_likes(embedstore.open(store_path), split=SPLIT)
    rungs = dict.fromkeys(found.rungs["rung"].to_pylist())
    assert list(rungs) == [
        "global median",
        "company median",
        "account median",
        "moving average",
        "lgbm: history, time",
        "lgbm: without neighbours",
        "stack, no residual",
        "stack",
    ]
    rows = {(row["rung"], row["history"], row["metric"]): row for row in found.rungs.to_pylist()}
    for rung in rungs:
        assert 0.75 < rows[rung, "online", "coverage"]["value"] <= 1
        assert rows[rung, "online", "width"]["value"] > 0
    assert set(found.intervals["rung"].to_pylist()) == set(rungs)
    for history in ("online", "frozen"):
        assert rows["moving average", history, "gain"]["value"] == 0
        gain = rows["stack", history, "gain over global median"]
        assert gain["low"] > 0
    by_pair = {(row["rung"], row["time"], row["ratio"]): row for row in found.pairs.to_pylist()}
    assert by_pair["coin", "equal", 1.0]["value"] == 0.5
    assert by_pair["account median", "as posted", 1.0]["value"] == 0.5
    # With one time for both, nothing but history and time is left to tell posts apart.
    assert by_pair["lgbm: history, time", "equal", 1.0]["value"] == pytest.approx(0.5, abs=0.01)
    assert by_pair["stack", "equal", 1.0]["value"] > 0.6
    assert by_pair["stack", "equal", 3.0]["pairs"] < by_pair["stack", "equal", 1.0]["pairs"]
    assert "not comparable" in found.few.to_pylist()[0]["note"]
    bands = found.bands.to_pylist()
    assert {row["by"] for row in bands} == {"all", "level", "posts known"}
    for history in ("online", "frozen"):
        for by in ("all", "level", "posts known"):
            some = [row for row in bands if (row["history"], row["by"]) == (history, by)]
            # Every post is in one band of each kind, inside its interval or beside it.
            assert sum(row["posts"] for row in some) == found.posts
            for row in some:
                assert row["coverage"] + row["below"] + row["above"] == pytest.approx(1)
                assert row["coverage_low"] <= row["coverage"] <= row["coverage_high"]
    assert "total of means / true" in found.band_summary("online").column_names
