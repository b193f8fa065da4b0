"""Fixtures that several rooms share: small inputs, small stores, and the real data."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support import COLUMNS, DATA, WriteCsv

# How long an example takes says what else the machine is doing: nothing here is timed. A run
# tries the same few examples each time; `pytest --hypothesis-profile=explore` draws new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("explore", deadline=None)
settings.load_profile("repeatable")

HERE = Path(__file__).parent

LONG = (
    "docs/test_examples.py",
    "heads/tweets/test_fit.py",
    "heads/likes/test_evaluate.py",
    "benchmarks/test_soak.py",
    "cli/studio/test_schema.py",
)
"""Files of few tests that take tens of seconds, the longest first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it at the end.

    Each worker takes the next file (`make test`). Of files that are not named above, those with
    more tests come first, as xdist has it by itself.
    """
    if not hasattr(config, "workerinput"):
        return
    files = [item.path.relative_to(HERE).as_posix() for item in items]
    count = Counter(files)
    place = {name: (number, 0) for number, name in enumerate(LONG)}
    order = {name: place.get(name, (len(LONG), -tests)) for name, tests in count.items()}
    items[:] = [item for _, item in sorted(
        zip(files, items, strict=True), key=lambda pair: order[pair[0]]
    )]  # fmt: skip


@pytest.fixture
def adobe() -> Path:
    """Folder of the real enterprise tweets."""
    folder = DATA / "adobe"
    if not folder.is_dir():
        pytest.skip("the real tweets are not here: ../shared/data/adobe")
    return folder


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Write rows (mappings with any of the challenge's columns) to a CSV file."""

    def write(rows: Iterable[Mapping[str, Any]], name: str = "posts.csv") -> Path:
        rows = list(rows)
        columns = list(COLUMNS) + sorted({key for row in rows for key in row} - set(COLUMNS))
        file = tmp_path / name
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return file

    return write


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of made-up posts about six things, without topics and labels; don't write to it."""
    # Imported here: most rooms need no FAISS.
    import made_store
    from topics_made import made_posts

    path = tmp_path_factory.mktemp("planted") / "made.store"
    vectors, columns = made_posts()
    made_store.make(path, vectors, **columns)
    return path
