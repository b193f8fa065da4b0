"""A web server on 127.0.0.1 that misbehaves on request, for the tests of fetching."""

import asyncio
import io
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embedstore.fetch import Fetched, FetchFailure, FetchLimits, fetch
from embedstore.images.decode import noise_image

MAX_REQUESTS = 200
"""Requests that one connection may make; no loop here runs without a bound."""


@dataclass(frozen=True)
class Request:
    """What a client asked for; header names are lower-case."""

    path: str
    headers: dict[str, str]


class Close:
    """A step that closes the connection; `reset` makes it an abrupt end."""

    def __init__(self, *, reset: bool = False) -> None:
        self.reset = reset


Steps = Iterable["bytes | float | Close"]
"""What a page does: send bytes, sleep for seconds, close."""

Page = Callable[[Request], Steps]


def respond(body: bytes = b"", status: int = 200, **headers: str | None) -> bytes:
    """A whole response; a header given as None is left out, `_` in names means `-`."""
    lines = {"Content-Length": str(len(body))}
    for name, value in headers.items():
        name = name.replace("_", "-").title()
        if value is None:
            lines.pop(name, None)
        else:
            lines[name] = value
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


class Site:
    """Serves `pages` (path to `Page`, or to the bytes of a response) while it is open.

    Attributes
    ----------
    port : int
    connections : int
        How many were accepted, whether or not they asked for anything.
    requests : list of Request
    """

    def __init__(
        self,
        pages: Mapping[str, Page | bytes] | Callable[[str], Page | bytes],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.pages = pages
        self.tls = tls
        self.port = 0
        self.connections = 0
        self.requests: list[Request] = []
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def limits(self, **changes: Any) -> FetchLimits:
        """Limits that allow this site alone, with times that suit a test."""
        values: dict[str, Any] = {
            "allow": frozenset({("127.0.0.1", self.port)}),
            "connect_s": 0.5,
            "read_s": 0.3,
            "total_s": 0.8,
            "patience_s": 0.1,
            "backoff_s": 0.02,
            "max_wait_s": 0.5,
            "max_bytes": 200_000,
            "max_pixels": 1_000_000,
            "attempts": 2,
        }
        return FetchLimits(**{**values, **changes})

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                for _ in range(MAX_REQUESTS):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    first, *lines = head.strip().split("\r\n")
                    headers = dict(line.split(": ", 1) for line in lines)
                    request = Request(
                        first.split(" ")[1], {k.lower(): v for k, v in headers.items()}
                    )
                    self.requests.append(request)
                    if not await self._answer(request, writer):
                        return
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        path = request.path.split("?")[0]
        page = self.pages(path) if callable(self.pages) else self.pages.get(path)
        if page is None:
            page = respond(b"no such page", 404)
        for step in [page] if isinstance(page, bytes) else page(request):
            if isinstance(step, Close):
                if step.reset:  # without lingering, closing sends a reset
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                return False
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            else:
                await asyncio.sleep(step)
        return True


def picture(seed: int = 1, side: int = 24) -> bytes:
    """Bytes of a JPEG, others for each seed."""
    file = io.BytesIO()
    noise_image(seed, side).save(file, "JPEG")
    return file.getvalue()


def outcomes(
    urls: Sequence[str], folder: Path, limits: FetchLimits
) -> dict[str, Fetched | FetchFailure]:
    """Fetch `urls` and return the results by URL, each of which must have one."""
    results = list(fetch(urls, folder, limits=limits))
    assert sorted(result.url for result in results) == sorted(set(urls))
    return {result.url: result for result in results}


def refusal(url: str, folder: Path, limits: FetchLimits) -> FetchFailure:
    """Fetch one URL that must fail, and leave nothing in the folder."""
    result = outcomes([url], folder, limits)[url]
    assert isinstance(result, FetchFailure), result
    assert list(folder.iterdir()) == []
    return result


connected: list[tuple[str, int]] = []
"""Every address that this process has connected to, newest last."""


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        connected.append((str(arguments[1][0]), int(arguments[1][1])))


# Python itself reports each attempt, whatever code makes it.
sys.addaudithook(_record)
