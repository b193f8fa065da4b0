"""Errors as RFC 9457 problem details, without a path of the server in them."""

import os
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from embedstore.cli.studio.work import GoneError, TooBusyError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from embedstore.errors import (
    EmbedstoreError,
    LimitError,
    StoreBusyError,
    StoreNotFoundError,
    WeightsError,
)

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (StoreNotFoundError, 404),
    (StoreBusyError, 503),
    (TooBusyError, 503),
    (WeightsError, 503),
    (GoneError, 499),
    (LimitError, 422),
    (EmbedstoreError, 400),
)


class ProblemError(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What arrived, what was expected, and what to do.
    headers : mapping, optional
        Further headers.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def title(status: int) -> str:
    """Name a status in words."""
    if status == 499:
        return "Client Closed Request"
    return HTTPStatus(status).phrase


def response(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Make the answer of an error."""
    body = {"type": "about:blank", "title": title(status), "status": status, "detail": detail}
    return Response(
        msgspec.json.encode(body | more), status, dict(headers or {}), media_type=MEDIA_TYPE
    )


def without_paths(text: str, stores: Mapping[str, Path]) -> str:
    """Replace paths of the server in a message: a store's by its name, others by ``…``."""
    roots = {str(path): name for name, path in stores.items()}
    for folder in (tempfile.gettempdir(), str(Path.home()), os.getcwd()):  # noqa: PTH109
        if len(folder) > 1:
            roots.setdefault(folder, "…")
    for root in sorted(roots, key=len, reverse=True):
        text = text.replace(root, roots[root])
    return text


def of_error(error: EmbedstoreError, stores: Mapping[str, Path]) -> Response:
    """Make the answer of an error that a user can act on."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    headers = {"Retry-After": "2"} if status == 503 else {}
    return response(status, without_paths(str(error), stores), headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of an application as problem details."""

    def known(request: Request) -> Mapping[str, Path]:
        paths: Mapping[str, Path] = request.app.state.stores.paths
        return paths

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, EmbedstoreError)
        return of_error(error, known(request))

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return response(error.status, error.detail, headers=error.headers)

    async def of_framework(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return response(error.status_code, str(error.detail), headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = [
            {"where": ".".join(map(str, each["loc"])), "what": each["msg"]}
            for each in error.errors()
        ]
        said = "; ".join(f"{each['where']}: {each['what']}" for each in found[:3])
        return response(422, said or "the request can't be understood", errors=found)

    async def unexpected(_request: Request, _error: Exception) -> Response:
        # The traceback goes to the server's log, through Starlette.
        return response(500, "an error of the program itself: its log has the details")

    app.add_exception_handler(EmbedstoreError, ours)
    app.add_exception_handler(ProblemError, problem)
    app.add_exception_handler(HTTPException, of_framework)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)
