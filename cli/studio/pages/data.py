"""Data: what the store holds, how it came in, what failed, and what was learned from it.

What this view alone needs is imported when it is asked for, so that a service is there sooner.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import HereOf
from embedstore.cli.studio.pages.uploads import read_limited
from fastapi import File, HTTPException, Response, UploadFile
from fastapi.concurrency import run_in_threadpool

import heads
from embedstore import sql
from embedstore.errors import EmbedstoreError
from embedstore.store import Store

if TYPE_CHECKING:
    from embedstore.building.describe_inputs import Explanation

router = views()

MOST_BYTES = 50_000_000
"""Bytes of a file that someone drops in to see how it would be read."""


@router.post("/s/{store}/data/read")
async def read_file(here: HereOf, file: Annotated[UploadFile, File()]) -> Response:
    """Say how a file would be read, as a piece of the page; nothing of it is stored."""
    name = Path(file.filename or "posts").name
    try:
        content = await read_limited(file, MOST_BYTES)
        found = await run_in_threadpool(explain, name, content)
    except EmbedstoreError as error:
        return here.render("data_read.html", error=here.said(error))
    return here.render("data_read.html", read=found, name=name)


def explain(name: str, content: bytes) -> "list[Explanation]":
    """Say how a file would be read.

    Raises
    ------
    InputError
        It can't be read at all.
    """
    from embedstore.building.describe_inputs import explain_inputs
    from embedstore.building.options import BuildOptions
    from embedstore.reading import ReadOptions

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / name
        path.write_bytes(content)
        try:
            return explain_inputs([path], BuildOptions(read=ReadOptions()))
        except EmbedstoreError as error:
            # Where it lay for a moment is nobody's business.
            raise type(error)(str(error).replace(f"{place}/", "")) from error


@router.get("/s/{store}/data")
def data(here: HereOf) -> Response:
    """Show what the store holds."""
    from embedstore.maintenance.info import info

    found = info(here.store)
    [totals] = here.store.sql(
        "SELECT count(*) AS posts, count(DISTINCT username) AS accounts,"
        " count(DISTINCT company) AS companies, min(created_at) AS first,"
        " max(created_at) AS last FROM posts"
    ).to_pylist()
    return here.render(
        "data.html",
        "data",
        info=found,
        totals=totals,
        sizes=_shares(found.sizes),
        failures=_failures(here.store),
        builds=[_build(row) for row in found.builds.to_pylist()],
        stages=_stages(here.store),
        runs=heads.list_runs(here.store).to_pylist(),
    )


def _failures(store: Store) -> list[dict[str, Any]]:
    """Group the failures by reason, with what would mend them."""
    remedies: dict[str, str] = {}
    for row in store.sql(
        "SELECT report::VARCHAR AS report FROM builds WHERE report IS NOT NULL"
    ).to_pylist():
        report = json.loads(row["report"])
        for each in [*report.get("rejections", []), *report.get("problems", [])]:
            if each["remedy"]:
                remedies[each["reason"]] = each["remedy"]
    return [
        row | {"remedy": next((remedies[each] for each in row["reasons"] if each in remedies), "")}
        for row in store.sql(sql.read("studio/reasons")).to_pylist()
    ]


def _shares(sizes: Mapping[str, int]) -> list[tuple[str, int, float, float]]:
    """Return name, bytes, start and length in hundredths of each part of the store."""
    total = sum(sizes.values()) or 1
    found, at = [], 0.0
    for name, count in sizes.items():
        found.append((name, count, round(at, 2), round(100 * count / total, 2)))
        at += 100 * count / total
    return found


def _build(row: dict[str, Any]) -> dict[str, Any]:
    """Name the files of a build without the folders they lay in."""
    names = [Path(str(name)).name for name in json.loads(row["inputs"])]
    return row | {
        "inputs": ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
    }


def _stages(store: Store) -> list[tuple[str, float, float]]:
    """Return the stages of the last build: name, seconds, and share of the longest."""
    rows = store.sql(
        "SELECT report->>'$.seconds' AS seconds FROM builds WHERE report IS NOT NULL"
        " ORDER BY build_id DESC LIMIT 1"
    ).to_pylist()
    seconds = json.loads(rows[0]["seconds"]) if rows and rows[0]["seconds"] else {}
    most = max(seconds.values(), default=0) or 1
    return [(name, each, round(100 * each / most, 2)) for name, each in seconds.items() if each > 0]


@router.get("/s/{store}/data/{table}.{form}")
def rows_of_table(here: HereOf, table: str, form: str) -> Response:
    """Return one of the page's tables as a file."""
    from embedstore.maintenance.info import info

    if table == "failures":
        return download(here.store.sql(sql.read("studio/failures")), f"{here.name}-failures", form)
    if table == "runs":
        return download(heads.list_runs(here.store), f"{here.name}-runs", form)
    found = info(here.store)
    if table not in ("sources", "spaces", "builds"):
        raise HTTPException(404)
    rows = getattr(found, table)
    if table == "builds":
        return download([_build(row) for row in rows.to_pylist()], f"{here.name}-builds", form)
    return download(rows, f"{here.name}-{table}", form)


@router.get("/s/{store}/data/runs/{run}")
def run_page(here: HereOf, run: str) -> Response:
    """Show one run: its card, and its plots."""
    from heads.runs import folder, show_run

    try:
        show_run(here.store, run)
        place = folder(here.store, run)
    except EmbedstoreError as error:
        raise HTTPException(404, f"there is no run {run!r}") from error
    card = place / "card.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    plots = sorted(file.name for file in place.glob("*.png"))
    return here.render("run.html", "data", run=run, parts=parts(text), plots=plots)


@router.get("/s/{store}/data/runs/{run}/{plot}.png")
def plot(here: HereOf, run: str, plot: str) -> Response:
    """Serve one of a run's plots."""
    from heads.runs import folder, show_run

    try:
        show_run(here.store, run)
        files = {file.stem: file for file in folder(here.store, run).glob("*.png")}
    except EmbedstoreError as error:
        raise HTTPException(404) from error
    if plot not in files:
        raise HTTPException(404)
    return Response(files[plot].read_bytes(), media_type="image/png")


def parts(card: str) -> list[tuple[str, Any]]:
    """Parse a card of ours: headings, tables and paragraphs are all the Markdown that it has.

    Returns
    -------
    list of tuple
        "title", "heading" or "text" with a text, or "table" with its rows.
    """
    found: list[tuple[str, Any]] = []
    for block in card.strip().split("\n\n"):
        lines = block.strip().splitlines()
        if not lines:
            continue
        if lines[0].startswith("#"):
            kind = "title" if lines[0].startswith("# ") else "heading"
            found.append((kind, lines[0].lstrip("# ")))
            lines = lines[1:]
        if lines and lines[0].startswith("|"):
            rows = [
                [cell.strip() for cell in line.strip().strip("|").split("|")]
                for line in lines
                if not set(line) <= set("|-: ")
            ]
            # A line of empty cells is a table without a header.
            head = rows[0] if rows and any(rows[0]) else []
            if set(lines[0]) <= set("| "):
                head = []
            body = rows if not head else rows[1:]
            found.append(("table", (head, [row for row in body if any(row)])))
        elif lines:
            found.append(("text", " ".join(lines)))
    return found
