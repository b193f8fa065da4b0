"""Changes that several commands make: failures on record, contents forgotten, readers told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from embedstore import sql


@dataclass(frozen=True)
class Failure:
    """One thing that failed: a row of `failures`.

    Attributes
    ----------
    stage : str
        Where: ``read``, ``media``, ``fetch`` or ``decode``.
    kind : str
        A short name for what went wrong; the column `class`.
    reason : str
        The same in words.
    attempts : int
        How often it was tried this time.
    retry_after : datetime, optional
        When trying again makes sense (UTC, naive); None if never.
    """

    stage: str
    kind: str
    reason: str
    source: str | None = None
    file: str | None = None
    line: int | None = None
    url: str | None = None
    attempts: int = 1
    retry_after: datetime | None = None
    raw: str | None = None


_FAILURE_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("class", pa.string()),
        ("reason", pa.string()),
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("url", pa.string()),
        ("attempts", pa.int32()),
        ("retry_after", pa.timestamp("us")),
        ("raw", pa.string()),
        ("last_build", pa.int64()),
        ("failed_at", pa.timestamp("us")),
    ]
)


def record_failures(
    connection: duckdb.DuckDBPyConnection, failures: Sequence[Failure], *, build_id: int
) -> None:
    """Write rows of `failures`; one that is there already counts another attempt."""
    if not failures:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    rows: list[dict[str, Any]] = []
    for failure in failures:
        row = asdict(failure)
        row["class"] = row.pop("kind")
        rows.append(row | {"last_build": build_id, "failed_at": now})
    connection.register("failed", pa.Table.from_pylist(rows, schema=_FAILURE_SCHEMA))
    connection.execute(sql.read("storage/record_failures"))
    connection.unregister("failed")


def forget_unused(
    connection: duckdb.DuckDBPyConnection, candidates: str, parameters: Sequence[Any] = ()
) -> int:
    """Delete contents, with their vectors, that nothing uses any more.

    Leaves them in the temporary table `forgotten`, with the columns of `contents`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    candidates : str
        A query of ours with the column `content_id`.
    parameters : sequence
        Values for its placeholders.

    Returns
    -------
    int
        How many contents went.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {candidates}", parameters)
    connection.execute(sql.read("storage/forget_contents"))
    return int(connection.execute("SELECT count(*) FROM forgotten").fetchall()[0][0])


def assign_contents(connection: duckdb.DuckDBPyConnection) -> None:
    """Give posts the contents they lack, such as formatted texts that no space wanted before."""
    connection.execute(sql.read("storage/assign_contents"))


def touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell everyone who keeps something derived from the store that it has changed."""
    connection.execute(
        "UPDATE meta SET value = (value::BIGINT + 1)::VARCHAR WHERE key = 'generation'"
    )
