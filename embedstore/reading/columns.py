"""Which column of a file is which field of a post.

What `--map` says comes first, then the layout of a platform
(:mod:`embedstore.reading.platforms`), then names that plain tables use, then the same names
in nested objects.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from embedstore.errors import ColumnsError, InputError
from embedstore.reading.fields.accounts import ACCOUNT_NAMES
from embedstore.reading.fields.counts import CountReader
from embedstore.reading.fields.links import is_known_platform, read_link
from embedstore.reading.fields.texts import longest
from embedstore.reading.fields.times import TimeReader
from embedstore.reading.nested import add_nested
from embedstore.reading.paths import (
    Cells,
    Derived,
    Source,
    find_column,
    find_source,
    fold,
    present,
    split_path,
)
from embedstore.reading.plan import Plan, used
from embedstore.reading.platforms import choose_layout
from embedstore.reading.schema import COUNTS
from embedstore.reading.synonyms import SYNONYMS, field_named, rank
from embedstore.reading.values import is_missing

# Reactions that tables have columns for.
_REACTIONS = ("like", "love", "care", "haha", "wow", "sad", "angry", "thankful", "pride")


# Further names, such as `data`, mean other things as well.
_SURE_NAMES_OF_TIMES = 7
# What is cut off in `text` is whole there.
_WHOLE_TEXTS = ("full_text", "long_text", "extended_text", "text_full")
_FLAGS = {"is_retweet": "repost", "is_repost": "repost", "is_reply": "reply", "is_quote": "quote"}
_CLOCKS = ("time", "post time", "hour", "posttime", "publish time")


def recognise(
    columns: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    *,
    name: str,
    rows: Sequence[Cells] = (),
    given: Iterable[str] = (),
    id_column: bool = True,
) -> Plan:
    """Decide where each field is.

    An explicit mapping comes first, then what a platform's files look like, then a field's own
    name, then its synonyms in order. Of two columns for one field the better is used; the
    other belongs to none.

    Parameters
    ----------
    columns
        The header.
    mapping
        Field (or a synonym of it) to column or path, as :func:`parse_mapping` returns it.
    name
        The file, for messages.
    rows
        The first rows, which tell nested values.
    given
        Fields that need no column.
    id_column
        Whether ids come from a column.

    Raises
    ------
    ColumnsError
        If a mapped column is missing, or no column holds the text or the id.
    """
    given = set(given)
    chosen = _mapped(mapping or {}, columns, name)
    layout = choose_layout(columns, rows)
    reactions: dict[str, Source] = {}
    surplus: set[str] = set()
    unseen: dict[str, tuple[Source, ...]] = {}
    closed = set(chosen) | given
    if layout is not None:
        for named, place in layout.fields.items():
            if named not in closed:
                if later := _later(place, columns, rows):
                    unseen[named] = later
                if places := _places(place, columns, rows):
                    chosen[named] = places
                elif place == "":
                    closed.add(named)
        for kind, path in layout.reactions.items():
            if (source := find_source(path, columns)) is not None and _found(source, rows):
                reactions[kind] = source
        surplus = {c for s in layout.surplus if (c := find_column(s, columns)) is not None}
        if layout.platform is not None:
            closed.add("platform")
    taken = {column for places in chosen.values() for column in used(places)}
    free = [column for column in columns if column not in taken]
    for named, names in SYNONYMS.items():
        if named in chosen or named in closed:
            continue
        found = [column for synonym in names if (column := find_column(synonym, free)) is not None]
        found = [column for column in found if _fits(named, column, rows)]
        if found:
            best = found[0]
            chosen[named] = (_within(best, rows) if named == "username" else Source(best, best),)
            if named == "text" and (wholes := _whole_texts(best, free)):
                chosen[named] = (_longest((best, *wholes)),)
            if named == "created_at" and (clock := _clock(best, free, rows)) is not None:
                chosen[named] = (_with_clock(best, clock),)
    if not {"kind"} & (chosen.keys() | closed) and (flags := _flags(free)):
        chosen["kind"] = (_flagged(flags),)
    add_nested(chosen, closed, columns, rows)
    _prefer_exact_ids(chosen, set(map(field_named, mapping or {})), columns, rows)
    _add_reactions(chosen, reactions, free, rows, closed)
    link = _add_what_links_tell(chosen, closed, rows)
    order = [named for named in SYNONYMS if named in chosen]
    fields = {named: chosen[named] for named in order}
    plan = Plan(fields, layout, reactions, frozenset(surplus), unseen, link)
    _require(plan, columns, rows, name=name, given=given, id_column=id_column)
    return plan


def _within(column: str, rows: Sequence[Cells]) -> Source:
    """Return the place of an account's name: the column, or a key of the objects in it."""
    accounts = [value for cells in rows[:50] if isinstance(value := cells.get(column), dict)]
    for name in ACCOUNT_NAMES if accounts else ():
        if any(present(account.get(name)) for account in accounts):
            return Source(f"{column}.{name}", column, (name,))
    return Source(column, column)


