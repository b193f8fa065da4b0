"""What the stages of one build share: the store, who watches, and loaded encoders."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder
from embedstore.progress import Progress, Step, Stopwatch
from embedstore.storage import database
from embedstore.storage.spaces import Space

if TYPE_CHECKING:
    from embedstore.building.cluster.ray_engine import Cluster


@dataclass
class Job:
    """One build under way.

    Attributes
    ----------
    path : Path
        The store.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    progress : callable
        Told about every step.
    build_id : int
        The build's row in `builds`.
    watch : Stopwatch
        Seconds by stage.
    amounts : dict
        What the stages have done, each in its own unit.
    cluster : Cluster, optional
        Where texts and images are encoded, unless in this process.
    """

    path: Path
    device: str
    progress: Progress
    build_id: int = 0
    watch: Stopwatch = field(default_factory=Stopwatch)
    amounts: dict[str, float] = field(default_factory=dict)
    cluster: "Cluster | None" = None
    _encoders: dict[str, Encoder] = field(default_factory=dict)

    def create(self) -> None:
        """Make the store if there is none, and bring its schema up to date."""
        database.create(self.path, on_wait=self._on_wait)

    def read(self) -> duckdb.DuckDBPyConnection:
        """A connection to look things up; close it before anything long."""
        return database.connect(self.path, wait_s=None, on_wait=self._on_wait)

    def write(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """One short transaction, waiting for readers if need be."""
        return database.transaction(self.path, on_wait=self._on_wait)

    def count(self, stage: str, amount: float) -> None:
        """Add to what a stage has done."""
        self.amounts[stage] = self.amounts.get(stage, 0) + amount

    def size(self) -> int:
        """Bytes of the store's files."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def _on_wait(self, reason: str) -> None:
        self.progress(Step("wait", note=reason))

    def encoder(self, space: Space) -> Encoder:
        """The encoder that fills `space`, loaded once however many stages ask.

        Raises
        ------
        WeightsError
            Its weights are missing, unreachable or altered.
        """
        key = f"{space.encoder}:{space.weights}:{space.settings}"
        if key not in self._encoders:
            self.progress(Step(f"load {space.encoder}"))
            with self.watch.stage("load"):
                self._encoders[key] = load_encoder(
                    space.encoder, space.weights, device=self.device, **space.settings
                )
        return self._encoders[key]
