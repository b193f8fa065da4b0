"""Where a table's header is, and unique names for its columns."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from embedstore.errors import InputError
from embedstore.reading.synonyms import score

HEADER_LIMIT = 2_000
"""Columns that a table may have."""

# Records among which the header is looked for, below titles and notes.
LOOKAHEAD = 40

# So many names that are known make a row a header.
_SURE = 2
# Rows as wide as the header that may stand above it.
_ABOVE = 2
_DIGIT = re.compile(r"\d")
_POST = re.compile(r"\d{9,}|\d{4}-\d\d-\d\d.*|https?://.*|\w{3} \w{3} \d\d? .*\d{4}", re.DOTALL)


def find_header(records: Sequence[Sequence[object]]) -> int:
    """Return the position of the row that names the columns.

    Titles, notes and a row of group names may stand above it: it is the first row with two
    names that are known. Without one, it is the first row that is as wide as most.
    """
    widths = [len(cells) for cells in records]
    for position, cells in enumerate(records):
        if _known(cells) >= _SURE:
            # A description of each column may stand above, but a table of posts doesn't.
            if widths[:position].count(len(cells)) <= _ABOVE:
                return position
            break
    if not records:
        return 0
    usual = Counter(widths).most_common(1)[0][0]
    return widths.index(usual)


def looks_like_post(cells: Iterable[object]) -> bool:
    """Tell whether a row that should be a header holds a long number, a date or an address."""
    texts = [str(cell).strip() for cell in cells]
    return any(map(_POST.fullmatch, texts)) and not _known(texts)


def is_header(cells: Sequence[object]) -> bool:
    """Tell whether a row names at least two fields of a post."""
    return _known(cells) >= _SURE


def header_goes_on(header: Sequence[object], below: Sequence[object]) -> bool:
    """Tell whether the row below a header names the columns once more, in other words."""
    return (
        len(below) == len(header)
        and list(below) != list(header)
        and _known(below) >= _SURE
        # A post has a time or a number.
        and not any(_DIGIT.search(str(cell)) for cell in below)
    )


def no_header(name: str, cells: Sequence[object]) -> InputError:
    """Make the error for a table whose first row is a post."""
    shown = ", ".join(f'"{str(cell)[:30]}"' for cell in cells[:4])
    return InputError(
        f"{name} has no header: its first row looks like a post ({shown}). Say so, and name "
        f"its {len(cells)} columns: --no-header --columns id,date,text,…"
    )


def column_names(cells: Iterable[object], name: str) -> list[str]:
    """Turn header cells into names that can be told apart.

    A column without a name becomes ``column 3``; a second ``text`` becomes ``text (2)``.

    Parameters
    ----------
    cells
        The header.
    name
        The file, for messages.

    Raises
    ------
    InputError
        If there are more than `HEADER_LIMIT`.
    """
    cells = list(cells)
    if len(cells) > HEADER_LIMIT:
        raise InputError(
            f"{name} has {len(cells):,} columns; a table of posts may have {HEADER_LIMIT:,}"
        )
    names: list[str] = []
    taken: set[str] = set()
    copies: Counter[str] = Counter()
    for position, cell in enumerate(cells, 1):
        stem = unique = str(cell).strip() or f"column {position}"
        while unique in taken:
            # Counting on from the last copy keeps this linear.
            copies[stem] += 1
            unique = f"{stem} ({copies[stem] + 1})"
        taken.add(unique)
        names.append(unique)
    return names


def given_names(width: int, columns: Sequence[str], name: str) -> list[str]:
    """Name the columns of a table without a header: those given, then by position.

    Raises
    ------
    InputError
        If more names are given than there are columns.
    """
    if len(columns) > width:
        raise InputError(
            f"{name} has {width} columns, and --columns names {len(columns)}: {', '.join(columns)}"
        )
    return column_names([*columns, *[""] * (width - len(columns))], name)


def _known(cells: Sequence[object]) -> int:
    names = [str(cell) for cell in cells if cell not in (None, "")]
    return score(names) if len(names) <= HEADER_LIMIT else 0
