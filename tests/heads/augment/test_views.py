"""Views of posts: where they are kept, what they bring, and who never sees them."""

from pathlib import Path

import numpy as np
import pytest

import embedstore
from embedstore.errors import InputError
from heads.augment.views import VIEWS, gather_views, parse_kinds
from heads.data.features import Material
from heads.data.splits import parse_split, the_fold
from heads.likes.evaluate import evaluate_likes
from heads.likes.ladder import AUGMENTED

SPLIT = "time:2021-06-01"


def test_views_are_encoded_once_only_for_posts_that_are_learned_from_and_never_searched(
    store_path: Path, material: Material
) -> None:
    store = embedstore.open(store_path)
    fold = the_fold(material.posts, parse_split(SPLIT))
    rows = np.flatnonzero(fold.train)
    before = store.sql("SELECT count(*) AS n FROM vectors")["n"][0].as_py()
    asked = (store, material.posts, material.inputs, ("text",))
    found = gather_views(*asked, rows)
    assert len(found) == VIEWS
    steps: list[object] = []
    again = gather_views(*asked, rows, progress=steps.append)
    assert not steps
    for first, second in zip(found, again, strict=True):
        np.testing.assert_array_equal(first["words"], second["words"])
        assert np.isnan(first["words"][fold.test]).all()
        there = np.isfinite(first["words"][rows, 0])
        assert there.mean() > 0.95
        assert not np.array_equal(first["words"][rows], material.vectors["words"][rows])
    assert store.sql("SELECT count(*) AS n FROM vectors")["n"][0].as_py() == before
    kept = store.sql("SELECT count(*) AS n, count(DISTINCT content_id) AS c FROM augmented")
    assert kept["n"][0].as_py() == VIEWS * kept["c"][0].as_py()


def test_the_ladder_shows_what_other_views_bring_beside_the_stack(store_path: Path) -> None:
    found = evaluate_likes(store_path, split=SPLIT, inputs="history,text", augment="text")
    rows = {
        row["metric"]: row
        for row in found.rungs.to_pylist()
        if (row["rung"], row["history"]) == (AUGMENTED, "online")
    }
    gain = rows["gain over stack"]
    assert gain["low"] < gain["value"] < gain["high"]
    assert rows["log_rmse"]["value"] > 0


def test_what_can_not_be_augmented_is_named(store_path: Path) -> None:
    assert parse_kinds(None) == ()
    assert parse_kinds("image, text") == ("text", "image")
    with pytest.raises(InputError, match="'sound'"):
        parse_kinds("sound")
    with pytest.raises(InputError, match="no image to augment"):
        evaluate_likes(store_path, split=SPLIT, augment="image")
