"""How much one client may send: requests a second, bytes of a body, and seconds for them."""

import asyncio
import time
from collections import OrderedDict

from embedstore.cli.studio import problems
from embedstore.cli.studio.security import SAFE
from embedstore.cli.studio.settings import Settings
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PICTURES = "/pictures"
UPLOADS = ("/uploads", "/data/read")
"""Ends of the addresses that take files, of the service and of pages."""

CLIENTS = 10_000
"""Clients whose requests are counted; the one that asked longest ago is forgotten."""

LEAST_BYTES_PER_S = 16_000
"""A body that comes more slowly is given up."""

SEND_S = 30.0
"""Seconds that a client may take to read a part of its answer."""


class Buckets:
    """A token bucket for each client.

    Parameters
    ----------
    per_s : float
        Requests a second in the long run.
    burst : float
        Requests at once.
    """

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """Take one; returns the seconds until there is one if there is none, else 0."""
        left, at = self._left.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        taken = left >= 1
        self._left[client] = (left - 1 if taken else left, now)
        while len(self._left) > CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._per_s


class Limits:
    """Refuses what is too much: too many requests, a body too large or too slow.

    Parameters
    ----------
    app : ASGI application
        What answers.
    settings : Settings
        How much is taken.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._all = Buckets(settings.requests_per_s, settings.burst)
        per_minute = settings.slow_per_minute
        self._slow = Buckets(per_minute / 60, max(1.0, per_minute / 4))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = (scope.get("client") or ("unknown", 0))[0]
        now = time.monotonic()
        wait = self._all.wait(client, now)
        if not wait and is_slow(scope):
            wait = self._slow.wait(client, now)
        if wait:
            headers = {"Retry-After": str(int(wait) + 1)}
            refusal = problems.response(429, "too many requests: wait a moment", headers=headers)
            await refusal(scope, receive, send)
            return
        most = self._most(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            await _too_large(most)(scope, receive, send)
            return
        await self._within(scope, receive, send, most)

    def _most(self, path: str) -> int:
        if path.endswith(PICTURES):
            return self._settings.max_picture + 10_000  # what multipart adds
        if path.endswith(UPLOADS):
            return self._settings.max_upload + 10_000
        return self._settings.max_body

    async def _within(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._settings.body_s
        taken, complete, begun = 0, False, False
        refused: problems.ProblemError | None = None

        async def receive_within() -> Message:
            nonlocal taken, complete, ends, refused
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                refused = problems.ProblemError(408, "the body came too slowly: send it again")
                raise refused from None
            size = len(message.get("body", b""))
            taken += size
            ends += size / LEAST_BYTES_PER_S
            complete = not message.get("more_body", False)
            if taken > most:
                refused = problems.ProblemError(413, _said(most))
                raise refused
            return message

        async def send_marking(message: Message) -> None:
            nonlocal begun
            if refused is not None and not begun:
                return  # the framework takes it for a body that it can't parse
            begun = True
            async with asyncio.timeout(SEND_S):
                await send(message)

        try:
            await self._app(scope, receive_within, send_marking)
        except problems.ProblemError as problem:
            if begun or problem is not refused:
                raise
        if refused is not None and not begun:
            await problems.response(refused.status, refused.detail)(scope, receive, send)


def is_slow(scope: Scope) -> bool:
    """Tell whether a request is of a kind that is seldom made: it writes, uploads or logs in."""
    path: str = scope["path"]
    if scope["method"] in SAFE:
        query: bytes = scope.get("query_string", b"")
        return b"token=" in query
    return path.endswith((PICTURES, *UPLOADS, "/builds", "/generate"))


def _said(most: int) -> str:
    return f"the body is larger than the {most:,} bytes that are taken here"


def _too_large(most: int) -> ASGIApp:
    return problems.response(413, _said(most))
