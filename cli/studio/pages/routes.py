"""Routes of pages: an error is a page too, with what to do about it."""

from collections.abc import Callable, Coroutine
from typing import Any

from embedstore.cli.studio.pages import shell
from embedstore.cli.studio.problems import without_paths
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from embedstore.errors import EmbedstoreError, StoreNotFoundError


class PageRoute(APIRoute):
    """A route whose errors a browser shows as a page; other clients get them as they are."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except (EmbedstoreError, HTTPException) as error:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                stores = request.app.state.stores
                said = error.detail if isinstance(error, HTTPException) else str(error)
                missing = isinstance(error, StoreNotFoundError)
                status = error.status_code if isinstance(error, HTTPException) else 400
                return shell.error_page(
                    request, 404 if missing else status, without_paths(said, stores.paths)
                )

        return answer


def views() -> APIRouter:
    """Make the router of a view."""
    return APIRouter(route_class=PageRoute)
