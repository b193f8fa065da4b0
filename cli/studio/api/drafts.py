"""Drafts: predicted, ranked, explained, timed and written."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import pyarrow as pa
from embedstore.cli.studio import answers, problems, work
from embedstore.cli.studio.api.asked import (
    PREFIX,
    PROBLEMS,
    AskedOf,
    Moment,
    Run,
    Strict,
    answering_rows,
)
from embedstore.cli.studio.api.search import Where
from embedstore.cli.studio.predictions import Predictions
from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from embedstore.errors import EmbedstoreError, InputError
from embedstore.progress import Step
from embedstore.store import Store

router = APIRouter(prefix=PREFIX, tags=["drafts"])

MOST_DRAFTS = 100

Text = Annotated[str, Field(max_length=100_000)]

_PREDICTION = {"likes": 120.5, "mean": 180.2, "low": 31.0, "high": 460.0}


class Draft(Strict):
    """A post that was never posted."""

    username: str | None = Field(None, examples=["CNN"])
    company: str | None = Field(None, examples=["cnn"])
    created_at: Moment
    text: Text | None = Field(None, examples=["good morning"])


class Wanted(Strict):
    """New posts, or stored ones by a condition."""

    posts: list[Draft] | None = Field(None, max_length=MOST_DRAFTS, min_length=1)
    where: Where = None
    run: str | None = None


@router.post(
    "/stores/{store}/predict", responses=answering_rows({"post_id": None, "id": "1", **_PREDICTION})
)
async def predict(asked: AskedOf, wanted: Wanted) -> Response:
    """Predict new posts, or stored ones: the median, the mean, and a 90% interval.

    Questions about new posts that come at once are answered in one go.
    """
    if (wanted.posts is None) == (wanted.where is None):
        raise InputError("say what to predict with one of `posts` and `where`")
    predictions: Predictions = asked.request.app.state.predictions
    drafts = None if wanted.posts is None else _table(wanted.posts)

    def ask(store: Store) -> pa.Table:
        if drafts is not None:
            return predictions(store, drafts, wanted.run)
        return asked.heads.ask("slow", store, "predict_likes", run=wanted.run, where=wanted.where)

    table = await asked.answer("heads" if drafts is not None else "slow", ask)
    return answers.rows(asked.request, table, **answers.facts_of(table))


class Contest(Strict):
    """Drafts of one account at one time."""

    drafts: list[Text] = Field(
        min_length=1, max_length=MOST_DRAFTS, examples=[["good morning", "we are live"]]
    )
    username: str = Field(examples=["CNN"])
    date: Moment
    picture: str | None = Field(None, description="From `POST /api/v1/pictures`.")
    run: str | None = None


@router.post(
    "/stores/{store}/rank",
    responses=answering_rows({"rank": 1, "draft": 2, **_PREDICTION, "best": 0.64}),
)
async def rank(asked: AskedOf, contest: Contest) -> Response:
    """Order drafts by what they would get, with the chance of each to do best."""
    image = asked.picture(contest.picture)

    def ask(store: Store) -> tuple[pa.Table, str]:
        from heads.likes.rank import verdict

        found = asked.heads.ask(
            "quick",
            store,
            "rank_likes",
            contest.drafts,
            username=contest.username,
            date=contest.date,
            image=image,
            run=contest.run,
        )
        return found, verdict(found)

    table, said = await asked.answer("heads", ask)
    return answers.rows(asked.request, table, verdict=said, **answers.facts_of(table))


@router.get("/stores/{store}/explain", responses=PROBLEMS)
async def explain(
    asked: AskedOf,
    post: Annotated[str, Query(description="`source:id`, or `id` where that is unique.")],
    run: Run = None,
    most: Annotated[int, Query(ge=1, le=40)] = 5,
) -> Response:
    """Say why a stored post's prediction is what it is; all of it is association, in log1p."""

    def ask(store: Store) -> dict[str, Any]:
        found = asked.heads.ask("quick", store, "explain_likes", post, run=run, most=most)
        parts = {
            name: answers.records(getattr(found, name))
            for name in ("groups", "words", "effects", "posts")
        }
        return {"predicted": found.predicted, "run": found.run, **parts}

    return answers.value(await asked.answer("heads", ask))


