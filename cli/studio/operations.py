"""For those who run it: is it alive, is it ready, and how it does, in Prometheus' form."""

import time
from typing import Any

from embedstore.cli.studio import answers
from embedstore.cli.studio.jobs import Jobs
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.warming import Warming
from embedstore.cli.studio.work import Work
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedstore.errors import EmbedstoreError

router = APIRouter(tags=["operations"])

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What is counted of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "embedstore_requests",
            "Requests.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "embedstore_request_seconds",
            "Seconds until the answer began.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "embedstore_waiting", "Questions that wait.", ["kind"], registry=self.registry
        )
        self.builds = Gauge("embedstore_builds", "Builds at work.", registry=self.registry)


class Measured:
    """Counts requests and their seconds, by route.

    Parameters
    ----------
    app : ASGI application
        What answers.
    metrics : Metrics
        Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def send_counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Of an address that is none, only that: its text is the client's.
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if route != "none" else "none"
                self._metrics.requests.labels(method, route, message["status"]).inc()
                took = time.perf_counter() - started
                self._metrics.seconds.labels(method, route).observe(took)
            await send(message)

        await self._app(scope, receive, send_counting)


@router.get("/healthz")
async def health() -> dict[str, str]:
    """Say that the process is alive."""
    return {"status": "alive"}


@router.get(
    "/readyz", responses={503: {"description": "A store can't be opened, or is being warmed up."}}
)
async def ready(request: Request) -> Response:
    """Say whether every store can be asked."""
    stores: Stores = request.app.state.stores
    faults = await run_in_threadpool(_faults, stores)
    warming: Warming = request.app.state.warming
    warming.hurry()
    if not warming.done:
        faults.append("what searches need is being loaded")
    answer = answers.value({"ready": not faults, "faults": faults})
    answer.status_code = 503 if faults else 200
    return answer


def _faults(stores: Stores) -> list[str]:
    faults = []
    for name in stores.names:
        try:
            with stores.reading(name):
                pass
        except EmbedstoreError as error:
            faults.append(f"{name}: {type(error).__name__}")
    return faults


@router.get("/metrics", responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Return counts and times for Prometheus."""
    found: Metrics = request.app.state.metrics
    work: Work = request.app.state.work
    jobs: Jobs = request.app.state.jobs
    for kind, count in work.waiting().items():
        found.waiting.labels(kind).set(count)
    found.builds.set(jobs.running)
    text: Any = generate_latest(found.registry)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def install(app: FastAPI) -> None:
    """Add the addresses and the counting to an application."""
    app.state.metrics = Metrics()
    app.include_router(router)
    app.add_middleware(Measured, metrics=app.state.metrics)
