"""Where the service works: pools of threads apart, and questions that end when nobody waits.

A search never queues behind a report: each kind of work has threads of its own.
"""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import duckdb
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from embedstore.errors import EmbedstoreError

Result = TypeVar("Result")

Kind = Literal["search", "sql", "heads", "slow"]

THREADS: dict[Kind, int] = {"search": 16, "sql": 4, "heads": 64, "slow": 4}
"""Questions of each kind that are worked on at once. Searches wait for each other's batches more
than they compute, and heads for another process."""

WAITING: dict[Kind, int] = {"search": 400, "sql": 40, "heads": 200, "slow": 8}
"""Questions of each kind that may wait for a thread."""

AGAIN_S = 0.05
"""Seconds between two attempts to stop a query: one that comes between two has no effect."""


class TooBusyError(EmbedstoreError):
    """More questions wait than are taken."""


class GoneError(EmbedstoreError):
    """Nobody waits for the answer any more."""


@dataclass
class Question:
    """One question that is being worked on; its queries can be stopped from another thread."""

    stopped: bool = False
    _connections: list[duckdb.DuckDBPyConnection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Add a connection whose queries belong to this question.

        Raises
        ------
        GoneError
            The question was stopped.
        """
        with self._lock:
            if self.stopped:
                raise GoneError("nobody waits for this answer any more")
            self._connections.append(connection)

    def leave(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Remove a connection that is about to be closed."""
        with self._lock:
            self._connections.remove(connection)

    def stop(self) -> None:
        """Stop its queries, and refuse further ones."""
        with self._lock:
            self.stopped = True
            for connection in self._connections:
                connection.interrupt()


asked: ContextVar[Question | None] = ContextVar("asked", default=None)
"""The question that this thread works on."""


class Work:
    """The pools of one application."""

    def __init__(self) -> None:
        self._pools: dict[Kind, CapacityLimiter] = {}

    def _pool(self, kind: Kind) -> CapacityLimiter:
        # Made at first use: a limiter belongs to the event loop that it is made in.
        return self._pools.setdefault(kind, CapacityLimiter(THREADS[kind]))

    def waiting(self) -> dict[Kind, int]:
        """Count the questions that wait for a thread, by kind."""
        return {kind: pool.statistics().tasks_waiting for kind, pool in self._pools.items()}

    async def do(self, kind: Kind, function: Callable[[], Result]) -> Result:
        """Call a function in a thread of a kind.

        Raises
        ------
        TooBusyError
            Too many wait already.
        """
        pool = self._pool(kind)
        if pool.statistics().tasks_waiting >= WAITING[kind]:
            raise TooBusyError("too many questions wait already: ask again in a moment")
        return await to_thread.run_sync(function, limiter=pool)

    async def answer(self, request: Request, kind: Kind, function: Callable[[], Result]) -> Result:
        """Call a function in a thread of a kind, and stop its queries if the client goes."""
        question = Question()
        token = asked.set(question)
        watching = asyncio.create_task(_stop_when_gone(request, question))
        try:
            return await self.do(kind, function)
        finally:
            watching.cancel()
            asked.reset(token)


async def _stop_when_gone(request: Request, question: Question) -> None:
    # The body was read before; what comes next is that the client has gone.
    while (await request.receive())["type"] != "http.disconnect":
        pass
    while True:
        question.stop()
        await asyncio.sleep(AGAIN_S)
