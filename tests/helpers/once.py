"""Folders that take seconds to make: made once a run, however many workers need them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from embedstore.storage.layout import run_folder
from heads.runs import Run


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


def note_run(run: Run) -> None:
    """Keep a run's id and scores beside its store, for `noted_run` of a copy."""
    noted = {"run_id": run.run_id, "metrics": run.metrics}
    (run.folder.parents[2] / "run.json").write_text(json.dumps(noted), encoding="utf-8")


def noted_run(store: Path) -> Run:
    """The run that was noted when the store was made; later ones may stand beside it."""
    noted = json.loads((store.parent / "run.json").read_text(encoding="utf-8"))
    return Run(noted["run_id"], run_folder(store, noted["run_id"]), noted["metrics"])
