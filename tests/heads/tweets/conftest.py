"""A store of made-up posts and a tiny decoder trained on it for seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from once import made_once, note_run, noted_run
from tiny import SPLIT, TINY

import embedstore
from embedstore.sample import write_sample
from embedstore.store import Store
from heads.runs import Run
from heads.tweets.fit import fit_tweets
from heads.tweets.models.causal import CausalDecoder
from heads.tweets.models.decoder import Sampling
from heads.tweets.models.small import SmallDecoder


@pytest.fixture(scope="session", autouse=True)
def _few_candidates() -> Iterator[None]:
    """Decoders that learn for seconds choose how to write within seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("heads.tweets.fit.TRIED", (Sampling(longest=40),))
        for kind in (SmallDecoder, CausalDecoder):
            patch.setattr(kind, "candidates", 6)
        yield


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of the made-up corpus with a tiny decoder on record; runs may be added to it."""
    return made_once(tmp_path_factory, "tweets", _make) / "sample.store"


def _make(folder: Path) -> None:
    write_sample(folder / "sample", posts=500, seed=3)
    path = folder / "sample.store"
    posts = [folder / "sample" / "posts.csv"]
    embedstore.build(path, posts, space=["words=hash:32"], images="none")
    note_run(fit_tweets(path, decoder="small", split=SPLIT, epochs=2, sizes=TINY, device="cpu"))


@pytest.fixture(scope="session")
def store(store_path: Path) -> Store:
    """The store, opened for reading."""
    return embedstore.open(store_path)


@pytest.fixture(scope="session")
def run(store_path: Path) -> Run:
    """The tiny decoder."""
    return noted_run(store_path)