@router.get(
    "/stores/{store}/when",
    responses=answering_rows({"at": "2020-06-01T18:00:00", "likes": 140.0, "multiple": 1.4}),
)
async def when(
    asked: AskedOf,
    username: str,
    text: Annotated[str | None, Query(max_length=10_000)] = None,
    timezone: Annotated[str, Query(examples=["Europe/Berlin"])] = "UTC",
    run: Run = None,
) -> Response:
    """Say what one post would get at each hour of a week, the best first."""

    def ask(store: Store) -> pa.Table:
        found = asked.heads.ask("slow", store, "when", username, text, timezone=timezone, run=run)
        return pa.Table.from_pylist([asdict(each) for each in found])

    return answers.rows(asked.request, await asked.answer("slow", ask))


class Order(Strict):
    """What is to be written."""

    company: str | None = Field(None, examples=["cnn"], description="The account's by default.")
    username: str | None = None
    date: Moment | None = None
    likes: float | None = Field(None, ge=0, description="Number of likes that are wanted.")
    caption: str | None = Field(None, description="Content of the picture, in words.")
    picture: str | None = Field(None, description="From `POST /api/v1/pictures`.")
    run: str | None = None
    seed: int = Field(0, ge=0, lt=2**32)
    n: int = Field(5, ge=1, le=20)


@router.post(
    "/stores/{store}/generate",
    responses={
        **PROBLEMS,
        200: {
            "description": "Events `step` while it writes; then one `posts`, or `problem`.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: step\ndata: {"stage": "write", "done": 3, "total": 16}\n\n',
                }
            },
        },
    },
)
async def generate(asked: AskedOf, order: Order) -> Response:
    """Write posts with a decoder of the store; no draft is fact, each says what it rests on."""
    image = asked.picture(order.picture)
    options = order.model_dump(exclude={"picture"})
    events: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(kind: str, value: Any) -> None:
        loop.call_soon_threadsafe(events.put_nowait, (kind, value))

    def write(store: Store) -> None:
        import heads

        question = work.asked.get()

        def progress(step: Step) -> None:
            if question is not None and question.stopped:
                raise work.GoneError("nobody waits for these posts any more")
            tell("step", asdict(step))

        tell("posts", asdict(heads.generate(store, image=image, progress=progress, **options)))

    # A decoder that isn't there is an error of the request, before anything is streamed.
    await asked.answer("sql", _require_decoder(order.run))

    async def run() -> None:
        try:
            await asked.answer("slow", write)
        except EmbedstoreError as error:
            detail = problems.without_paths(str(error), asked.stores.paths)
            events.put_nowait(("problem", {"status": 400, "detail": detail}))
        finally:
            events.put_nowait(None)

    async def stream() -> AsyncIterator[bytes]:
        writing = asyncio.create_task(run())
        try:
            while (event := await events.get()) is not None:
                yield sse(*event)
        finally:
            writing.cancel()

    return StreamingResponse(stream(), media_type="text/event-stream")


def sse(kind: str, value: Any) -> bytes:
    """Write one server-sent event."""
    return b"event: " + kind.encode() + b"\ndata: " + answers.encode(value) + b"\n\n"


def _require_decoder(run: str | None) -> Any:
    def check(store: Store) -> None:
        from heads.runs import find_run

        find_run(store, "tweets", run)

    return check


def _table(posts: list[Draft]) -> pa.Table:
    """Tabulate drafts as `heads.predict_likes` takes them."""
    return pa.table(
        {
            "source": ["draft"] * len(posts),
            "id": [str(number + 1) for number in range(len(posts))],
            "username": pa.array([post.username for post in posts], pa.string()),
            "company": pa.array([post.company for post in posts], pa.string()),
            "created_at": pa.array([_utc(post.created_at) for post in posts], pa.timestamp("us")),
            "text": pa.array([post.text for post in posts], pa.string()),
        }
    )


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC without its zone."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
