"""What a command imports before it answers: no more than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import WriteCsv, build_once, post

_PROGRAM = """
import atexit, sys
atexit.register(lambda: print("\\nimported", *sys.modules, file=sys.stderr))
from embedstore.cli.program import embedstore, heads
{program}()
"""


def imported(program: str, *arguments: str) -> set[str]:
    """Modules that a command has imported when it ends."""
    command = [sys.executable, "-c", _PROGRAM.format(program=program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = set(done.stderr.partition("\nimported ")[2].split())
    assert "click" in found
    return found


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> str:
    build_once(tmp_path / "s", write_csv([post(n) for n in range(3)]))
    return str(tmp_path / "s")


@pytest.mark.parametrize("program", ["embedstore", "heads"])
def test_help_needs_neither_arrow_nor_numpy_nor_the_database_nor_any_command(program: str) -> None:
    found = imported(program, "--help")
    assert not {"pyarrow", "numpy", "duckdb", "rich", "torch"} & found
    # The standard library's own that take the longest.
    assert not {"socket", "secrets", "webbrowser", "tempfile", "tomllib", "difflib"} & found
    of_commands = {"build", "sql", "similar", "maintenance", "serve", "likes", "tweets", "reports"}
    assert not {f"embedstore.cli.{name}" for name in of_commands} & found


@pytest.mark.parametrize("arguments", [["info"], ["sql", "SELECT count(*) FROM posts"]])
def test_what_asks_the_database_alone_loads_no_index_and_no_model(
    store: str, arguments: list[str]
) -> None:
    command, *rest = arguments
    found = imported("embedstore", command, store, *rest)
    large = {"torch", "faiss", "pandas", "transformers", "scipy", "tokenizers", "lightgbm"}
    assert not large & found
    searches = {"similar", "question", "cache", "duplicates", "words"}
    assert not {f"embedstore.search.{name}" for name in searches} & found
    assert not {"embedstore.index.searcher", "embedstore.encoders.text", "asyncio", "ssl"} & found


def test_a_query_by_a_post_loads_no_model(store: str) -> None:
    large = {"torch", "pandas", "transformers", "scipy", "tokenizers", "pyarrow.compute"}
    assert not large & imported("embedstore", "similar", store, "--post", "posts:1")
