"""Why rows were rejected: reasons counted, and the option that mends each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_REASONS = 1000
"""Reasons that are told apart, so that memory stays bounded whatever a file holds."""

OTHERS = "other reasons"

_REMEDIES: tuple[tuple[str, str], ...] = (
    # What a reason says, and the option that mends it; the first that fits.
    (r"^created_at|\bis not a date\b", "--date-format FORMAT"),
    (r"^the key .* belongs to", "--source NAME"),
    (r"no post with this key", "--map text=COLUMN, or the --source NAME of the stored posts"),
    (r"^no id\b|^id\b", "--map id=COLUMN or --id auto"),
    (r"neither text nor media|^no text|^text\b", "--map text=COLUMN"),
    (r"UTF-8|encoding", "--encoding NAME"),
    (r"\bcolumns?\b|\bfields\b|\bheader\b|\bquot", "--skip-rows N or --no-header --columns A,B"),
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


class Rejections:
    """Count rejected rows; reasons that differ in a row's own values alone are one."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[str, int]] = {}

    def update(self, reasons: Iterable[str]) -> None:
        """Add the reason of each rejected row."""
        for reason in reasons:
            general = _generalise(reason)
            if general not in self._groups and len(self._groups) >= MOST_REASONS:
                general = reason = OTHERS
            example, rows = self._groups.get(general, (reason, 0))
            self._groups[general] = example, rows + 1

    def most_common(self) -> list[Rejection]:
        """List the reasons, the most frequent first, each in the words of one of its rows."""
        ordered = sorted(self._groups.values(), key=lambda group: -group[1])
        return [Rejection(example, rows, _remedy(example)) for example, rows in ordered]


def _generalise(reason: str) -> str:
    """Replace what is of one row: quoted values, the key, numbers."""
    reason = re.sub(
        r"^the key .* belongs to (account|a post)\b.*",
        r"the key belongs to \1",
        reason,
        flags=re.DOTALL,
    )
    reason = re.sub(r"\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|`[^`]*`", "…", reason)
    return re.sub(r"\d+", "0", reason)


def _remedy(reason: str) -> str | None:
    return next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, reason)), None)
