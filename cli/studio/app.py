"""The web application: pages and service on the same stores."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from embedstore.cli.studio import api, operations, pages, problems
from embedstore.cli.studio.audit import Audit, AuditLog
from embedstore.cli.studio.heads_process import HeadsProcess
from embedstore.cli.studio.jobs import Jobs
from embedstore.cli.studio.pages import shell
from embedstore.cli.studio.predictions import Predictions
from embedstore.cli.studio.rate import Limits
from embedstore.cli.studio.security import Door
from embedstore.cli.studio.sessions import Sessions
from embedstore.cli.studio.settings import Settings
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.uploads import Uploads
from embedstore.cli.studio.warming import Warming
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

    Raises
    ------
    StoreNotFoundError
        There is no store at a path.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="embedstore",
        description="Posts, vectors and heads of embedstore's stores.",
        version="1",
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from other sites.
        docs_url=None,
        redoc_url=None,
    )
    state = app.state
    state.settings = settings
    state.sessions = Sessions(settings.token)
    state.stores = Stores(paths)
    state.work = Work()
    state.heads = HeadsProcess()
    state.predictions = Predictions(state.heads)
    state.uploads = Uploads()
    state.jobs = Jobs(state.stores.paths)
    state.audit = AuditLog(settings.audit_file)
    state.warming = Warming(state.stores)
    problems.install(app)
    app.include_router(api.router)
    app.include_router(pages.router)
    # The last that is added is the first that a request meets.
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(Door, settings=settings, sessions=state.sessions)
    app.add_middleware(Audit, log=state.audit)
    operations.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    stores: Stores = app.state.stores
    jobs: Jobs = app.state.jobs
    warming: Warming = app.state.warming
    stores.follow()

    def prepare() -> None:
        shell.prepare()
        warming.run()

    preparing = asyncio.create_task(asyncio.to_thread(prepare))
    yield
    await jobs.close()
    app.state.heads.close()
    warming.end()
    await asyncio.wait([preparing])
    await asyncio.to_thread(stores.close)
    app.state.audit.close()
