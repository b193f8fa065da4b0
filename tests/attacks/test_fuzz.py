"""Damaged files of every format give rows or a sentence: `benchmarks.attacks.fuzz`, in short."""

from pathlib import Path

import pytest

from benchmarks.attacks import fuzz


@pytest.mark.parametrize("kind", fuzz.seeds())
def test_no_damaged_file_ends_in_a_traceback_an_abort_or_a_hang(kind: str, tmp_path: Path) -> None:
    files = 6 if kind == "xlsx" else 20
    found = fuzz.attack(kind, files, 1, tmp_path)
    assert found["faults"] == []
    assert found["files"] == files
