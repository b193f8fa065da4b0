"""A store of made-up posts, built once with the weightless encoder."""

from pathlib import Path

import pytest
from once import made_once

import embedstore
from embedstore.sample import write_sample
from heads.data.features import Material, gather, parse_inputs
from heads.data.posts import load_posts


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a made-up corpus whose effects are known."""
    return made_once(tmp_path_factory, "heads", _make) / "sample"


def _make(folder: Path) -> None:
    write_sample(folder / "sample", posts=600, seed=3)
    posts = folder / "sample" / "posts.csv"
    embedstore.build(folder / "sample.store", [posts], space=["words=hash:32"], images="none")


@pytest.fixture(scope="session")
def store_path(sample_files: Path) -> Path:
    """Store of the made-up corpus; heads may be added to it."""
    return sample_files.parent / "sample.store"


@pytest.fixture(scope="session")
def material(store_path: Path) -> Material:
    """The store's posts with everything a head can look at."""
    store = embedstore.open(store_path)
    return gather(store, load_posts(store), parse_inputs(None, store))
