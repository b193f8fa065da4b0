"""Trained heads on record: one run is one head with its split, settings, metrics and files.

A run's folder in the store's ``runs/`` holds settings in JSON, arrays in safetensors and trees
in LightGBM's text form; nothing in it is unpickled.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.errors import EmbedstoreError, FingerprintError, InputError, first_line
from embedstore.files import whole_folder
from embedstore.index import upkeep
from embedstore.storage import database, faults
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import touch
from embedstore.storage.layout import run_folder
from embedstore.storage.run_files import altered_files, fit_command, hash_files, runs_lock
from embedstore.storage.unfinished import delete_unrecorded_runs, finish, pend_run
from embedstore.store import Store
from heads.arrays import Vectors
from heads.stores import StoreLike, as_store


@dataclass(frozen=True)
class Run:
    """A trained head on record.

    Attributes
    ----------
    run_id : str
        Its id in the table `runs`, and its folder's name.
    folder : Path
        Its files.
    metrics : dict
        Scores on the posts that the split holds out, by name; of a decoder also the course of
        its training.
    """

    run_id: str
    folder: Path
    metrics: dict[str, Any]


SCORES = {"likes": "log_rmse", "tweets": "bits_per_byte"}
"""Main score of each head, among its metrics."""


def list_runs(store: StoreLike) -> pa.Table:
    """List the runs of a store, newest first.

    Parameters
    ----------
    store : Store or path
        The store.

    Returns
    -------
    pyarrow.Table
        run_id, head, pinned (None where it isn't), model, kpi (what is predicted; None of a
        decoder), inputs, split, metric and score (the head's main one, on the posts that the
        split holds out), created_at.
    """
    store = as_store(store)
    rows = store.sql("FROM runs ORDER BY created_at DESC, run_id").to_pylist()
    return pa.Table.from_pylist([_summary(row) for row in rows], schema=_SUMMARY)


_SUMMARY = pa.schema(
    [(name, pa.string()) for name in ("run_id", "head")]
    + [("pinned", pa.bool_())]
    + [(name, pa.string()) for name in ("model", "kpi", "inputs", "split", "metric")]
    + [("score", pa.float64()), ("created_at", pa.timestamp("us"))]
)


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say in a row what a run is and how good it is."""
    settings, metrics = json.loads(row["settings"]), json.loads(row["metrics"])
    metric = SCORES.get(row["head"], settings.get("score"))
    score = metrics.get(metric)
    inputs = settings.get("inputs", settings.get("spaces", {}))
    return {
        **{name: row[name] for name in ("run_id", "head", "split", "created_at")},
        "pinned": row.get("pinned"),
        "model": settings.get("model", settings.get("base")),
        "kpi": target(settings) if "kpi" in settings else None,
        "inputs": ",".join(inputs),
        "metric": metric,
        "score": score[0] if score else None,
    }


def target(settings: Mapping[str, Any]) -> str:
    """Name what a likes head predicts: ``likes``, or ``likes after 24h``."""
    after = settings.get("after")
    return f"{settings['kpi']} after {after}" if after else str(settings["kpi"])


def show_run(store: Store, run_id: str) -> pa.Table:
    """Show one run as rows of name and value: split, settings and metrics.

    Raises
    ------
    InputError
        The store has no such run, or the id has a path separator.
    """
    _checked(run_id)
    found = store.sql(
        "SELECT run_id, head, created_at::VARCHAR AS created_at, split,"
        " settings::VARCHAR AS settings, metrics::VARCHAR AS metrics FROM runs WHERE run_id = ?",
        [run_id],
    ).to_pylist()
    if not found:
        known = ", ".join(list_runs(store)["run_id"].to_pylist()) or "none"
        raise InputError(f"{store.path} has no run {run_id!r}; it has {known}")
    return pa.table({"name": list(found[0]), "value": list(found[0].values())})


def folder(store: Store, run_id: str) -> Path:
    """Return the folder of a run's files.

    Raises
    ------
    StoreError
        The id, which is on record in the store, would lead out of the store's ``runs/``.
    """
    return run_folder(store.path, run_id)


