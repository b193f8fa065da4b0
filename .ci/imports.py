"""Check which room imports which with import-linter, on the tree as it is installed.

The contracts are in `pyproject.toml`.
"""

import subprocess
import sys
from pathlib import Path

from tree import ROOT, lay


def main() -> int:
    """Run import-linter; its exit status is ours."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        str(ROOT / "pyproject.toml"),
        "--no-cache",
    ]
    return subprocess.run(command, cwd=lay(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
