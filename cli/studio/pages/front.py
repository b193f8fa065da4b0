"""Where one arrives: the only store's first view, or the list of stores."""

from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.stores import Stores
from fastapi import Request
from fastapi.responses import RedirectResponse, Response

router = views()


@router.get("/")
def front(request: Request) -> Response:
    """Lead to the first store; others are in the list of every page."""
    stores: Stores = request.app.state.stores
    return RedirectResponse(f"/s/{stores.names[0]}/find")


@router.get("/s/{store}")
def store_front(store: str) -> Response:
    """Lead to a store's first view."""
    return RedirectResponse(f"/s/{store}/find")
