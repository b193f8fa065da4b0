"""Every benchmark: what ``make bench`` runs.

    python -m benchmarks [NAME]...        such as `peers`, `search` or `build few`, in quotes

First the one table of ours beside peers, then what has no peer: our own limits.
"""

import subprocess
import sys

RUNS = (
    "peers",
    "search",
    "queries",
    "fetching",
    "likes",
    "build second",
    "build memory",
    "build few",
    "build xlsx",
    "build kill",
    "scale",
)


def main(wanted: list[str]) -> int:
    """Run the named ones, or all; the status is 1 if one of them failed.

    `text_encoding`, `clip_text`, `image_encoding` and `gpu` measure one thing in more detail,
    and run when they are named.
    """
    failed = []
    for run in wanted or RUNS:
        name, *arguments = run.split()
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(run)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
