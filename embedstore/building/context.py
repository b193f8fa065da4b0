"""State that the stages of one build share: the store, its options, progress, loaded encoders."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

from embedstore.building.options import BuildOptions
from embedstore.building.rejections import Rejections
from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder
from embedstore.files import size_of
from embedstore.index import upkeep
from embedstore.progress import Progress, Step, Stopwatch, silent
from embedstore.storage import attached, database
from embedstore.storage.spaces import Space
from embedstore.storage.unfinished import finish


class Cluster(Protocol):
    """Machines that encode shards, such as `cluster.ray_engine.Cluster`."""

    def encode(self, todo: Sequence[Path], encoder: Encoder, *, device: str) -> Iterator[Path]:
        """Encode shards; yields the file of each once it is done, in any order."""


@dataclass
class BuildContext:
    """One build under way.

    Attributes
    ----------
    path : Path
        The store.
    options : BuildOptions
        What was asked for.
    progress : callable
        Told about every step.
    build_id : int
        The build's row in `builds`.
    watch : Stopwatch
        Seconds by stage.
    amounts : dict
        Work done by stage, each in its own unit.
    rejections : Rejections
        Rows that were rejected, by reason.
    problems : Rejections
        Fields that could not be read and are empty, by reason.
    observed : int
        Counts with a time that went to `observations`.
    left_out : Counter
        Posts that were not asked for, by kind.
    local_images : int
        Pictures that were read from files in this build.
    unreadable : dict
        What texts an encoder can't read, in a sentence, by space.
    cluster : Cluster, optional
        Encodes texts and images, if not this process.
    """

    path: Path
    options: BuildOptions = field(default_factory=BuildOptions)
    progress: Progress = silent
    build_id: int = 0
    watch: Stopwatch = field(default_factory=Stopwatch)
    amounts: dict[str, float] = field(default_factory=dict)
    rejections: Rejections = field(default_factory=Rejections)
    problems: Rejections = field(default_factory=Rejections)
    observed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    local_images: int = 0
    cluster: Cluster | None = None
    _encoders: dict[str, Encoder] = field(default_factory=dict)

    def create(self) -> None:
        """Make the store if there is none, and bring its schema up to date."""
        database.create(self.path, on_wait=self._on_wait)

    def finish_interrupted(self) -> None:
        """Finish what a command that was cut off has left undone; call with the build lock held."""
        finish(self.path, upkeep.rebuild, on_wait=self._on_wait)

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the store to look things up in a block that does nothing long."""
        return attached.reading(self.path, on_wait=self._on_wait)

    def write(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open one short transaction, waiting for readers if need be."""
        return attached.transaction(self.path, on_wait=self._on_wait)

    def count(self, stage: str, amount: float) -> None:
        """Add to the work that a stage has done."""
        self.amounts[stage] = self.amounts.get(stage, 0) + amount

    def say(self, sentence: str) -> None:
        """Tell whoever watches something that a person should read at once."""
        self.progress(Step("note", note=sentence))

    def size(self) -> int:
        """Sum up the bytes of the store's files."""
        return size_of(self.path)

    def encoder(self, space: Space) -> Encoder:
        """Load the encoder that fills `space`, once however many stages ask.

        Raises
        ------
        WeightsError
            Its weights are missing, unreachable or altered.
        """
        key = f"{space.encoder}:{space.weights}:{space.settings}"
        if key not in self._encoders:
            self.progress(Step(f"load {space.encoder}"))
            with self.watch.stage("load"):
                encoder = load_encoder(
                    space.encoder, space.weights, device=self.options.device, **space.settings
                )
                encoder.runs_on()  # now, and not when the first batch is timed
                self._encoders[key] = encoder
        return self._encoders[key]

    def _on_wait(self, reason: str) -> None:
        self.progress(Step("wait", note=reason))