def _mapped(
    mapping: Mapping[str, str], columns: Sequence[str], name: str
) -> dict[str, tuple[Source | Derived, ...]]:
    chosen: dict[str, tuple[Source | Derived, ...]] = {}
    taken: set[str] = set()
    for key, wanted in mapping.items():
        places: list[Source] = []
        # A column of that very name comes first, since a name may have a bar in it.
        paths = [wanted] if find_column(wanted, columns) is not None else wanted.split("|")
        for path in paths:
            source = find_source(path, columns)
            if source is not None:
                places.append(source)
        if not places:
            raise ColumnsError(
                f'{name} has no column "{wanted}", which --map {key}={wanted} asks for. '
                f"{_listed(columns)}"
            )
        whole = {place.column for place in places if not place.steps}
        if both := whole & taken:
            raise ColumnsError(f'--map uses the column "{min(both)}" of {name} for two fields')
        taken |= whole
        chosen[field_named(key)] = tuple(places)
    return chosen


def _places(
    place: str | Derived, columns: Sequence[str], rows: Sequence[Cells]
) -> tuple[Source | Derived, ...]:
    if isinstance(place, Derived):
        found = [path for path in place.paths if _leads(path, columns, rows)]
        return (replace(place, where=" | ".join(found)),) if found else ()
    sources = (find_source(path, columns) for path in place.split("|") if path)
    return tuple(source for source in sources if source is not None and _found(source, rows))


def _leads(path: str, columns: Sequence[str], rows: Sequence[Cells]) -> bool:
    source = find_source(path, columns)
    return source is not None and _found(source, rows)


def _later(
    place: str | Derived, columns: Sequence[str], rows: Sequence[Cells]
) -> tuple[Source, ...]:
    """Return the nested places that none of the first rows has."""
    if isinstance(place, Derived):
        return ()
    unseen = []
    for path in place.split("|"):
        if "." in path and find_column(path, columns) is None:
            source = find_source(path, columns)
            if source is None or not _found(source, rows):
                head, *steps = split_path(path)
                unseen.append(Source(path, str(head), tuple(steps)))
    return tuple(unseen)


def _found(source: Source, rows: Sequence[Cells]) -> bool:
    """Tell whether a column is there, or a path leads somewhere in any of the first rows."""
    return not source.steps or any(source.get(cells) is not None for cells in rows)


def _fits(named: str, column: str, rows: Sequence[Cells]) -> bool:
    """Refuse a column whose name fits but whose values can't be the field."""
    values = [value for cells in rows[:50] if present(value := cells.get(column))]
    if not values:
        return True
    if named == "reactions":
        return all(isinstance(value, dict) or str(value)[:1] == "{" for value in values)
    weak = rank(named, column) > 0
    if named in COUNTS or named == "followers":
        if any(isinstance(value, list | dict) for value in values):
            return False
        return not weak or _any_readable(CountReader().read, values)
    if named == "created_at" and rank(named, column) >= _SURE_NAMES_OF_TIMES:
        return _any_readable(TimeReader(order="day-first").read, values) or _any_readable(
            TimeReader(order="month-first").read, values
        )
    if named in ("id", "created_at", "text", "kind", "lang", "permalink"):
        return not all(isinstance(value, dict | list) for value in values)
    if named == "platform":
        # "channel" may be an account's name.
        return fold(column) != "channel" or all(map(is_known_platform, values))
    return True


def _any_readable(read: Callable[[Any], object], values: Iterable[object]) -> bool:
    for value in values:
        try:
            read(value)
        except InputError:
            continue
        return True
    return False


def _clock(day: str, columns: Sequence[str], rows: Sequence[Cells]) -> str | None:
    """Find the column that has the time of day beside one that has the day."""
    if fold(day) not in ("date", "day", "postdate", "publishdate", "datum", "fecha"):
        return None
    for name in _CLOCKS:
        column = find_column(name, [other for other in columns if other != day])
        if column is not None:
            times = [str(cells.get(column) or "").strip() for cells in rows[:50]]
            times = [time for time in times if time]
            if times and all(":" in time and len(time) <= 14 for time in times):
                return column
    return None


def _with_clock(day: str, clock: str) -> Derived:
    def join(cells: Cells) -> object:
        date, time = cells.get(day), cells.get(clock)
        if not isinstance(date, str) or is_missing(time) or ":" in date:
            return date
        return f"{date.strip()} {str(time).strip()}"

    return Derived(f"{day} + {clock}", join, (day, clock))


def _whole_texts(best: str, columns: Sequence[str]) -> list[str]:
    """List the columns that have what another cuts off."""
    names = _WHOLE_TEXTS if fold(best) in ("text", "tweet", "tweettext") else ()
    found = (find_column(name, columns) for name in names)
    return [column for column in found if column is not None and column != best]


