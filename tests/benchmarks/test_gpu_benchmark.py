"""The GPU's benchmark runs where there is little more than torch and transformers."""

import subprocess
import sys
from pathlib import Path

GPU = Path(__file__).parents[2] / "benchmarks" / "gpu.py"

WITHOUT = """
import runpy, sys

absent = {"duckdb", "faiss", "open_clip", "pyarrow", "sentence_transformers"}

class Hidden:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *arguments):
        if name.partition(".")[0] in absent:
            return None
        return self.finder.find_spec(name, *arguments)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path = [
    Hidden(f) for f in sys.meta_path
    if hasattr(f, "find_spec") and "editable" not in repr(f).lower()
]
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, str(GPU), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_needs_no_database_no_index_and_no_installed_package() -> None:
    done = run("--help")
    assert done.returncode == 0, done.stderr
    assert "tweets, in the column" in done.stdout
