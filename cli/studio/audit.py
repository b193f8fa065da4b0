"""A record of who has changed what: one line of JSON for each request that writes."""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from embedstore.cli.studio.security import SAFE
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("/similar", "/sql", "/predict", "/rank", "/generate")
"""Ends of addresses that take a question as a body and change nothing."""

MOST_BYTES = 10_000_000
"""Bytes of the file; five older ones are kept."""


class AuditLog:
    """The file of the record.

    Parameters
    ----------
    file : Path
        Where it is; opened with the first line, and followed by a new one when it is large.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(
            file, maxBytes=MOST_BYTES, backupCount=5, encoding="utf-8", delay=True
        )
        self._log = logging.Logger("embedstore.audit")
        self._log.addHandler(self._handler)

    def record(self, scope: Scope, status: int, taken: int) -> None:
        """Record one request with its outcome."""
        names = {name.lower() for name, _ in scope["headers"]}
        by = "token" if b"authorization" in names else "browser" if b"origin" in names else "client"
        row = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": (scope.get("client") or ("unknown", 0))[0],
            "by": by,
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "bytes": taken,
        }
        # JSON escapes line ends, so that nobody writes a line of another's.
        self._log.warning("%s", json.dumps(row))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class Audit:
    """Records requests that write, with their outcome.

    Parameters
    ----------
    app : ASGI application
        What answers.
    log : AuditLog
        Where they are recorded.
    """

    def __init__(self, app: ASGIApp, log: AuditLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] in SAFE or scope["path"].endswith(READING):
            await self._app(scope, receive, send)
            return
        taken = 0

        async def receive_counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message

        async def send_recording(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.record(scope, message["status"], taken)
            await send(message)

        await self._app(scope, receive_counting, send_recording)
