"""Drafts in the order of the likes they would get."""

from pathlib import Path

import embedstore
from heads.data.posts import load_posts
from heads.likes.rank import rank_likes
from heads.runs import Run


def test_drafts_are_ranked_with_the_chance_that_one_beats_the_next(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path)
    from datetime import datetime

    account = load_posts(store).table["username"][0].as_py()
    drafts = ["we are hiring", "", "who wants free coffee?", "we are hiring"]
    rows = rank_likes(
        store, drafts, username=account, date=datetime(2023, 1, 1), run=run.run_id
    ).to_pylist()
    assert sorted(row["draft"] for row in rows) == [1, 3, 4]
    assert [row["likes"] for row in rows] == sorted((row["likes"] for row in rows), reverse=True)
    assert rows[-1]["beats_next"] is None
    assert all(0.5 <= row["beats_next"] <= 1 for row in rows[:-1])
    same = {row["draft"]: row["likes"] for row in rows}
    assert same[1] == same[4]