def _checked(run_id: str) -> str:
    """Refuse an id that could name a file anywhere else than in ``runs/``."""
    if run_id in ("", ".", "..") or any(mark in run_id for mark in "/\\\0"):
        raise InputError(
            f"{run_id!r} can't be the id of a run: ids have no path separators;"
            " `heads list STORE` shows them"
        )
    return run_id


def has_run(store: Store, head: str) -> bool:
    """Tell whether the store has a run of a head (``likes`` or ``tweets``)."""
    found = store.sql("SELECT run_id FROM runs WHERE head = ? LIMIT 1", [head])
    return bool(found.num_rows)


def find_run(store: Store, head: str, run_id: str | None = None) -> tuple[str, dict[str, Any]]:
    """Find the named run, the pinned one or the newest of a head; returns its id and settings.

    Raises
    ------
    InputError
        There is none, or its files are gone or damaged.
    """
    if run_id is not None:
        _checked(run_id)
    found = store.sql(
        "FROM runs WHERE head = $head AND ($run IS NULL OR run_id = $run)"
        " ORDER BY created_at DESC, run_id DESC",
        {"head": head, "run": run_id},
    ).to_pylist()
    if not found:
        if run_id is not None:
            show_run(store, run_id)
            raise InputError(f"run {run_id!r} of {store.path} is no head of {head}")
        raise InputError(
            f"{store.path} has no head of {head} yet: train one with"
            f" `{fit_command(head, store.path)}`"
        )
    # Runs of older stores have no column `pinned`.
    chosen = next((row for row in found if row.get("pinned")), found[0])
    name = str(chosen["run_id"])
    if not folder(store, name).is_dir():
        raise InputError(
            f"the files of run {name} are gone from {folder(store, name)}: fit it again"
        )
    # Runs of older stores have no hashes.
    altered = altered_files(folder(store, name), json.loads(chosen.get("files") or "{}"))
    if altered:
        raise InputError(
            f"the files of run {name} are missing or damaged ({', '.join(altered)} in"
            f" {folder(store, name)}): fit it again"
        )
    return name, json.loads(chosen["settings"])


def pin_run(store: StoreLike, run_id: str, *, pinned: bool = True) -> None:
    """Let a run answer for its head wherever no run is named, instead of the newest.

    Parameters
    ----------
    store : Store or path
        The store.
    run_id : str
        The run. Another one of the same head is pinned no longer.
    pinned : bool
        False lets the newest answer again.

    Raises
    ------
    InputError
        The store has no such run, or was opened read-only.
    """
    store = as_store(store, write=True)
    show_run(store, run_id)
    database.create(store.path)
    with database.transaction(store.path) as connection:
        connection.execute(
            "UPDATE runs SET pinned = CASE WHEN run_id = $run AND $pinned THEN true END"
            " WHERE head = (SELECT head FROM runs WHERE run_id = $run)",
            {"run": run_id, "pinned": pinned},
        )


def remove_run(store: StoreLike, run_id: str) -> int:
    """Delete a run with its files and its predictions of stored posts.

    If the process is killed once it is off the record, the next command that writes to the
    store deletes the files.

    Parameters
    ----------
    store : Store or path
        The store.
    run_id : str
        The run.

    Returns
    -------
    int
        Number of predictions that were deleted with it.

    Raises
    ------
    InputError
        The store has no such run, or was opened read-only.
    StoreBusyError
        A build is at work.
    """
    store = as_store(store, write=True)
    show_run(store, run_id)
    with build_lock(store.path), faults.store_errors(store.path):
        database.create(store.path)
        with database.transaction(store.path) as connection:
            count = stored_predictions(connection, run_id)
            connection.execute("DELETE FROM predictions WHERE run_id = ?", [run_id])
            connection.execute("DELETE FROM runs WHERE run_id = ?", [run_id])
            pend_run(connection, run_id)
            touch(connection)
        finish(store.path, upkeep.rebuild)
    return count


def stored_predictions(connection: duckdb.DuckDBPyConnection, run_id: str) -> int:
    """Count the predictions of stored posts that a run has left in the store."""
    [[count]] = connection.execute(
        "SELECT count(*) FROM predictions WHERE run_id = ?", [run_id]
    ).fetchall()
    return int(count)


