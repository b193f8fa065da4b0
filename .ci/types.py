"""Check types on the tree as it is installed, with `cli/` and `sql/` inside `embedstore`.

mypy knows nothing of setuptools' mapping of directories to packages, so it gets a folder
of links that looks like the installed packages.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / ".mypy_cache" / "tree"


def main() -> int:
    """Lay the links and run mypy; its exit status is ours."""
    shutil.rmtree(TREE, ignore_errors=True)
    (TREE / "embedstore").mkdir(parents=True)
    for entry in (ROOT / "embedstore").iterdir():
        (TREE / "embedstore" / entry.name).symlink_to(entry)
    for name in ("cli", "sql"):
        (TREE / "embedstore" / name).symlink_to(ROOT / name)
    for name in ("heads", "benchmarks"):
        (TREE / name).symlink_to(ROOT / name)
    packages = ["-p", "embedstore", "-p", "heads", "-p", "benchmarks"]
    config = ["--config-file", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "mypy", *config, *packages, *sys.argv[1:]]
    return subprocess.run(command, cwd=TREE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
