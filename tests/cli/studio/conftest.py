"""A sample store with a likes head, and the application that shows it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from embedstore.cli.studio.app import create_app
from embedstore.cli.studio.settings import Settings
from fastapi.testclient import TestClient
from once import made_once

import embedstore
import heads
from embedstore.sample import write_sample

MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 300 made-up posts with a likes head, beside their folder; nobody writes to it."""
    return made_once(tmp_path_factory, "service", _make) / "tea.store"


def _make(folder: Path) -> None:
    sample = write_sample(folder / "sample", posts=300, seed=0)
    path = folder / "tea.store"
    embedstore.build(path, [sample.posts], space=["words=hash:32"], images="local")
    heads.fit_likes(path, inputs="history,time,form,text")


@pytest.fixture(scope="session")
def client(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application that shows the sample store as it is usually started."""
    settings = Settings(
        audit_file=tmp_path_factory.mktemp("audit") / "audit.jsonl", slow_per_minute=100_000
    )
    with TestClient(create_app([sample_store], settings), base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    """Make clients of applications with other stores or settings."""
    with ExitStack() as stack:

        def make(store: Path, *, base: str = "http://127.0.0.1", **settings: Any) -> TestClient:
            settings.setdefault("audit_file", tmp_path / "audit.jsonl")
            app = create_app([store], Settings(**settings))
            return stack.enter_context(TestClient(app, base_url=base))

        yield make
