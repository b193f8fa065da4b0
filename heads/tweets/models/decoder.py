"""The interface of every decoder: measure the bits of a text, and write some."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from embedstore.errors import FingerprintError
from embedstore.progress import Progress, silent
from heads.arrays import Floats, Indices
from heads.tweets.data.material import Material
from heads.tweets.data.retrieval import Chain, Retriever

if TYPE_CHECKING:
    from torch import nn

    from heads.tweets.models.train import Log, Plan


EMPHASIS = 3.0
"""Factor of the level that a reader asks for: as learned, it hardly shows in a single text.
Chosen on the latest posts of the training time; texts lose a little of their closeness by it."""


@dataclass(frozen=True)
class Sampling:
    """Settings by which candidates are drawn.

    Attributes
    ----------
    count : int
        Candidates for each condition.
    temperature : float
        Below 1 the likely becomes likelier.
    top_p : float
        Draw among the likeliest tokens that make up this share (Holtzman et al., 2020).
    longest : int
        Tokens at most; a text that has not ended by then is none.
    emphasis : float
        Factor of the vector of the text's level; 1 as it was learned.
    """

    count: int = 24
    temperature: float = 0.75
    top_p: float = 0.9
    longest: int = 90
    emphasis: float = 1.0


@dataclass(frozen=True)
class Written:
    """A text and the bits it takes under the decoder, its end included."""

    text: str
    bits: float


@dataclass(frozen=True)
class Lesson:
    """Material that a decoder learns from.

    Attributes
    ----------
    material, retriever
        Posts, and where the neighbours of each are found.
    train : array, int64
        Rows to be written.
    held : array, int64
        Rows that say when to stop.
    folder : Path
        Holds checkpoints; a training that was interrupted there is taken up.
    progress : callable
        Told of every step.
    """

    material: Material
    retriever: Retriever
    train: Indices
    held: Indices
    folder: Path
    progress: Progress = silent


class Decoder(Protocol):
    """A model that writes a post from a chain: its condition and the neighbours in sight."""

    name: str
    neighbours: int
    """Number of earlier posts that it is given."""
    candidates: int
    """Number of texts that are drawn to choose from."""

    @property
    def title(self) -> str:
        """Name of the decoder, in words for whoever reads its texts."""

    def fit(self, lesson: Lesson, plan: "Plan") -> "Log":
        """Learn to write posts."""

    def bits(self, material: Material, chains: Sequence[Chain]) -> Floats:
        """Compute the bits of the target's text and end, given the chain, shape (chains,)."""

    def write(
        self, material: Material, chains: Sequence[Chain], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Written]]:
        """Write candidates for each chain's target; the target's own text is not looked at.

        The same chains and seeds give the same texts.
        """

    def save(self, folder: Path) -> dict[str, Any]:
        """Write weights and tokenizer; returns what is needed beside them to load it."""


def read_weights(module: "nn.Module", file: Path) -> None:
    """Put saved weights into a network.

    Raises
    ------
    FingerprintError
        They are of a network of another make, as earlier versions had.
    """
    from safetensors.torch import load_file

    try:
        module.load_state_dict(load_file(str(file)))
    except RuntimeError as error:
        raise FingerprintError(
            f"{file} was written by another version of this decoder: fit it again"
        ) from error
