"""Every benchmark, one after the other: what ``make bench`` runs."""

import subprocess
import sys

RUNS = (
    ("text_encoding",),
    ("clip_text",),
    ("image_encoding",),
    ("search",),
    ("queries",),
    ("fetching",),
    ("build", "second"),
    ("build", "memory"),
    ("build", "few"),
    ("build", "xlsx"),
    ("build", "kill"),
)


def main() -> int:
    """Run them all; the status is 1 if one of them failed."""
    failed = []
    for name, *arguments in RUNS:
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(" ".join([name, *arguments]))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
