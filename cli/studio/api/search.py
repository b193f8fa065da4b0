"""Posts: listed, found by likeness, asked for in SQL."""

import base64
import binascii
import json
from typing import Annotated, Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
from embedstore.cli.studio import answers
from embedstore.cli.studio.api.asked import (
    PREFIX,
    PROBLEMS,
    AskedOf,
    Moment,
    Strict,
    answering_rows,
)
from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from embedstore.arrays import Vectors
from embedstore.errors import QueryError
from embedstore.storage.filters import filter_errors, posts_where
from embedstore.storage.limits import Clock
from embedstore.store import Store

router = APIRouter(prefix=PREFIX, tags=["posts"])

MOST_ROWS = 10_000
"""Rows of one answer."""

MOST_BYTES = 64_000_000
"""Bytes that the rows of one answer may take in memory."""

TIMEOUT_S = 30.0
"""Seconds that a query or a filter may take."""

MOST_NEAREST = 1000

_POST = {
    "post_id": 17,
    "source": "train",
    "id": "42",
    "username": "CNN",
    "company": "cnn",
    "created_at": "2020-06-01T12:00:00",
    "likes": 120,
    "text": "good morning",
}

_COLUMNS = ("post_id", "source", "id", "username", "company", "created_at", "likes", "text")

Where = Annotated[
    str | None,
    Field(
        description="SQL condition on the columns of `posts`.",
        examples=["company = 'cnn' AND likes > 100"],
        max_length=10_000,
    ),
]


@router.get("/stores/{store}/posts", responses=answering_rows(_POST, next="WzE3XQ"))
async def posts(
    asked: AskedOf,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most posts of this page.")] = 100,
    cursor: Annotated[
        str | None, Query(description="`next` of the page before; the first page without it.")
    ] = None,
    where: Annotated[
        str | None, Query(description="SQL condition on the columns of `posts`.", max_length=10_000)
    ] = None,
) -> Response:
    """List posts, those that were stored last first, page by page."""
    after = None if cursor is None else _read_cursor(cursor)
    table = await asked.answer("sql", lambda store: _page(store, where, after, limit))
    last = table["post_id"][-1].as_py() if table.num_rows == limit else None
    return answers.rows(asked.request, table, next=None if last is None else _cursor_after(last))


def _single(vector: list[float]) -> Vectors:
    """Convert a vector to float32; numbers that it can't hold become infinite, and are refused."""
    with np.errstate(over="ignore"):
        return np.asarray(vector, dtype=np.float32)


class Likeness(Strict):
    """What to look for: by meaning one of text, post, picture and vector; by spelling words."""

    text: str | None = Field(None, examples=["new flavour, same cup"], max_length=100_000)
    post: str | None = Field(None, description="`source:id`, or `id` where that is unique.")
    words: str | None = Field(
        None,
        max_length=10_000,
        description="Words that posts have; beside one of the others both lists are fused.",
    )
    picture: str | None = Field(None, description="From `POST /api/v1/pictures`.")
    vector: list[float] | None = Field(None, max_length=100_000)
    k: int = Field(10, ge=1, le=MOST_NEAREST, description="Posts to find.")
    where: Where = None
    before: Moment | None = None
    space: str | None = None
    among: Literal["texts", "images"] | None = None
    distinct: bool = Field(False, description="Show posts with the same text or picture once.")


@router.post(
    "/stores/{store}/similar",
    responses=answering_rows({"query": 0, "rank": 1, "score": 0.83, **_POST}),
)
async def similar(asked: AskedOf, likeness: Likeness) -> Response:
    """Find posts by meaning, nearest to a text, a post, a picture or a vector, or by words."""
    image = asked.picture(likeness.picture)
    vector = likeness.vector

    def find(store: Store) -> pa.Table:
        return store.similar(
            image=image,
            vector=None if vector is None else _single(vector),
            timeout=TIMEOUT_S,
            **likeness.model_dump(exclude={"picture", "vector"}),
        )

    return answers.rows(asked.request, await asked.answer("search", find))


class SqlQuery(Strict):
    """One SQL statement that reads."""

    query: str = Field(
        examples=["SELECT company, avg(likes) AS likes FROM posts GROUP BY 1"], max_length=100_000
    )
    parameters: list[Any] | dict[str, Any] | None = Field(
        None, description="Values for its placeholders `?` or `$name`."
    )
    max_rows: int = Field(1000, ge=1, le=MOST_ROWS)
    timeout: float = Field(TIMEOUT_S, gt=0, le=TIMEOUT_S, description="Seconds.")


@router.post("/stores/{store}/sql", responses=answering_rows({"company": "cnn", "likes": 120.5}))
async def sql(asked: AskedOf, query: SqlQuery) -> Response:
    """Run SQL that reads; it ends when the client goes."""
    table = await asked.answer(
        "sql",
        lambda store: store.sql(
            query.query,
            query.parameters,
            timeout=query.timeout,
            max_rows=query.max_rows,
            max_memory=MOST_BYTES,
        ),
    )
    return answers.rows(asked.request, table)


class Picture(BaseModel):
    """A picture that can be asked about."""

    picture: str = Field(description="Its name in questions: the SHA-256 of its bytes.")


@router.post("/pictures", responses={k: v for k, v in PROBLEMS.items() if k != 404})
async def keep_picture(request: Request, file: Annotated[UploadFile, File()]) -> Picture:
    """Send a picture, to look for it or to go with drafts; it is kept for a while."""
    from embedstore.cli.studio.pages.uploads import pictures, read_limited

    data = await read_limited(file, request.app.state.settings.max_picture)
    return Picture(picture=await run_in_threadpool(pictures(request).keep, data))


def _page(store: Store, where: str | None, after: int | None, limit: int) -> pa.Table:
    with store.connection() as connection, Clock(TIMEOUT_S).watch(connection):
        found = posts_where(connection, where)
        if after is not None:
            before = duckdb.ColumnExpression("post_id") < duckdb.ConstantExpression(after)
            found = found.filter(before)
        with filter_errors(where):
            found = found.select(*map(duckdb.ColumnExpression, _COLUMNS))
            return found.order("post_id DESC").limit(limit).to_arrow_table()


def _cursor_after(post_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([post_id]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int:
    try:
        [post_id] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(post_id) is int and abs(post_id) < 2**63:
            return post_id
    except (ValueError, TypeError, binascii.Error):
        pass
    raise QueryError("the cursor is none of this service: begin without one")
