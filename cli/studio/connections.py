"""Connections that say nothing are closed, and their number is bounded.

uvicorn waits for a request's headers without a limit, so that ten thousand connections that
each send a byte a minute would keep everyone else out.
"""

import asyncio
import resource
import socket
from collections import OrderedDict
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 10.0
"""Seconds from a connection, or from the first byte of a further request, to its last header."""

MOST = 2000
"""Connections at once. One more takes the place of the one that has been silent the longest."""

KEPT_FILES = 200
"""Of the files that the process may open, those that aren't connections."""


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a limit on silence."""

    most: ClassVar[int] = MOST
    _silent: ClassVar[OrderedDict["BoundedProtocol", None]] = OrderedDict()
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection; drop another one if there are too many."""
        super().connection_made(transport)
        # An answer is sent in two parts, and without this the second waits 40 ms for the client
        # to confirm the first: asyncio doesn't recognise uvicorn's sockets as those of TCP.
        connection = transport.get_extra_info("socket")
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait_for_headers()
        if len(self.connections) > self.most:
            next(iter(self._silent), self)._give_up()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._timer is None and self._is_idle():
            self._wait_for_headers()
        super().data_received(data)
        if not self._is_idle():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Tell whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_headers(self) -> None:
        self._silent[self] = None
        self._timer = self.loop.call_later(HEADERS_S, self._give_up)

    def _stop_waiting(self) -> None:
        self._silent.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.connections.discard(self)
        self.transport.abort()


def raise_limit() -> int:
    """Let the process open as many files as it may; returns the connections that fit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    except (OSError, ValueError):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(50, min(MOST, soft - KEPT_FILES))
