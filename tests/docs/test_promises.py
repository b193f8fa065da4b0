"""Each promise names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")


def test_each_promise_names_a_test_or_an_attack_that_exists() -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and "attacked by" not in line
    ]
    assert len(rows) > 15
    for row in rows:
        files = re.findall(r"`((?:tests|benchmarks)/\S+\.py)`", row)
        assert any(file.startswith("tests/") or "attacks" in file for file in files), row
        assert [file for file in files if not (ROOT / file).is_file()] == []


def test_each_attack_stands_behind_a_promise() -> None:
    attacks = [
        f"{folder}/{file.name}"
        for folder in ("tests/attacks", "benchmarks/attacks")
        for file in sorted((ROOT / folder).glob("*.py"))
        if file.stem not in ("__init__", "victim")
    ]
    assert [attack for attack in attacks if attack not in PAGE] == []
