"""Trained heads on record: one run is one head with its split, settings and metrics."""

import pyarrow as pa

from embedstore.errors import InputError
from embedstore.store import Store


def list_runs(store: Store) -> pa.Table:
    """The runs of a store, newest first: run_id, head, created_at, split."""
    return store.sql(
        "SELECT run_id, head, created_at, split FROM runs ORDER BY created_at DESC, run_id"
    )


def show_run(store: Store, run_id: str) -> pa.Table:
    """One run as rows of name and value: split, settings and metrics.

    Raises
    ------
    InputError
        The store has no such run.
    """
    found = store.sql(
        "SELECT run_id, head, created_at::VARCHAR AS created_at, split,"
        " settings::VARCHAR AS settings, metrics::VARCHAR AS metrics FROM runs WHERE run_id = ?",
        [run_id],
    ).to_pylist()
    if not found:
        known = ", ".join(list_runs(store)["run_id"].to_pylist()) or "none"
        raise InputError(f"{store.path} has no run {run_id!r}; it has {known}")
    return pa.table({"name": list(found[0]), "value": list(found[0].values())})
