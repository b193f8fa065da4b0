"""Where the programs `embedstore` and `heads` begin.

Ctrl-C is listened for before anything large is imported.
"""

import sys

from embedstore.cli.interrupt import EXIT, MESSAGE, interruptible


def embedstore() -> None:
    """Run `embedstore`."""
    _run("embedstore")


def heads() -> None:
    """Run `heads`."""
    _run("heads")


def _run(name: str) -> None:
    try:
        with interruptible():
            if name == "heads":
                from embedstore.cli.heads import heads as command
            else:
                from embedstore.cli.main import embedstore as command
            command(prog_name=name)
    except KeyboardInterrupt:
        print(MESSAGE, file=sys.stderr)  # noqa: T201
        sys.exit(EXIT)
