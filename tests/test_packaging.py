"""What is installed is what is here."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_package_of_the_tree_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    there = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for top in ("embedstore", "heads", "cli", "sql")
        for file in (ROOT / top).rglob("__init__.py")
    }
    inside = {
        f"embedstore.{name}" if name.partition(".")[0] in ("cli", "sql") else name for name in there
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == inside


def test_few_files_stand_directly_in_the_package() -> None:
    assert len([file for file in (ROOT / "embedstore").iterdir() if file.is_file()]) <= 8
