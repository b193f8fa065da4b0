"""Posts that were removed for good: later builds leave them out."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from embedstore.reading import Batch

LEFT_OUT = "forgotten"
"""Their kind among the posts that a build leaves out."""


def leave_out_forgotten(
    connection: duckdb.DuckDBPyConnection, batch: Batch, *, allowed: bool = False
) -> tuple[Batch, int]:
    """Take out the posts whose keys were forgotten; they leave no failure either.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    batch : Batch
        As it was read.
    allowed : bool
        Keep them, and cross their keys out.

    Returns
    -------
    Batch
        Without them.
    int
        Their number.
    """
    if not connection.execute("SELECT count(*) FROM forgotten_keys").fetchall()[0][0]:
        return batch, 0
    keys = pa.table({"source": batch.posts["source"], "id": batch.posts["id"]})
    connection.register("given_keys", keys.append_column("n", pa.array(range(keys.num_rows))))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_keys AS SELECT n, forgotten_hash(source, id) AS hash"
        " FROM given_keys WHERE forgotten_hash(source, id) IN (SELECT hash FROM forgotten_keys)"
    )
    connection.unregister("given_keys")
    if allowed:
        connection.execute("DELETE FROM forgotten_keys WHERE hash IN (SELECT hash FROM known_keys)")
        return batch, 0
    rows = [n for (n,) in connection.execute("SELECT n FROM known_keys").fetchall()]
    if not rows:
        return batch, 0
    known = pc.is_in(pa.array(range(keys.num_rows)), pa.array(rows))
    lines = set(batch.posts.filter(known)["line"].to_pylist())
    problems = [problem for problem in batch.problems if problem.line not in lines]
    kept = batch.posts.filter(pc.invert(known))
    return Batch(kept, batch.rejected, batch.fraction, problems), len(rows)
