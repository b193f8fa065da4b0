"""An index chooses how to search, and finds the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_store import clustered, keep_index, make

import embedstore
from embedstore.arrays import unit
from embedstore.index import brute_force, searcher
from embedstore.index.brute_force import nearest

QUERIES = unit(clustered(20, seed=4))


@pytest.mark.parametrize("where", [None, "likes < 20"])
def test_many_queries_at_once_find_the_same_on_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str | None
) -> None:
    """A stand-in that computes on the CPU: the rest is the path that a GPU takes."""
    make(tmp_path / "s", clustered(60, seed=3), likes=list(range(60)))
    keep_index(tmp_path / "s")
    with embedstore.open(tmp_path / "s") as store:
        here = store.similar(vector=QUERIES, k=4, where=where)
        used: list[str] = []

        def on_cpu(*arguments: Any, device: str, **options: Any) -> Any:
            used.append(device)
            return nearest(*arguments, **options)

        monkeypatch.setattr(searcher, "GPU_QUERIES", 8)
        monkeypatch.setattr(brute_force, "has_gpu", lambda: True)
        monkeypatch.setattr(brute_force, "nearest", on_cpu)
        there = store.similar(vector=QUERIES, k=4, where=where)
    assert used
    assert set(used) == {"cuda"}
    assert there["post_id"].to_pylist() == here["post_id"].to_pylist()
    np.testing.assert_allclose(there["score"].to_numpy(), here["score"].to_numpy(), atol=1e-5)
