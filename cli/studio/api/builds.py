"""Builds: a file is sent or named, a build started, followed and cancelled."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from embedstore.cli.studio import answers, problems
from embedstore.cli.studio.api.asked import PREFIX, PROBLEMS, AskedOf, Strict
from embedstore.cli.studio.api.drafts import sse
from embedstore.cli.studio.jobs import Jobs
from embedstore.cli.studio.uploads import Uploads, allowed_file
from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from embedstore.errors import InputError

router = APIRouter(prefix=PREFIX, tags=["builds"])

HEARTBEAT_S = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the stream."""


class Upload(BaseModel):
    """A file of posts that was sent."""

    upload: str = Field(description="What it is called in questions.")
    file: str = Field(description="Its name, as a build will see it.")


@router.post("/uploads", responses={k: v for k, v in PROBLEMS.items() if k != 404})
async def keep_upload(request: Request, file: Annotated[UploadFile, File()]) -> Upload:
    """Send a file of posts; it is kept for an hour."""
    uploads: Uploads = request.app.state.uploads
    key = await run_in_threadpool(uploads.keep, file.filename or "posts", file.file)
    return Upload(upload=key, file=uploads.file(key).name)


class Order(Strict):
    """What to build from, and how it is read."""

    upload: str | None = Field(None, description="From `POST /api/v1/uploads`.")
    file: str | None = Field(
        None, description="Path of a file below a folder that the server was allowed to read."
    )
    source: str | None = Field(None, description="Name of the posts' source; the file's stem.")
    images: Literal["fetch", "none"] = "fetch"
    mapping: dict[str, str] = Field(
        default_factory=dict, description="Field to column.", examples=[{"text": "body"}]
    )
    timezone: str | None = None
    date_format: str | None = None
    sheet: str | None = None

    def reading(self) -> dict[str, Any]:
        """Options of reading that were given."""
        given = self.model_dump(include={"mapping", "timezone", "date_format", "sheet"})
        return {name: value for name, value in given.items() if value}


@router.post("/stores/{store}/builds", status_code=202, responses=PROBLEMS)
async def start(asked: AskedOf, order: Order) -> Response:
    """Start a build, from a file that was sent or one of an allowed folder."""
    # All formats' readers: whoever looks at a page first doesn't wait for them.
    from embedstore.reading import ReadOptions

    served = asked.stores.served(asked.name)
    if (order.upload is None) == (order.file is None):
        raise InputError("say what to build from with one of `upload` and `file`")
    state = asked.request.app.state
    if order.upload is not None:
        file = state.uploads.file(order.upload)
    else:
        file = allowed_file(order.file or "", state.settings.allowed_folders)
    ReadOptions(**order.reading())  # refuses what can't be, before a process is started
    options = {"images": order.images, "source": order.source, **order.reading()}
    await run_in_threadpool(served.expect_build)
    job = await _jobs(asked).start(asked.name, file.name, [file], options)
    answer = answers.value(job.to_json())
    answer.status_code = 202
    answer.headers["Location"] = f"{PREFIX}/stores/{asked.name}/builds/{job.job}"
    return answer


@router.get("/stores/{store}/builds", responses=PROBLEMS)
async def list_builds(asked: AskedOf) -> Response:
    """List the builds that this server was asked for, the newest first."""
    asked.stores.served(asked.name)
    return answers.value({"builds": [job.to_json() for job in _jobs(asked).of(asked.name)]})


@router.get("/stores/{store}/builds/{job}", responses=PROBLEMS)
async def show(asked: AskedOf, job: str) -> Response:
    """Show how far a build is."""
    return answers.value(_jobs(asked).find(asked.name, job).to_json())


@router.get(
    "/stores/{store}/builds/{job}/events",
    responses={
        **PROBLEMS,
        200: {
            "description": "Events `build`, each the build as it is; ends when it does.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def follow(asked: AskedOf, job: str) -> Response:
    """Follow a build until it ends."""
    found = _jobs(asked).find(asked.name, job)

    async def stream() -> AsyncIterator[bytes]:
        while True:
            news = asyncio.ensure_future(found.change())
            yield sse("build", found.to_json())
            if found.state != "running":
                news.cancel()
                return
            try:
                await asyncio.wait_for(news, HEARTBEAT_S)
            except TimeoutError:
                yield b": still at work\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


@router.delete("/stores/{store}/builds/{job}", responses=PROBLEMS)
async def cancel(asked: AskedOf, job: str) -> Response:
    """Cancel a build; what it has committed is kept, and the next one goes on from there."""
    found = _jobs(asked).find(asked.name, job)
    if found.state != "running":
        raise problems.ProblemError(409, f"the build is {found.state}: nothing is left to cancel")
    await _jobs(asked).cancel(found)
    return answers.value(found.to_json())


def _jobs(asked: AskedOf) -> Jobs:
    jobs: Jobs = asked.request.app.state.jobs
    return jobs
