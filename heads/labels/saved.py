"""Files of a label's head."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedstore.store import Store
from heads import runs
from heads.labels.model import Linear


@dataclass(frozen=True)
class Loaded:
    """A head on record.

    Attributes
    ----------
    run_id : str
        Its run.
    model : Linear
        The head.
    settings : dict
        Those of its run.
    examples : list of (int, str)
        Stored posts that it learned from, and their classes.
    """

    run_id: str
    model: Linear
    settings: dict[str, Any]
    examples: list[tuple[int, str]]


def write_model(model: Linear, folder: Path) -> None:
    """Write a head into its run's folder."""
    arrays = {"centre": model.centre, "weights": model.weights, "bias": model.bias}
    runs.pack_arrays(arrays, folder / "linear.safetensors")


def load_label(store: Store, head: str, run: str | None = None) -> Loaded:
    """Read the named run of a head, the pinned one or the newest.

    Raises
    ------
    InputError
        There is none, or its files are damaged.
    FingerprintError
        The store's space has other vectors than the head was trained on.
    """
    run_id, settings = runs.find_run(store, head, run)
    runs.check_spaces(store, settings["spaces"])
    folder = runs.folder(store, run_id)
    with runs.reading(store, run_id):
        arrays = runs.unpack_arrays(folder / "linear.safetensors")
        examples = json.loads((folder / "examples.json").read_text())
        model = Linear(arrays["centre"], arrays["weights"], arrays["bias"])
    return Loaded(run_id, model, settings, [(int(post), str(label)) for post, label in examples])
