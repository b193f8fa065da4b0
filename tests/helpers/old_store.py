"""Stores as an earlier version of the schema has them."""

from pathlib import Path

import duckdb

from embedstore import sql
from embedstore.storage.layout import database_file


def downgrade(path: Path, version: int) -> None:
    """Give a store's database the schema of a version, with the rows that fit into it."""
    file, old = database_file(path), path / "old.duckdb"
    with duckdb.connect(str(old)) as connection:
        for number, statements in sql.migrations():
            if number <= version:
                connection.execute(statements)
        columns = connection.execute(
            "SELECT table_name, string_agg(column_name, ', ') FROM duckdb_columns()"
            " WHERE NOT internal GROUP BY 1"
        ).fetchall()
        connection.execute(f"ATTACH '{file}' AS current (READ_ONLY)")
        for table, names in columns:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM current.{table}")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", [str(version)])
    old.replace(file)
