"""How long a query may run, and how much it may return.

DuckDB bounds the memory it works with, but neither a query's time nor the rows it returns. A
thread stops the queries of a connection when their time is over; rows are counted as they come.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore.errors import LimitError

FILTER_TIMEOUT_S = 60.0
"""Seconds that a filter may take unless asked otherwise; over a million posts, one takes less
than a second."""

_AGAIN_S = 0.05
"""Seconds between two attempts to stop: one that comes between two queries has no effect."""

FAILURES = (duckdb.Error, OSError, pa.ArrowException)
"""What a query raises: DuckDB's error, or Arrow's in its place while rows are read."""


@dataclass(frozen=True)
class Limits:
    """What a query may use.

    Attributes
    ----------
    timeout : float, optional
        Seconds; no limit if None.
    max_rows : int, optional
        Rows of the result; no limit if None.
    max_memory : int, optional
        Bytes of the rows that are held in memory at once; half of the memory that is free if
        None.
    """

    timeout: float | None = None
    max_rows: int | None = None
    max_memory: int | None = None

    def __post_init__(self) -> None:
        for name in ("timeout", "max_rows", "max_memory"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise LimitError(f"{name} is {value}: it has to be above 0")


class Counter:
    """Counts the rows of a result and the bytes that are held of it, against the limits."""

    def __init__(self, limits: Limits, *, held: bool) -> None:
        self._limits = limits
        self._held = held
        self._most = free_memory() // 2 if limits.max_memory is None else limits.max_memory
        self._rows = self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch; with `held`, its bytes are added to those of earlier ones.

        Raises
        ------
        LimitError
            There are more rows or bytes than the limits allow.
        """
        self._rows += batch.num_rows
        self._bytes = batch.nbytes + (self._bytes if self._held else 0)
        if self._limits.max_rows is not None and self._rows > self._limits.max_rows:
            raise LimitError(
                f"the result has more than {self._limits.max_rows:,} rows, the most that `max_rows`"
                " (--max-rows) allows: ask for fewer with LIMIT or a condition, or raise it"
            )
        if self._bytes > self._most:
            raise LimitError(
                f"the result takes more than {self._most / 1e6:,.0f} MB of memory, the most that"
                " `max_memory` (--max-memory) allows: ask for fewer rows or columns, raise it, or"
                " let the rows stream with --format csv or jsonl"
            )


class _Timekeeper:
    """One thread that stops the queries of every connection whose time is over.

    It sleeps until the nearest end that it knew of when it fell asleep. A thread for each query
    would take a third of the time of a search.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[int, tuple[duckdb.DuckDBPyConnection, float]] = {}
        self._count = 0
        self._wakes = inf
        self._thread: threading.Thread | None = None

    def watch(self, connection: duckdb.DuckDBPyConnection, ends: float) -> int:
        """Stop the connection's queries from `ends` on (monotonic clock); return the place."""
        with self._changed:
            self._count += 1
            self._watched[self._count] = connection, ends
            if self._thread is None or not self._thread.is_alive():  # a fork has no threads
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif ends < self._wakes:
                self._changed.notify()
            return self._count

    def leave(self, place: int) -> None:
        """Watch a connection no longer: it is not stopped after this."""
        with self._changed:
            del self._watched[place]

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                self._wakes = inf
                for connection, ends in self._watched.values():
                    if ends <= now:
                        # Once may come before the query has begun.
                        with suppress(duckdb.Error):
                            connection.interrupt()
                    self._wakes = min(self._wakes, max(ends, now + _AGAIN_S))
                self._changed.wait(None if self._wakes == inf else self._wakes - now)


_timekeeper = _Timekeeper()


class Clock:
    """The time that queries of a connection have, from the moment it is made.

    Attributes
    ----------
    expired : bool
        True once the time is over.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self._ends = None if timeout is None else time.monotonic() + timeout

    @property
    def expired(self) -> bool:
        """True once the time is over."""
        return self._ends is not None and time.monotonic() >= self._ends

    def remaining(self) -> float | None:
        """Seconds left, at least a moment; None without a limit."""
        return None if self._ends is None else max(0.001, self._ends - time.monotonic())

    def error(self) -> LimitError:
        """Say that the time is over."""
        return LimitError(
            f"stopped after {self.timeout:g} s, the most that `timeout` (--timeout) allows: ask for"
            " less, or raise it"
        )

    @contextmanager
    def watch(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Stop the queries of a connection once the time is over, while the block runs.

        Raises
        ------
        LimitError
            A query was stopped.
        """
        if self._ends is None:
            yield
            return
        place = _timekeeper.watch(connection, self._ends)
        try:
            yield
        except FAILURES as error:
            if self.expired and "interrupt" in str(error).lower():
                raise self.error() from error
            raise
        finally:
            _timekeeper.leave(place)


def free_memory() -> int:
    """Bytes of memory that a process can get, by the kernel's estimate."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
