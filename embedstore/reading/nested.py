"""Fields in nested objects, and in the flattened names of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embedstore.errors import InputError
from embedstore.reading.paths import Cells, Derived, Source, find_source, fold, present, split_path
from embedstore.reading.schema import COUNTS
from embedstore.reading.synonyms import SYNONYMS
from embedstore.reading.values import words

# In nested objects: those of another post, or of something else that has counts too.
_OTHERS = words(
    "retweetedstatus quotedstatus referencedtweets quoted parent replyto inreplyto reblog"
    " entities extendedentities place location card poll repost retweet comments latestcomments"
    " music sound hashtags mentions quotedtweet retweetedtweet inreplytouser coowners"
)
_ACCOUNTS = words(
    "user author owner account profile from creator channel authormeta actor ownermeta page"
)
# Objects that are the post itself.
_SELVES = words("post data attributes fields node record snippet tweet note status")
_MEDIA_HOLDERS = _SELVES | words("attachments attachment extendedentities mediadetails")
_ONLY_TOP = frozenset({"kind", "platform", "company", "reactions", "parent_id"})


def add_nested(
    chosen: dict[str, tuple[Source | Derived, ...]],
    closed: set[str],
    columns: Sequence[str],
    rows: Sequence[Cells],
) -> None:
    """Look for fields that have no column in nested objects, and in flattened names of them."""
    paths = list(_nested_paths(columns, rows))
    for named, names in SYNONYMS.items():
        if named in chosen or named in closed or named in _ONLY_TOP:
            continue
        ranks = {fold(synonym): rank for rank, synonym in enumerate(names)}
        candidates: list[tuple[int, int, str]] = []
        for steps in paths:
            *containers, leaf = [fold(step) for step in steps]
            others = _OTHERS - _MEDIA_HOLDERS if named == "media_raw" else _OTHERS
            if leaf not in ranks or others.intersection(containers):
                continue
            of_account = bool(_ACCOUNTS.intersection(containers))
            if named in ("username", "followers"):
                fits = of_account
            elif named in COUNTS:
                fits = not of_account
            else:
                holders = _MEDIA_HOLDERS if named == "media_raw" else _SELVES
                fits = not of_account and containers[-1] in holders
            if fits:
                candidates.append((ranks[leaf], len(steps), ".".join(steps)))
        for _, _, path in sorted(candidates):
            source = find_source(path, columns)
            if source is not None and _fits_nested(named, source, rows):
                chosen[named] = (source,)
                break


def _fits_nested(named: str, source: Source, rows: Sequence[Cells]) -> bool:
    values = [value for cells in rows[:50] if present(value := source.get(cells))]
    return named == "media_raw" or not any(isinstance(value, list | dict) for value in values)


def _nested_paths(columns: Sequence[str], rows: Sequence[Cells]) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for column in columns:
        steps = tuple(str(step) for step in _flattened(column))
        if len(steps) > 1:
            seen.add(steps)
            yield steps
    for cells in rows[:50]:
        for column, value in cells.items():
            if isinstance(value, dict):
                for path in _leaves((column,), value):
                    if path not in seen:
                        seen.add(path)
                        yield path


def _flattened(column: str) -> tuple[Any, ...]:
    if "." not in column and "/" not in column:
        return ()
    try:
        return split_path(column.replace("/", "."))
    except InputError:
        return ()


def _leaves(path: tuple[str, ...], value: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and len(path) < 3:
            yield from _leaves((*path, key), inner)
        elif present(inner):
            yield (*path, key)
