"""What ``make bench`` runs: ours beside peers.

python -m benchmarks                  the one table, and reading beside DuckDB and pandas
python -m benchmarks limits           our own limits, which have no peer: hours
python -m benchmarks NAME...          single ones, such as `search` or `build few`, in quotes
"""

import subprocess
import sys

PEERS = ("peers", "reading")
LIMITS = (
    "search",
    "queries",
    "readers measure",
    "words",
    "cold",
    "fetching",
    "likes",
    "report",
    "build second",
    "build memory",
    "build few",
    "build xlsx",
    "build kill",
    "ray",
    "scale",
)


def main(wanted: list[str]) -> int:
    """Run the named ones, or those beside peers; the status is 1 if one of them failed.

    `duplicates`, `sql_heads`, `text_encoding`, `clip_text`, `image_encoding` and `gpu`
    measure one thing in more detail, and run when they are named.
    """
    failed = []
    runs = [run for name in wanted or PEERS for run in (LIMITS if name == "limits" else [name])]
    for run in runs:
        name, *arguments = run.split()
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(run)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