@contextmanager
def reading(store: Store, run_id: str) -> Iterator[None]:
    """Turn any error while a run's files are read into one that names the remedy.

    The files of a run without hashes may be damaged in any way, and each library that reads
    them has errors of its own.

    Raises
    ------
    InputError
        A file can't be read.
    """
    try:
        yield
    except EmbedstoreError:
        raise
    except Exception as error:
        raise InputError(
            f"the files of run {run_id} in {folder(store, run_id)} can't be read"
            f" ({first_line(error)}): fit it again"
        ) from error


def open_to_fit(store: StoreLike) -> Store:
    """Open a store that a run is to be kept in, before anything is trained.

    A store of an earlier version gets this version's schema.

    Raises
    ------
    InputError
        It was opened read-only.
    StoreError
        It can't be written to.
    """
    opened = as_store(store, write=True)
    database.create(opened.path)
    return opened


def save_run(
    store: Store,
    head: str,
    *,
    split: str,
    settings: Mapping[str, Any],
    metrics: dict[str, Any],
    write: Callable[[Path], None],
) -> Run:
    """Put a run on record; its files appear whole, and before its row.

    Parameters
    ----------
    store : Store
        The store, as `open_to_fit` gives it.
    head : str
        ``likes`` or ``tweets``.
    split : str
        The split, as ``--split`` has it.
    settings, metrics : dict
        Kept in the table `runs`; settings are written as a file too.
    write : callable
        Writes the run's other files into the folder it is given.

    Returns
    -------
    Run
        Its id is the head and the moment it was saved.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    run_id = f"{head}-{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}"
    target = folder(store, run_id)
    with runs_lock(store.path):
        delete_unrecorded_runs(store.path)
        with whole_folder(target) as beside:
            (beside / "settings.json").write_text(json.dumps(settings, indent=1, sort_keys=True))
            write(beside)
            files = hash_files(beside)
        with database.transaction(store.path) as connection:
            connection.execute(
                "INSERT INTO runs (run_id, head, created_at, split, settings, metrics, files)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [run_id, head, now, split]
                + [json.dumps(value) for value in (settings, metrics, files)],
            )
    return Run(run_id, target, metrics)


def save_predictions(store: Store, run_id: str, rows: pa.Table) -> None:
    """Write predictions of stored posts to the table `predictions`, over the run's older ones.

    Parameters
    ----------
    store : Store
        The store.
    run_id : str
        The run that made them.
    rows : pyarrow.Table
        post_id, likes, mean, low, high.
    """
    with database.transaction(store.path) as connection:
        connection.register("rows", rows)
        connection.execute(
            "DELETE FROM predictions WHERE run_id = ? AND post_id IN (SELECT post_id FROM rows)",
            [run_id],
        )
        connection.execute(
            "INSERT INTO predictions SELECT ?, post_id, likes, mean, low, high FROM rows", [run_id]
        )
        touch(connection)


def fingerprints(store: Store, names: tuple[str, ...]) -> dict[str, str]:
    """Look up the fingerprint of each named space."""
    return {name: store.space(name).fingerprint or "" for name in names}


def check_spaces(store: Store, trained_on: Mapping[str, str]) -> None:
    """Refuse a store whose spaces are not the ones a head was trained on.

    Raises
    ------
    FingerprintError
        A space is missing or was filled by another encoder.
    """
    here = {space.space: space.fingerprint for space in store.spaces()}
    for name, fingerprint in trained_on.items():
        if here.get(name) != fingerprint:
            found = here.get(name)
            raise FingerprintError(
                f"this head was trained on space {name!r} with fingerprint {fingerprint[:8]}, but"
                f" {store.path} has "
                + (f"it with {found[:8]}" if found else "no vectors of it")
                + ": fit a new head on this store"
            )


def pack_arrays(arrays: Mapping[str, Vectors], file: Path) -> None:
    """Write arrays in safetensors."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, str(file))


def unpack_arrays(file: Path) -> dict[str, Vectors]:
    """Read what `pack_arrays` wrote."""
    from safetensors.numpy import load_file

    return dict(load_file(str(file)))
