"""What a build did, and whether too little of its input could be used."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from embedstore.building.describe_inputs import InputReading
from embedstore.building.overlaps import Overlap
from embedstore.building.rejections import Rejection
from embedstore.building.store_posts import StoredPosts

REASONS = 3
"""Reasons that a complaint names."""

REASON_CHARACTERS = 100
"""Longer reasons are cut in a complaint; the table `failures` has them whole."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes
    ----------
    build_id : int
        Its row in `builds`.
    posts : StoredPosts
        New, updated, unchanged and rejected rows of the inputs.
    encoded : dict
        Texts and images that were encoded, by space.
    images : dict
        Distinct picture URLs ``fetched`` and ``failed`` in this build.
    failures : dict
        Rows of `failures` by stage, of all builds.
    seconds : dict
        Time by stage; ``read`` runs beside ``store`` and ``write`` beside ``encode``.
    total_seconds : float
        Time of the whole build.
    amounts : dict
        Work done by stage, in the plan's units, from which later plans take their rates;
        ``index numbers`` and ``index products`` are of the stage ``index``.
    memory_bytes, disk_bytes : int
        The process's memory at its peak, and the size of the store.
    plan : dict, optional
        What was planned before the first post was stored; None for small inputs.
    inputs : list of InputReading
        How the inputs were read, those read alike together.
    overlaps : list of Overlap
        Sources that were seen to have posts in common before anything was stored.
    rejections : list of Rejection
        Why rows were rejected, the most frequent reason first.
    problems : list of Rejection
        Why fields could not be read and are empty, likewise.
    observed : int
        Counts with a time that went to `observations`.
    left_out : dict
        Posts that were not asked for, by kind.
    unreadable : dict
        What of the new texts an encoder can't read, in a sentence, by space.
    local_images : int
        Of the pictures ``fetched``, those that were read from files and not from the web.
    """

    build_id: int
    posts: StoredPosts
    encoded: dict[str, int]
    images: dict[str, int]
    failures: dict[str, int]
    seconds: dict[str, float]
    total_seconds: float
    amounts: dict[str, float] = field(default_factory=dict)
    memory_bytes: int = 0
    disk_bytes: int = 0
    plan: dict[str, Any] | None = None
    inputs: list[InputReading] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    problems: list[Rejection] = field(default_factory=list)
    observed: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    local_images: int = 0

    @property
    def complaint(self) -> str | None:
        """One sentence if there were no rows, or less than half could be used; None otherwise.

        `build` raises nothing then: what could be used is stored. The command ends with
        exit status 1.
        """
        posts = self.posts
        given = posts.accepted + posts.rejected
        if self.inputs and not given and not self.left_out:
            names = ", ".join(dict.fromkeys(each.name for each in self.inputs))
            return f"no post was stored: there are no rows in {names}"
        if not posts.rejected or 2 * posts.accepted >= given:
            return None
        reasons = describe_rejections(self.rejections)
        used = f"only {posts.accepted:,}" if posts.accepted else "none"
        return f"{used} of {given:,} rows could be used: {reasons}; --allow-rejected accepts that"

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of JSON types, keys in a stable order."""
        return asdict(self)


def describe_rejections(rejections: Sequence[Rejection]) -> str:
    """Name the most frequent reasons with their rows and remedies, in half a sentence."""
    return "; ".join(
        f"{each.rows:,} × {_cut(each.reason)}" + (f" ({each.remedy})" if each.remedy else "")
        for each in rejections[:REASONS]
    )


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARACTERS else reason[: REASON_CHARACTERS - 1] + "…"
