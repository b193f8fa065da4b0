"""Lay out the tree as it is installed, with `cli/` and `sql/` inside `embedstore`.

mypy and import-linter know nothing of setuptools' mapping of directories to packages, so they
get a folder of links that looks like the installed packages.
"""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / ".mypy_cache" / "tree"


def lay() -> Path:
    """Lay the links anew and return the folder they are in."""
    shutil.rmtree(TREE, ignore_errors=True)
    (TREE / "embedstore").mkdir(parents=True)
    for entry in (ROOT / "embedstore").iterdir():
        (TREE / "embedstore" / entry.name).symlink_to(entry)
    for name in ("cli", "sql"):
        (TREE / "embedstore" / name).symlink_to(ROOT / name)
    for name in ("heads", "benchmarks"):
        (TREE / name).symlink_to(ROOT / name)
    return TREE
