"""SQL files of ours over Arrow tables, in a database in memory."""

import os
import tempfile
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore import sql

MEMORY_LIMIT = "2GB"
"""Memory of DuckDB; what needs more is spilled to disk."""


def run_sql(name: str, **tables: pa.Table) -> pa.Table:
    """Run one of our SQL files over Arrow tables, in a database in memory."""
    with _database().cursor() as connection:
        for table, rows in tables.items():
            connection.register(table, rows)
        return connection.sql(sql.read(name)).to_arrow_table()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Open the database that a process runs such files in: opening one takes 20 ms."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "memory_limit": MEMORY_LIMIT,
        # DuckDB makes it when it has to spill, and deletes it at the end.
        "temp_directory": str(Path(tempfile.gettempdir()) / f"embedstore-heads-{os.getpid()}"),
        "threads": 2,
    }
    return duckdb.connect(":memory:", config=config)
