"""The web application: pages and service on the same stores."""

from collections.abc import Sequence
from pathlib import Path

from embedstore.cli.studio import api, pages
from embedstore.cli.studio.stores import Stores
from fastapi import FastAPI


def create_app(paths: Sequence[str | Path]) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    paths : sequence of path
        Directories of the stores that it shows.
    """
    app = FastAPI(title="embedstore")
    app.state.stores = Stores(paths)
    app.include_router(api.router, prefix="/api/v1")
    app.include_router(pages.router)
    return app
