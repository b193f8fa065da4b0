"""Changes that several commands make: record failures, delete or assign contents, tell readers."""

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
    stage : {"read", "media", "fetch", "decode"}
        Stage of the build.
    kind : str
        Short name for the kind of failure; the column `class`.
    reason : str
        The failure in words.
    source : str, optional
        Source of the post.
    file : str, optional
        Input file, or the folder of a local picture.
    line : int, optional
        Line in the input file, from 1.
    url : str, optional
        Address of a picture.
    attempts : int
        Number of attempts in this build.
    retry_after : datetime, optional
        Time from which another attempt makes sense (UTC, naive); None if never.
    raw : str, optional
        The row as it was read, or the SHA-256 of a picture that can't be decoded.
    id : str, optional
        Id of the post within its source, for a row that was refused because that key
        belongs to another post.
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
    id: str | None = None


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
        ("id", pa.string()),
        ("last_build", pa.int64()),
        ("failed_at", pa.timestamp("us")),
    ]
)


def record_failures(
    connection: duckdb.DuckDBPyConnection, failures: Sequence[Failure], *, build_id: int
) -> None:
    """Write rows of `failures`, or add to `attempts` of a row that is already there.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    failures : sequence of Failure
        Failures to record.
    build_id : int
        The build in which it failed.
    """
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
    """Delete contents that no post or picture uses any more, with their vectors.

    The rows that were deleted are left in the temporary table `forgotten`, with the columns
    of `contents`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    candidates : str
        A query with the column `content_id`, of contents that may be unused. It becomes part
        of a statement: never text from a user.
    parameters : sequence
        Values for its placeholders.

    Returns
    -------
    int
        Number of contents deleted.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {candidates}", parameters)
    connection.execute(sql.read("storage/forget_contents"))
    return int(connection.execute("SELECT count(*) FROM forgotten").fetchall()[0][0])


def assign_contents(connection: duckdb.DuckDBPyConnection) -> None:
    """Link texts to contents where posts have none yet, making the contents they need.

    Formatted texts have none until the first space that embeds them is declared.
    """
    connection.execute(sql.read("storage/assign_contents"))


def touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise the store's generation: processes that cache something of it then read it again."""
    connection.execute(
        "UPDATE meta SET value = (value::BIGINT + 1)::VARCHAR WHERE key = 'generation'"
    )
