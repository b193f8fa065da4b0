"""What there is: stores, their contents, heads and reports."""

from typing import Annotated, Any

import pyarrow as pa
from embedstore.cli.studio import answers
from embedstore.cli.studio.api.asked import PREFIX, PROBLEMS, AskedOf, Run, answering_rows
from embedstore.cli.studio.stores import Stores
from fastapi import APIRouter, Query, Request, Response

from embedstore.errors import InputError
from embedstore.store import Store

router = APIRouter(prefix=PREFIX, tags=["stores"])


@router.get("/stores", responses={k: v for k, v in PROBLEMS.items() if k != 404})
def list_stores(request: Request) -> list[str]:
    """List the names of the stores."""
    stores: Stores = request.app.state.stores
    return stores.names


@router.get("/stores/{store}/info", responses=PROBLEMS)
async def info(asked: AskedOf) -> Response:
    """Count what a store holds: sources, spaces, failures, builds and bytes."""

    def ask(store: Store) -> dict[str, Any]:
        from embedstore.maintenance.info import info

        return info(store).to_json()

    found = await asked.answer("sql", ask)
    return answers.value({"name": asked.name, **_without_folders(found)})


@router.get(
    "/stores/{store}/runs",
    responses=answering_rows({"run_id": "likes-20260101-120000-000", "head": "likes"}),
)
async def runs(asked: AskedOf) -> Response:
    """List the heads of a store, newest first."""

    def ask(store: Store) -> pa.Table:
        import heads

        return heads.list_runs(store)

    return answers.rows(asked.request, await asked.answer("sql", ask))


@router.get("/stores/{store}/report", responses=PROBLEMS)
async def report(
    asked: AskedOf,
    username: str | None = None,
    company: str | None = None,
    compare: Annotated[list[str] | None, Query(max_length=10)] = None,
    timezone: Annotated[str, Query(examples=["Europe/Berlin"])] = "UTC",
    run: Run = None,
) -> Response:
    """Report what works for one account, one company, or several accounts beside each other."""
    if sum(bool(who) for who in (username, company, compare)) != 1:
        raise InputError("say whom it is about with one of `username`, `company` and `compare`")

    def ask(store: Store) -> dict[str, Any]:
        found: dict[str, Any] = asked.heads.ask(
            "slow",
            store,
            "report",
            username=username,
            company=company,
            compare=compare or (),
            timezone=timezone,
            run=run,
        ).to_json()
        return found

    return answers.value(await asked.answer("slow", ask))


@router.get(
    "/stores/{store}/topics",
    responses=answering_rows({"topic_id": 3, "name": "coffee, morning", "level": 0, "size": 120}),
)
async def topics(asked: AskedOf) -> Response:
    """List topics and groups of topics, the largest first; none before they were looked for."""
    table = await asked.answer("sql", lambda store: _read(store, "topics", _TOPICS))
    return answers.rows(asked.request, table)


@router.get(
    "/stores/{store}/labels",
    responses=answering_rows({"name": "tone", "label": "funny", "posts": 120, "probability": 0.8}),
)
async def labels(asked: AskedOf) -> Response:
    """List labels with their classes: how many posts have each, and how sure that is."""
    table = await asked.answer("sql", lambda store: _read(store, "labels", _LABELS))
    return answers.rows(asked.request, table)


@router.get(
    "/stores/{store}/labels/{name}/suggestions",
    responses=answering_rows({"post_id": 17, "text": "good morning"}),
)
async def suggestions(
    asked: AskedOf, name: str, count: Annotated[int, Query(ge=1, le=200)] = 20
) -> Response:
    """List the posts that a label's head would learn most from."""

    def ask(store: Store) -> pa.Table:
        found: pa.Table = asked.heads.ask("quick", store, "suggest_posts", name, count)
        return found

    return answers.rows(asked.request, await asked.answer("heads", ask))


_TOPICS = "FROM topics ORDER BY size DESC, topic_id"

_LABELS = """
SELECT name, label, count(*) AS posts, round(avg(probability), 4) AS probability
FROM labels GROUP BY name, label ORDER BY name, posts DESC, label
"""


def _read(store: Store, table: str, query: str) -> pa.Table:
    """Run a query; no rows where a store of an earlier version lacks the table."""
    there = store.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [table])
    return store.sql(query) if there.num_rows else pa.table({})


def _without_folders(found: dict[str, Any]) -> dict[str, Any]:
    """Name the files of builds without the folders that they lay in."""
    import json
    from pathlib import PurePath

    for build in found["builds"]:
        names = json.loads(build["inputs"] or "[]")
        build["inputs"] = [PurePath(str(name)).name for name in names]
    return found
