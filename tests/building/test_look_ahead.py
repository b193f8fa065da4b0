"""Inputs are opened once: what a build looks at beforehand is what it then reads on from."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from support import WriteCsv, build, post, rows

from embedstore.building import inputs
from embedstore.building.forecast import planning
from embedstore.reading import OpenPosts, ReadOptions, open_posts


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each input is opened."""
    counts: Counter[str] = Counter()

    @contextmanager
    def counted(path: Any, options: ReadOptions, *, source: str) -> Iterator[OpenPosts]:
        counts[Path(path).name] += 1
        with open_posts(path, options, source=source) as posts:
            yield posts

    monkeypatch.setattr(inputs, "open_posts", counted)
    return counts


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "text", "likes"])
    sheet.append([5, "from a sheet", 3])
    book.save(path)
    return path


@pytest.mark.parametrize("planned", [0, 2**40])
def test_a_build_opens_each_input_once(
    tmp_path: Path,
    write_csv: WriteCsv,
    opened: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    planned: int,
) -> None:
    monkeypatch.setattr(planning, "PLANNED_BYTES", planned)
    table = write_csv([post(number) for number in range(7_000)])
    build(tmp_path / "s", table, _workbook(tmp_path / "b.xlsx"))
    assert opened == {table.name: 1, "b.xlsx": 1}
    found = rows(
        tmp_path / "s", "SELECT source, count(*), count(DISTINCT id) FROM posts GROUP BY 1"
    )
    assert sorted(found) == [("b", 1, 1), (table.stem, 7_000, 7_000)]


def test_of_many_inputs_most_are_closed_until_they_are_read(
    tmp_path: Path, write_csv: WriteCsv, opened: Counter[str]
) -> None:
    text = write_csv([post(1)]).read_text(encoding="utf-8")
    files = [tmp_path / f"{number}.csv" for number in range(12)]
    for file in files:
        file.write_text(text, encoding="utf-8")
    build(tmp_path / "s", *files)
    assert Counter(opened.values()) == {1: 8, 2: 4}
    assert rows(tmp_path / "s", "SELECT count(*) FROM posts") == [(12,)]


def test_what_was_read_ahead_comes_again_and_in_order(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,text\n" + "".join(f"{n},t{n}\n" for n in range(100)), encoding="utf-8")
    with open_posts(file) as posts:
        first = posts.ahead(30)
        assert first is not None
        assert first.posts["id"].to_pylist() == [str(n) for n in range(30)]
        assert posts.ahead(5) is not None
        sizes = [batch.posts for batch in posts.batches(40)]
    assert [batch.num_rows for batch in sizes] == [40, 40, 20]
    assert pa.Table.from_batches(sizes)["id"].to_pylist() == [str(n) for n in range(100)]


def test_a_build_of_a_table_of_texts_does_without_pandas(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    """Importing it takes as long as the build of a small file."""
    code = (
        "import sys, embedstore;"
        f"embedstore.build({str(tmp_path / 's')!r}, {str(write_csv([post(1)]))!r},"
        " space=['words=hash'], images='none');"
        "assert 'pandas' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
