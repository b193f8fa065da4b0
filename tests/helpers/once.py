"""Folders that take seconds to make: made once a run, however many workers need them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from embedstore.store import Store
from heads import runs


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder of this worker's own with what `make` writes; it may be changed.

    The first worker that asks for `name` makes it, the others wait and get a copy, so `make`
    writes nothing that names the folder.
    """
    own = factory.mktemp(name)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(own)
        return own
    made = factory.getbasetemp().parent / "made" / name
    made.parent.mkdir(exist_ok=True)
    with FileLock(f"{made}.lock"):
        if not made.exists():
            make(own)
            # Under another name until it is whole: the copy of a maker that failed is no copy.
            beside = made.with_name(f"{name}.part")
            shutil.rmtree(beside, ignore_errors=True)
            shutil.copytree(own, beside)
            beside.rename(made)
            return own
    shutil.copytree(made, own, dirs_exist_ok=True)
    return own


def first_run(store: Store) -> runs.Run:
    """The run that a store was made with: the oldest one."""
    rows = store.sql("SELECT run_id, metrics::VARCHAR AS metrics FROM runs ORDER BY created_at")
    first = rows.to_pylist()[0]
    run_id = first["run_id"]
    return runs.Run(run_id, runs.folder(store, run_id), json.loads(first["metrics"]))
