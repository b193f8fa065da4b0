"""The REST service, under ``/api/v1``."""

from typing import Annotated

from embedstore.cli.studio.stores import Stores
from fastapi import APIRouter, Depends, Request

router = APIRouter()


def stores(request: Request) -> Stores:
    """The stores of this application."""
    shown: Stores = request.app.state.stores
    return shown


@router.get("/stores")
def list_stores(stores: Annotated[Stores, Depends(stores)]) -> list[str]:
    """List the names of the stores."""
    return stores.names