def _longest(columns: tuple[str, ...]) -> Derived:
    return Derived(" | ".join(columns), lambda cells: longest(map(cells.get, columns)), columns)


def _flags(columns: Sequence[str]) -> dict[str, str]:
    """Find columns such as ``is_retweet``: column to the kind of a post where it is true."""
    found = ((find_column(name, columns), kind) for name, kind in _FLAGS.items())
    return {column: kind for column, kind in found if column is not None}


def _flagged(flags: Mapping[str, str]) -> Derived:
    def kind(cells: Cells) -> str:
        said = (kind for column, kind in flags.items() if _is_true(cells.get(column)))
        return next(said, "own")

    return Derived(" | ".join(flags), kind, tuple(flags))


def _is_true(value: object) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "1", "1.0", "yes", "t", "y")


def _prefer_exact_ids(
    chosen: dict[str, tuple[Source | Derived, ...]],
    mapped: set[str],
    columns: Sequence[str],
    rows: Sequence[Cells],
) -> None:
    """Where a number is beside its text, take the text: the number may have been rounded."""
    for named in {"id", "parent_id"}.intersection(chosen) - mapped:
        place = chosen[named][0]
        if isinstance(place, Source):
            text = find_source(f"{place.where}_str", columns)
            if text is not None and _found(text, rows):
                chosen[named] = (text, *chosen[named])


def _add_reactions(
    chosen: dict[str, tuple[Source | Derived, ...]],
    reactions: dict[str, Source],
    free: Sequence[str],
    rows: Sequence[Cells],
    closed: set[str],
) -> None:
    if not reactions and "reactions" not in chosen and "reactions" not in closed:
        kinds = {kind: find_column(kind, free) for kind in _REACTIONS}
        found = {kind: column for kind, column in kinds.items() if column is not None}
        if len(found) >= 2:
            reactions |= {kind: Source(column, column) for kind, column in found.items()}
    if "likes" not in chosen and "likes" not in closed:
        # A table that counts reactions of all kinds together.
        column = find_column("reactions", free)
        if column is not None and not _fits("reactions", column, rows):
            chosen["likes"] = (Source(column, column),)


def _add_what_links_tell(
    chosen: dict[str, tuple[Source | Derived, ...]], closed: set[str], rows: Sequence[Cells]
) -> Derived | None:
    """Take ids, accounts and platforms from a post's address where no column has them.

    Returns
    -------
    Derived or None
        The id that the address has.
    """
    if "permalink" not in chosen:
        return None
    sources = chosen["permalink"]

    def part(name: str) -> Derived:
        def read(cells: Cells) -> object:
            for source in sources:
                if (link := read_link(source.get(cells))) is not None:
                    return getattr(link, name)
            return None

        return Derived(sources[0].where, read)

    told = {name: part(name) for name in ("platform", "id", "username")}
    for named, place in told.items():
        if named not in closed and (
            not rows or any(place.get(cells) is not None for cells in rows[:200])
        ):
            # Of a column that is there but empty, the link is the second choice.
            chosen[named] = (*chosen.get(named, ()), place)
    return told["id"]


def _require(
    plan: Plan,
    columns: Sequence[str],
    rows: Sequence[Cells],
    *,
    name: str,
    given: set[str],
    id_column: bool,
) -> None:
    missing = []
    if "text" not in plan.fields and "text" not in given and not _is_update(plan, columns, rows):
        missing.append("text")
    if "id" not in plan.fields and "id" not in given and id_column:
        missing.append("id")
    if missing:
        remedy = " ".join(f"--map {named}=COLUMN" for named in missing)
        if any(column.strip().isdecimal() for column in columns):
            remedy += ", or that these are a post with --no-header --columns id,text,…"
        auto = " Where there is none, --id auto makes one of account, time and text."
        raise ColumnsError(
            f"{name} has no {' and no '.join(missing)} column that can be recognised. "
            f"{_listed(columns)} Say which it is with {remedy}." + (auto if "id" in missing else "")
        )


def _is_update(plan: Plan, columns: Sequence[str], rows: Sequence[Cells]) -> bool:
    """Tell whether a file without texts has counts of known posts: ids, counts, no sentences."""
    if "media_raw" in plan.fields and "id" in plan.fields:
        return True
    if not any(named in plan.fields for named in COUNTS) or "id" not in plan.fields:
        return False
    taken = {column for places in plan.fields.values() for column in used(places)}
    for column in columns:
        if column not in taken:
            values = [v for cells in rows[:50] if isinstance(v := cells.get(column), str)]
            if values and sum(value.count(" ") >= 2 for value in values) * 2 > len(values):
                return False
    return True


def _listed(columns: Sequence[str]) -> str:
    listed = ", ".join(f'"{column}"' for column in columns[:40])
    more = f" and {len(columns) - 40} more" if len(columns) > 40 else ""
    return f"Columns found: {listed}{more}."
