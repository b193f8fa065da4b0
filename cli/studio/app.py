"""The web application: pages and service on the same stores."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from embedstore.cli.studio import api, pages, problems
from embedstore.cli.studio.rate import Limits
from embedstore.cli.studio.security import Door
from embedstore.cli.studio.sessions import Sessions
from embedstore.cli.studio.settings import Settings
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.work import Work
from fastapi import FastAPI


def create_app(paths: Sequence[str | Path], settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    paths : sequence of path
        Directories of the stores that it shows, or folders that hold such.
    settings : Settings, optional
        Whom it answers, and how much it takes.
    """
    settings = settings or Settings()
    sessions = Sessions(settings.token)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stores: Stores = app.state.stores
        stores.follow()
        warming = asyncio.create_task(asyncio.to_thread(stores.warm))
        yield
        warming.cancel()
        await asyncio.to_thread(stores.close)

    app = FastAPI(
        title="embedstore",
        description="Posts, vectors and heads of embedstore's stores.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from other sites.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.sessions = sessions
    app.state.stores = Stores(paths)
    app.state.work = Work()
    problems.install(app)
    app.include_router(api.router, prefix="/api/v1")
    app.include_router(pages.router)
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(Door, settings=settings, sessions=sessions)
    return app
