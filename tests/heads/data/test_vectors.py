"""Vectors are read in blocks, into memory or a file, and are the same either way."""

from pathlib import Path

import numpy as np
import pytest

import embedstore
from heads.data import vectors as heads_vectors
from heads.data.features import Material
from heads.data.posts import load_posts
from heads.data.vectors import load_vectors


def test_vectors_in_a_file_equal_those_in_memory(
    store_path: Path, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = material.inputs.near
    assert near is not None
    monkeypatch.setattr(heads_vectors, "MEMORY_FLOATS", 0)
    monkeypatch.setattr(heads_vectors, "BLOCK", 2048)
    with embedstore.open(store_path) as store:
        found = load_vectors(store, load_posts(store), near)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, material.vectors[near])
    assert np.isfinite(found[:, 0]).any()
