"""Check types with mypy, on the tree as it is installed."""

import subprocess
import sys

from tree import ROOT, lay


def main() -> int:
    """Run mypy; its exit status is ours."""
    packages = ["-p", "embedstore", "-p", "heads", "-p", "benchmarks"]
    config = ["--config-file", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "mypy", *config, *packages, *sys.argv[1:]]
    return subprocess.run(command, cwd=lay(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
