"""What a build did, and whether too little of its input could be used."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from embedstore.building.describe_inputs import InputReading
from embedstore.building.overlaps import Overlap
from embedstore.building.store_posts import StoredPosts

REASONS = 3
"""Reasons that a complaint names."""

REASON_CHARACTERS = 100
"""Longer reasons are cut in a complaint; the table `failures` has them whole."""

_REMEDIES: tuple[tuple[str, str], ...] = (
    # What a reason says, and the option that mends it; the first that fits.
    (r"^created_at|\bis not a date\b", "--date-format FORMAT"),
    (r"^the key .* belongs to", "--source NAME"),
    (r"no post with this key", "--map text=COLUMN, or the --source NAME of the stored posts"),
    (r"^no id\b|^id\b", "--map id=COLUMN or --id auto"),
    (r"neither text nor media|^no text|^text\b", "--map text=COLUMN"),
    (r"UTF-8|encoding", "--encoding NAME"),
    (r"\bcolumns?\b|\bfields\b|\bheader\b|\bquot", "--skip-rows N or --no-header --columns A,B"),
    (r"^([a-z_]+): ", r"--map \1=COLUMN"),
)


@dataclass(frozen=True)
class Rejection:
    """A reason for which rows were rejected.

    Attributes
    ----------
    reason : str
        In words, from one of the rows.
    rows : int
        How many rows.
    remedy : str, optional
        The option that would mend it.
    """

    reason: str
    rows: int
    remedy: str | None


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

    @property
    def complaint(self) -> str | None:
        """One sentence if less than half of the rows could be used; None otherwise.

        `build` raises nothing then: what could be used is stored. The command ends with
        exit status 1.
        """
        posts = self.posts
        given = posts.accepted + posts.rejected
        if not posts.rejected or 2 * posts.accepted >= given:
            return None
        reasons = [
            f"{each.rows:,} × {_cut(each.reason)}" + (f" ({each.remedy})" if each.remedy else "")
            for each in self.rejections[:REASONS]
        ]
        used = f"only {posts.accepted:,}" if posts.accepted else "none"
        return (
            f"{used} of {given:,} rows could be used: {'; '.join(reasons)};"
            " --allow-rejected accepts that"
        )

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of JSON types, keys in a stable order."""
        return asdict(self)


def group_rejections(reasons: Mapping[str, int]) -> list[Rejection]:
    """Put reasons together that differ in the row's own values alone.

    Parameters
    ----------
    reasons : mapping
        Number of rows by reason.

    Returns
    -------
    list of Rejection
        The most frequent first; each in the words of one of its rows.
    """
    groups: dict[str, tuple[str, int]] = {}
    for reason, rows in reasons.items():
        general = _generalise(reason)
        example, count = groups.get(general, (reason, 0))
        groups[general] = example, count + rows
    ordered = sorted(groups.values(), key=lambda group: -group[1])
    return [Rejection(example, count, _remedy(example)) for example, count in ordered]


def _generalise(reason: str) -> str:
    """Replace what is of one row: quoted values, the key, numbers."""
    reason = re.sub(
        r"^the key .* belongs to (account|a post)\b.*", r"the key belongs to \1", reason
    )
    reason = re.sub(r"\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|`[^`]*`", "…", reason)
    return re.sub(r"\d+", "0", reason)


def _remedy(reason: str) -> str | None:
    for pattern, remedy in _REMEDIES:
        if found := re.search(pattern, reason):
            return found.expand(remedy) if "\\1" in remedy else remedy
    return None


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARACTERS else reason[: REASON_CHARACTERS - 1] + "…"
