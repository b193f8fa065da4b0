"""Rows to posts, one field after the other."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from embedstore.arrays import to_column
from embedstore.errors import InputError
from embedstore.reading.fields.accounts import to_username
from embedstore.reading.fields.counts import CountReader
from embedstore.reading.fields.ids import auto_id, repair, to_id
from embedstore.reading.fields.kinds import is_retweet, kind_of_parent, to_kind
from embedstore.reading.fields.languages import detect, to_language
from embedstore.reading.fields.links import to_platform
from embedstore.reading.fields.media import to_media
from embedstore.reading.fields.texts import clean_text, to_label, to_text
from embedstore.reading.fields.times import TimeReader
from embedstore.reading.options import ReadOptions
from embedstore.reading.paths import Cells, first_present
from embedstore.reading.plan import Plan
from embedstore.reading.rows import Row, Unreadable
from embedstore.reading.schema import (
    BATCH_SCHEMA,
    COUNTS,
    Batch,
    FieldProblem,
    Rejected,
)
from embedstore.reading.values import is_missing, to_json

NUMBERS = (*COUNTS, "followers")
TIMES = ("created_at", "observed_at")
_Parse = Callable[[Any], Any]
# Fields of which each value is read by itself.
PARSERS: dict[str, _Parse] = {
    "id": to_id,
    "platform": to_platform,
    "username": to_username,
    "company": to_label,
    "text": to_text,
    "kind": to_kind,
    "lang": to_language,
    "parent_id": to_id,
    "permalink": to_label,
    "media_raw": to_media,
}
# Without these, a post is no post: what is wrong with them costs the row.
_VITAL = frozenset({"id", "username", "text", "media_raw"})


class PostReader:
    """Makes batches of one file's rows, once it has seen the first of them."""

    def __init__(
        self,
        plan: Plan,
        options: ReadOptions,
        *,
        source: str,
        file: str,
        given: dict[str, Any],
        observed_at: datetime | None,
    ) -> None:
        self.plan = plan
        self.given = given
        self.source = source
        self.file = file
        self.auto = options.id == "auto"
        self.observed_at = observed_at
        zone = options.timezone or (plan.layout.zone if plan.layout else None)
        usual = plan.layout.order if plan.layout else None
        self.times = {
            name: TimeReader.of_options(options.date_format, zone, usual)
            for name in TIMES
            if name in plan.fields
        }
        self.counts = {name: CountReader() for name in NUMBERS if name in plan.fields}
        self.reactions = {kind: CountReader() for kind in plan.reactions}
        self.dropped, self.partly = plan.used_up()
        self.dropped |= set(options.ignore)
        self.reject = plan.layout.reject if plan.layout else None
        self.link = plan.link
        parents = plan.fields.get("parent_id", ())
        self.parent = kind_of_parent(parents[0].where) if parents else None

    def where(self) -> dict[str, str]:
        """Say where each field comes from."""
        found = self.plan.where()
        if self.auto:
            found["id"] = "made of account, time and text"
        return found | {name: f'"{value}"' for name, value in self.given.items()}

    def learn(self, rows: Sequence[Cells], *, only: Sequence[str] = ()) -> None:
        """Look at rows, to tell how their columns write times and counts."""
        for name, reader in (self.times | self.counts).items():
            if not only or name in only:
                reader.learn(self.values(name, rows))

    def undecided(self) -> list[str]:
        """List the fields that only the rest of the file can explain."""
        return [name for name, each in (self.times | self.counts).items() if each.undecided]

    def settle(self, name: str) -> None:
        """Decide how times are written.

        Raises
        ------
        InputError
            If they can be read in two ways.
        """
        for field, reader in self.times.items():
            reader.settle(name, self.plan.fields[field][0].where)

    def values(self, field: str, rows: Sequence[Cells]) -> list[Any]:
        """Return what each row has for a field."""
        places = self.plan.fields.get(field, ()) + self.plan.unseen.get(field, ())
        return first_present(places, rows) if places else [None] * len(rows)

    def ids(self, rows: Sequence[Row]) -> list[str | None]:
        """Return the ids of rows, None where they can't be read."""
        return self._parsed("id", [row.cells for row in rows])[0]

    def batch(self, rows: Sequence[Row | Unreadable], fraction: float) -> Batch:
        """Make a batch of rows."""
        source, file = self.source, self.file
        rejected = [
            Rejected(source, file, row.line, row.reason, row.raw)
            for row in rows
            if isinstance(row, Unreadable)
        ]
        good = [row for row in rows if isinstance(row, Row)]
        posts, problems = self._fields([row.cells for row in good])
        posts["source"] = [source] * len(good)
        posts["line"] = [row.line for row in good]
        posts["raw"] = [row.raw for row in good]
        reasons = self._reasons(good, posts, problems)
        if reasons:
            for place, reason in reasons.items():
                row = good[place]
                rejected.append(Rejected(source, file, row.line, reason, row.raw))
            rejected.sort(key=lambda each: each.line)
            kept = [place for place in range(len(good)) if place not in reasons]
            posts = {name: [column[place] for place in kept] for name, column in posts.items()}
        found = [
            FieldProblem(source, file, good[place].line, name, reason, good[place].raw)
            for name, wrong in problems.items()
            for place, reason in wrong.items()
            if place not in reasons
        ]
        found.sort(key=lambda each: each.line)
        arrays = [to_column(posts[field.name], field.type) for field in BATCH_SCHEMA]
        return Batch(
            pa.RecordBatch.from_arrays(arrays, schema=BATCH_SCHEMA), rejected, fraction, found
        )

    def _fields(
        self, rows: Sequence[Cells]
    ) -> tuple[dict[str, list[Any]], dict[str, dict[int, str]]]:
        """Return each field's column, and by field and row what is wrong."""
        nothing: list[Any] = [None] * len(rows)
        posts: dict[str, list[Any]] = {}
        problems: dict[str, dict[int, str]] = {}
        for name in PARSERS:
            posts[name], problems[name] = self._parsed(name, rows)
        for name in NUMBERS:
            posts[name], problems[name] = self._parsed(name, rows)
        for name in TIMES:
            read, problems[name] = self._parsed(name, rows)
            posts[name] = [None if each is None else each[0] for each in read]
            if name == "created_at":
                days = name in self.times and self.times[name].days_only
                posts["created_precision"] = [
                    None if each is None else "day" if days else each[1] for each in read
                ]
        if self.observed_at is not None:
            posts["observed_at"] = [each or self.observed_at for each in posts["observed_at"]]
        if (
            self.plan.layout is not None
            and self.plan.layout.platform
            and not self.given.get("platform")
        ):
            platform = self.plan.layout.platform
            posts["platform"] = [each or platform for each in posts["platform"]]
        raw = posts["text"]
        posts["text"] = [None if text is None else clean_text(text) for text in raw]
        posts["text_raw"] = [
            None if text is clean or text == clean else text
            for text, clean in zip(raw, posts["text"], strict=True)
        ]
        self._tell_kinds(posts)
        self._tell_languages(posts, rows)
        posts["reactions"] = self._reactions(rows, problems) or nothing
        posts["extra"] = self._extra(rows, problems.setdefault("extra", {}))
        if self.link is not None and "id" not in self.given:
            repair(posts["id"], self.values("id", rows), self.link.values(rows), problems["id"])
        if self.auto:
            posts["id"] = [
                None if (text or media) is None else auto_id(username, when, text or media)
                for username, when, text, media in zip(
                    posts["username"],
                    posts["created_at"],
                    posts["text"],
                    posts["media_raw"],
                    strict=True,
                )
            ]
            problems["id"] = {}
        return posts, problems

    def _parsed(self, name: str, rows: Sequence[Cells]) -> tuple[list[Any], dict[int, str]]:
        """Read a field of each row, None where it is missing or can't be read."""
        if name in self.given:
            return [self.given[name]] * len(rows), {}
        if name not in self.plan.fields and name not in self.plan.unseen:
            return [None] * len(rows), {}
        parse = self._parser(name)
        values = self.values(name, rows)
        wrong: dict[int, str] = {}
        read: list[Any] = []
        for place, value in enumerate(values):
            if value is None or value == "":
                read.append(None)
                continue
            try:
                read.append(parse(value))
            except InputError as error:
                read.append(None)
                wrong[place] = str(error)
        return read, wrong

    def _parser(self, name: str) -> _Parse:
        if name in TIMES:
            return self.times.setdefault(name, TimeReader()).read
        if name in NUMBERS:
            return self.counts.setdefault(name, CountReader()).read
        return PARSERS[name]

    def _reasons(
        self,
        rows: Sequence[Row],
        posts: dict[str, list[Any]],
        problems: dict[str, dict[int, str]],
    ) -> dict[int, str]:
        """Return by row why it is no post."""
        reasons: dict[int, str] = {}
        if self.reject is not None:
            for place, row in enumerate(rows):
                if (reason := self.reject(row.cells)) is not None:
                    reasons[place] = reason
        for name in _VITAL:
            for place, reason in problems.pop(name, {}).items():
                reasons.setdefault(place, f"{name}: {reason}")
        texts, media = posts["text"], posts["media_raw"]
        for place, identity in enumerate(posts["id"]):
            if identity is None:
                reasons.setdefault(place, self._no_id(texts[place]))
            elif (
                texts[place] is None
                and media[place] is None
                # Counts of a post that is known already.
                and all(posts[name][place] is None for name in COUNTS)
            ):
                reasons.setdefault(place, "neither text nor media")
        return reasons

    def _no_id(self, text: str | None) -> str:
        return "neither text nor media" if self.auto and text is None else "no id"

    def _tell_kinds(self, posts: dict[str, list[Any]]) -> None:
        if "kind" in self.given:
            return
        kinds = posts["kind"]
        for place, kind in enumerate(kinds):
            if kind is None or kind == "own":
                if is_retweet(posts["text"][place]) and posts["platform"][place] in (None, "x"):
                    kinds[place] = "repost"
                elif kind is None and self.parent and posts["parent_id"][place] is not None:
                    kinds[place] = self.parent

    def _tell_languages(self, posts: dict[str, list[Any]], rows: Sequence[Cells]) -> None:
        """Detect languages of posts whose file doesn't tell."""
        if "lang" in self.given:
            return
        told = self.values("lang", rows) if "lang" in self.plan.fields else [None] * len(rows)
        silent = [place for place, value in enumerate(told) if is_missing(value)]
        if silent:
            texts = posts["text"]
            for place, found in zip(silent, detect([texts[p] for p in silent]), strict=True):
                posts["lang"][place] = found

    def _reactions(
        self, rows: Sequence[Cells], problems: dict[str, dict[int, str]]
    ) -> list[str | None]:
        """Return counts by kind as JSON objects; nothing if the file has none."""
        if "reactions" in self.given or not (
            self.plan.reactions or "reactions" in self.plan.fields
        ):
            return []
        found: list[dict[str, int]] = [{} for _ in rows]
        wrong = problems.setdefault("reactions", {})
        for place, value in enumerate(self.values("reactions", rows)):
            counts: Mapping[str, Any]
            if isinstance(value, dict):
                counts = value
            elif isinstance(value, str) and value.startswith("{"):
                counts = _object(value)
            else:
                continue
            reader = CountReader()
            for kind, count in counts.items():
                _add_count(found[place], str(kind), count, reader, place, wrong)
        for kind, source in self.plan.reactions.items():
            reader = self.reactions[kind]
            for place, count in enumerate(source.values(rows)):
                _add_count(found[place], kind, count, reader, place, wrong)
        return [to_json(counts) if counts else None for counts in found]

    def _extra(self, rows: Sequence[Cells], wrong: dict[int, str]) -> list[str | None]:
        """Return as JSON what no field takes."""
        dropped, partly = self.dropped, self.partly
        extras: list[str | None] = []
        for cells in rows:
            if cells.keys() <= dropped:
                extras.append(None)
                continue
            rest = {
                name: value
                for name, value in cells.items()
                if name not in dropped and not is_missing(value)
            }
            for name, keys in partly.items():
                value = rest.get(name)
                if type(value) is dict:
                    left = {key: inner for key, inner in value.items() if key not in keys}
                    if left:
                        rest[name] = left
                    else:
                        del rest[name]
            try:
                extras.append(to_json(rest) if rest else None)
            except InputError as error:
                wrong[len(extras)] = str(error)
                extras.append(None)
        return extras


def _object(text: str) -> Mapping[str, Any]:
    import msgspec

    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _add_count(
    counts: dict[str, int],
    kind: str,
    value: Any,
    reader: CountReader,
    place: int,
    wrong: dict[int, str],
) -> None:
    try:
        count = None if value is None or value == "" else reader.read(value)
    except InputError as error:
        wrong[place] = f"{kind}: {error}"
        return
    if count is not None:
        counts[kind] = count
