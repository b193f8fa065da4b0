"""A head in files and out of them: trees as text, arrays in safetensors, settings in JSON."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from embedstore.store import Store
from heads import runs
from heads.arrays import Floats
from heads.data.features import Inputs
from heads.data.posts import Posts, load_posts
from heads.likes.models.calibration import Calibration
from heads.likes.models.design import Design, Projection
from heads.likes.models.differences import Differences
from heads.likes.models.head import LikesModel
from heads.likes.models.kernel import Kernel
from heads.likes.models.mlp import Network, Scaling
from heads.likes.task import options_of
from heads.runs import pack_arrays, unpack_arrays
from heads.stores import Stamp, stamp_of, stamp_of_files

MOST_LOADED = 8
"""Heads of a store that are kept, by the names that they were asked for."""


@dataclass(frozen=True)
class Loaded:
    """A head on record with what it needs to know of its training."""

    run_id: str
    model: LikesModel
    settings: dict[str, Any]

    @property
    def unit(self) -> float:
        """What a predicted count of 1 stands for; below 1 where ratios are learned."""
        return float(self.settings.get("unit", 1.0))

    def posts(self, store: Store) -> Posts:
        """Load the posts of a store with the counts that the head predicts, in its unit."""
        posts = load_posts(store, **options_of(self.settings))
        return posts.with_kpi(posts.kpi / self.unit)

    def counts(self, values: Floats) -> Floats:
        """Return predicted counts, given in the head's unit, as they are shown: rounded."""
        return np.asarray(np.round(values * self.unit, 2 - round(log10(self.unit))))

    @property
    def inputs(self) -> Inputs:
        """What it looks at."""
        found = self.settings
        groups, texts, images = (tuple(found[name]) for name in ("inputs", "texts", "images"))
        return Inputs(groups, texts, images, found["near"])

    def require_pictures(self) -> None:
        """Refuse to take a picture that would not be looked at.

        Raises
        ------
        InputError
            The head looks at no vectors of pictures.
        """
        if not self.inputs.images:
            raise InputError(
                f"the head {self.run_id} doesn't look at pictures: leave the picture out, or name"
                " one with --run that was fitted with the input `image`"
            )

    def signed(self, table: pa.Table, missing: Iterable[str]) -> pa.Table:
        """Name the head in a table's metadata: run, model, kpi, inputs, and what rows lack."""
        lacking = {name for names in missing for name in names.split(",") if name}
        facts = {
            "run": self.run_id,
            "model": self.settings["model"],
            "kpi": runs.target(self.settings),
            "inputs": ",".join(self.inputs.groups),
            "missing": ",".join(sorted(lacking)),
        }
        return table.replace_schema_metadata(facts)


_loaded: WeakKeyDictionary[Store, dict[str | None, tuple[Loaded, Stamp]]] = WeakKeyDictionary()


def load_head(store: Store, run: str | None = None) -> Loaded:
    """Load a likes head of the store: the named run, the pinned one, or the newest.

    Raises
    ------
    InputError
        There is none, or its files are damaged.
    FingerprintError
        The store's spaces are not the ones it was trained on.
    """
    # Taken before reading: what is written meanwhile makes the stamp outdated.
    stamp = stamp_of(store)
    kept = _loaded.setdefault(store, {})
    if run in kept:
        loaded, state = kept[run]
        if state == stamp + _stamp_of_run(store, loaded.run_id):
            return loaded
    run_id, settings = runs.find_run(store, "likes", run)
    stamp += _stamp_of_run(store, run_id)
    runs.check_spaces(store, settings["spaces"])
    with runs.reading(store, run_id):
        loaded = Loaded(run_id, read_model(runs.folder(store, run_id)), settings)
    kept[run] = loaded, stamp
    while len(kept) > MOST_LOADED:
        del kept[next(iter(kept))]
    return loaded


def _stamp_of_run(store: Store, run_id: str) -> Stamp:
    return stamp_of_files(sorted(runs.folder(store, run_id).glob("*")))


def write_model(model: LikesModel, folder: Path) -> None:
    """Write a head into a folder."""
    design = model.design
    arrays = {}
    for space, projection in design.projections.items():
        arrays[f"{space}.mean"] = projection.mean
        arrays[f"{space}.directions"] = projection.directions
    for space, style in design.styles.items():
        arrays[f"style.{space}.mean"] = style.mean
        arrays[f"style.{space}.directions"] = style.directions
    pack_arrays(arrays, folder / "projections.safetensors")
    if model.booster is not None:
        (folder / "trees.txt").write_text(model.booster.model_to_string())
    if model.network is not None:
        scaling = {"mean": model.network.scaling.mean, "scale": model.network.scaling.scale}
        pack_arrays(
            {f"scaling.{name}": array for name, array in scaling.items()}
            | {f"layers.{name}": array for name, array in model.network.arrays.items()},
            folder / "network.safetensors",
        )
    settings: dict[str, Any] = {
        "design": {
            "model": design.model,
            "residual": design.residual,
            "cold": design.cold,
            "mean": design.mean,
            "kernel": design.kernel and design.kernel.to_json(),
        },
        "spaces": list(design.projections),
        "styles": list(design.styles),
        "calibration": model.calibration.to_json(),
        "columns": model.names,
        "shares": list(model.shares),
        "differences": model.differences and model.differences.to_json(),
        "parts": [name for name in ("booster", "network") if getattr(model, name) is not None],
    }
    (folder / "model.json").write_text(json.dumps(settings, indent=1))


def read_model(folder: Path) -> LikesModel:
    """Read a head that `write_model` wrote."""
    from lightgbm import Booster

    settings = json.loads((folder / "model.json").read_text())
    arrays = unpack_arrays(folder / "projections.safetensors")
    found = settings["design"]
    design = Design(
        model=found["model"],
        residual=found["residual"],
        cold=found["cold"],
        mean=found["mean"],
        projections={
            space: Projection(arrays[f"{space}.mean"], arrays[f"{space}.directions"])
            for space in settings["spaces"]
        },
        styles={
            space: Projection(arrays[f"style.{space}.mean"], arrays[f"style.{space}.directions"])
            for space in settings["styles"]
        },
        kernel=found["kernel"] and Kernel.from_json(found["kernel"]),
    )
    return LikesModel(
        design,
        Calibration.from_json(settings["calibration"]),
        settings["columns"],
        Booster(model_str=(folder / "trees.txt").read_text())
        if "booster" in settings["parts"]
        else None,
        _read_network(folder / "network.safetensors") if "network" in settings["parts"] else None,
        tuple(settings["shares"]),
        # Runs of version 0.1 have none.
        Differences.from_json(settings["differences"]) if settings.get("differences") else None,
    )


def _read_network(file: Path) -> Network:
    """Read the network's scaling and weights."""
    arrays = unpack_arrays(file)
    layers = {
        name.removeprefix("layers."): array
        for name, array in arrays.items()
        if name.startswith("layers.")
    }
    return Network(Scaling(arrays["scaling.mean"], arrays["scaling.scale"]), layers)
