"""Where the programs `embedstore` and `heads` begin and end.

Ctrl-C is listened for before anything large is imported. A command that is done leaves at once:
Python would first take apart every module, which takes a second once torch is imported and ten
while other work keeps the cores busy, and would wait for whatever threads a library has left.
"""

import atexit
import os
import signal
import sys
from contextlib import suppress

from embedstore.cli.interrupt import EXIT, HEARD, MESSAGE, interruptible


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
        _interrupted()
    except Exception as error:
        # Python wraps the interruption of a class that is being made, as in a large import.
        if HEARD.is_set() or isinstance(error.__cause__, KeyboardInterrupt):
            _interrupted()
        raise
    except SystemExit as done:
        if done.code is None or isinstance(done.code, int):
            _leave(done.code or 0)
        raise


def _interrupted() -> None:
    print(MESSAGE, file=sys.stderr)  # noqa: T201
    sys.exit(EXIT)


def _leave(status: int) -> None:
    """End the process: what libraries do at the exit is done, and what was printed is out.

    All stores are closed by now, and files are written beside and renamed. Where the output can't
    be written, this returns, and Python ends the process in its own way.
    """
    with suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(status)
