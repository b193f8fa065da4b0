"""SQL: a query on the store, its rows, and a chart of them."""

from dataclasses import dataclass

import pyarrow as pa
from embedstore.cli.output import human
from embedstore.cli.studio.pages import charts
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import HereOf
from fastapi import Response

from embedstore import sql
from embedstore.errors import EmbedstoreError
from embedstore.store import Store

router = views()

SHOWN_ROWS = 500
MOST_ROWS = 100_000
"""Rows of a download."""

TIMEOUT = 20.0
"""Seconds that a query may take."""

MOST_MEMORY = 500_000_000
"""Bytes that its rows may take."""

EXAMPLES = {
    "Who is liked for it": (
        "SELECT company, count(*) AS posts, round(median(likes)) AS likes\n"
        "FROM search('free coffee this morning', 200, where := 'likes IS NOT NULL')\n"
        "JOIN posts USING (post_id)\n"
        "GROUP BY company HAVING posts >= 3 ORDER BY likes DESC LIMIT 10"
    ),
    "Likes over the years": (
        "SELECT date_trunc('quarter', created_at) AS quarter, count(*) AS posts,\n"
        "  round(median(likes)) AS likes\n"
        "FROM posts WHERE created_at IS NOT NULL GROUP BY quarter ORDER BY quarter"
    ),
    "The most liked posts": (
        "SELECT created_at, username, likes, text FROM posts\n"
        "ORDER BY likes DESC NULLS LAST LIMIT 20"
    ),
}


@dataclass(frozen=True)
class Table:
    """A table or view of the store.

    Attributes
    ----------
    name : str
        Its name.
    comment : str
        What it holds.
    columns : list of tuple
        Name and type of each column.
    """

    name: str
    comment: str
    columns: list[tuple[str, str]]


@router.get("/s/{store}/sql")
def console(here: HereOf) -> Response:
    """Show the query of the address with its rows, or a query to begin with."""
    given = here.request.query_params
    query = given.get("q", "").strip()
    rows: pa.Table | None = None
    error = None
    more = False
    if query:
        try:
            rows, more = run(here.store, query, SHOWN_ROWS)
        except EmbedstoreError as problem:
            error = here.said(problem)
    chart = None if rows is None else charts.chart(rows, given.get("chart", ""))
    return here.render(
        "sql.html",
        "sql",
        query=query,
        examples=EXAMPLES,
        schema=schema(here.store),
        rows=rows,
        columns=[] if rows is None else [(f.name, charts.is_number(f.type)) for f in rows.schema],
        cells=[] if rows is None else cells(rows),
        more=more,
        shown=SHOWN_ROWS,
        chart=chart,
        error=error,
    )


@router.get("/s/{store}/sql.{form}")
def rows_of_query(here: HereOf, form: str) -> Response:
    """Return a query's rows as a file."""
    rows, _ = run(here.store, here.request.query_params.get("q", ""), MOST_ROWS)
    return download(rows, f"{here.name}-query", form)


def run(store: Store, query: str, most: int) -> tuple[pa.Table, bool]:
    """Run a query, read-only; returns its first rows, and whether there are more.

    Raises
    ------
    QueryError
        It can't be run, or takes more than it may.
    """
    batches = []
    left = most + 1
    with store.stream(query, timeout=TIMEOUT, max_memory=MOST_MEMORY) as rows:
        for batch in rows.batches:
            batches.append(batch.slice(0, left))
            left -= len(batches[-1])
            if left <= 0:
                break
        table = pa.Table.from_batches(batches, rows.schema)
    return table.slice(0, most), table.num_rows > most


def cells(rows: pa.Table) -> list[list[str]]:
    """Write the rows as a table shows them; a column of midnights is one of days."""
    columns = []
    for column in rows.columns:
        written = [human(value) for value in column.to_pylist()]
        if pa.types.is_timestamp(column.type) and all(
            text.endswith(" 00:00:00") for text in written if text
        ):
            written = [text.removesuffix(" 00:00:00") for text in written]
        columns.append(written)
    return [list(row) for row in zip(*columns, strict=True)]


def schema(store: Store) -> list[Table]:
    """List the tables and views that are meant for queries, with their columns."""
    found: dict[str, Table] = {}
    for row in store.sql(sql.read("studio/schema")).to_pylist():
        table = found.setdefault(row["table"], Table(row["table"], row["comment"] or "", []))
        table.columns.append((row["column"], row["type"]))
    return list(found.values())
