"""Contributions and votes."""

from pathlib import Path

import numpy as np
import pytest

import embedstore
from embedstore.errors import InputError
from heads.data.posts import load_posts
from heads.likes.explain import explain_likes
from heads.likes.predict import predict_likes
from heads.runs import Run


def test_contributions_add_up_and_votes_come_from_the_past(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    posts = load_posts(store)
    key = f"{posts.table['source'][500].as_py()}:{posts.table['id'][500].as_py()}"
    found = explain_likes(store, key, run=run.run_id)
    assert sum(found.groups["contribution"].to_pylist()) == pytest.approx(found.predicted, abs=1e-6)
    predicted = predict_likes(store, run=run.run_id, where=f"post_id = {posts.post_id[500]}")
    assert np.log1p(predicted["likes"][0].as_py()) == pytest.approx(found.predicted, abs=1e-2)
    assert found.likes == pytest.approx(np.expm1(found.predicted))
    for row in found.groups.to_pylist():
        if row["group"] == "start":
            assert row["times"] is None
        else:
            assert row["times"] == pytest.approx(np.exp(row["contribution"]), abs=1e-3)
    assert found.words["times"].to_numpy() == pytest.approx(
        np.exp(found.words["change"].to_numpy()), abs=1e-3
    )
    moments = np.array(found.posts["created_at"].to_numpy(), dtype="datetime64[us]")
    assert (moments < posts.time[500]).all()
    with pytest.raises(InputError, match="no post 'nowhere:1'"):
        explain_likes(store, "nowhere:1", run=run.run_id)
