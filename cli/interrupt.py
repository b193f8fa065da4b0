"""Ctrl-C ends a command within a second, whatever it is doing.

Python runs its own handler of the signal only between two of its instructions, so a long query
inside DuckDB, or the import of a large library, would go on. A thread hears of the signal at
once: it stops the queries of every open connection, and if the command is still there after
`GRACE_S`, it ends the process. That is safe at any moment, as a kill is: what was committed is
kept, and what was not leaves no trace.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

GRACE_S = 0.8
"""Seconds that a command gets to end by itself."""

EXIT = 130
"""Exit status of a command that was interrupted, as shells have it."""

MESSAGE = "\ninterrupted: what was committed is kept; run it again to go on"


HEARD = threading.Event()
"""Set when Ctrl-C was pressed: whatever error a command ends with then, that is its reason."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Listen for Ctrl-C while the block runs; only the main thread can."""
    unheard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not unheard or threading.current_thread() is not threading.main_thread():
        yield
        return
    # A pipe, not a pair of sockets: their module takes a tenth of the start.
    heard, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _hear)
    threading.Thread(target=_listen, args=(heard,), daemon=True, name="interrupt").start()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.set_wakeup_fd(before)
        os.close(tell)


def _hear(number: int, frame: FrameType | None) -> NoReturn:
    """Note that Ctrl-C was pressed, and interrupt the command.

    DuckDB asks for signals while it works and raises an error of its own in place of this one,
    before the thread that listens may have had its turn. Where an exception can't get out, the
    process ends here.
    """
    HEARD.set()
    if _holds_exceptions(frame):
        _end()
    signal.default_int_handler(number, frame)


def _holds_exceptions(frame: FrameType | None) -> bool:
    """Whether an exception could not get out of that frame and those that called it.

    A library in C++ that imports modules of Python while it is loaded aborts on one, and LLVM,
    which compiles for `atlas`, calls Python back by ctypes, which prints it and goes on.
    """
    while frame is not None:
        name = frame.f_code.co_filename
        if name == "<frozen importlib._bootstrap>" or "llvmlite" in name:
            return True
        frame = frame.f_back
    return False


def _end() -> NoReturn:
    """End the process at once, whatever it is doing."""
    with suppress(OSError, ValueError):
        os.write(2, f"{MESSAGE}\n".encode())
    os._exit(EXIT)


@contextmanager
def left_to_the_block() -> Iterator[None]:
    """Leave Ctrl-C to the block, which ends in its own way: a server closes its connections."""
    before = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)


def _listen(heard: int) -> None:
    """Read which signals arrive, until the other end of the pipe is closed."""
    with os.fdopen(heard, "rb", buffering=0) as pipe:
        while received := pipe.read(1):
            if received[0] == signal.SIGINT:
                HEARD.set()
                _stop()


def _stop() -> None:
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline:
        # Only if it is loaded: a command that has opened no store has nothing to stop.
        database = sys.modules.get("embedstore.storage.database")
        if database is not None:
            # It may be half loaded yet, or open a connection meanwhile; the next turn comes soon.
            with suppress(Exception):
                database.interrupt_all()
        time.sleep(0.1)
    _end()
