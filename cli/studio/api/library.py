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
        import heads

        return heads.report(
            store,
            username=username,
            company=company,
            compare=compare or (),
            timezone=timezone,
            run=run,
        ).to_json()

    return answers.value(await asked.answer("slow", ask))


def _without_folders(found: dict[str, Any]) -> dict[str, Any]:
    """Name the files of builds without the folders that they lay in."""
    import json
    from pathlib import PurePath

    for build in found["builds"]:
        names = json.loads(build["inputs"] or "[]")
        build["inputs"] = [PurePath(str(name)).name for name in names]
    return found
