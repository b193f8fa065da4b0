"""An index over each space's vectors: kept current by a build, verified, mended when needed.

Everything here can be derived from the database again. An index holds the vectors that
the database holds, by content; whether it does is decided by the ids themselves, not by a
counter, so that a store brought back from a backup is told from its other history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.errors import StoreError
from embedstore.index import segments, subjects
from embedstore.index.inverted_lists import PER_LIST, Lists, list_count, train, wished_lists
from embedstore.index.searcher import Index
from embedstore.index.segments import Part, Segment
from embedstore.index.subjects import Entries, Kind, Subject
from embedstore.progress import Progress, Step, Stopwatch, silent

EXACT_FLOATS = 20_000_000
"""Numbers (vectors x dimensions) that are searched exactly: 52,000 vectors of 384. One core
reads so many in 5 ms, which leaves half of 10 ms a query for SQL, and nothing is gained by
being approximate below."""

SEGMENT_BYTES = 256 * 2**20
"""Codes of one segment: what is in memory while it is written."""

DEAD_SHARE = 0.2
"""Share of a segment's contents that may have left the store before it is written anew."""


def fits(lists: int, rows: int, dim: int) -> bool:
    """Whether an index with so many lists, 0 for an exact one, still suits so many vectors.

    A new index has up to 1.4 times too few or too many lists. It is made anew when there
    are twice too few, so after the store has doubled at the earliest.
    """
    if lists == 0:
        return rows * dim <= EXACT_FLOATS
    return rows * dim > EXACT_FLOATS / 2 and wished_lists(rows) <= 2 * lists


@dataclass(frozen=True)
class IndexReport:
    """What `update` did to one index.

    Attributes
    ----------
    space, kind : str
        What it is of.
    dim : int
        Dimensions of its vectors.
    vectors : int
        How many it can find.
    added : int
        Those written this time, also when they were in a segment that was merged.
    segments : int
        Segments it has now.
    lists : int
        Inverted lists; 0 where search is exact.
    faults : list of str
        What was wrong with it and was mended.
    seconds : dict
        Time by stage: ``verify``, ``train``, ``write``.
    """

    space: str
    kind: Kind
    dim: int
    vectors: int
    added: int
    segments: int
    lists: int
    faults: list[str]
    seconds: dict[str, float]


@dataclass(frozen=True)
class _Survey:
    """An index as it is found.

    Attributes
    ----------
    live : Entries
        What the database has.
    listed : list of Segment
        What the manifest lists.
    parts : list of Part
        Those of them that can be used.
    faults : list of str
        Why others can't.
    """

    live: Entries
    listed: list[Segment]
    parts: list[Part]
    faults: list[str]

    def missing(self) -> Indices:
        """Content ids that are in no part, ascending."""
        known = np.zeros(len(self.live), dtype=bool)
        for part in self.parts:
            rows = _find(self.live["id"], part.entries["id"])
            known[rows[rows >= 0]] = True
        ids: Indices = self.live["id"][~known]
        return ids


def update(
    path: Path,
    connection: duckdb.DuckDBPyConnection,
    *,
    progress: Progress = silent,
    full: bool = False,
) -> list[IndexReport]:
    """Bring every index of a store up to date with its database.

    New contents go into a segment of their own; small segments are merged as they
    become many, so that the work is in proportion to what is new. Nothing is written,
    nor FAISS loaded, when nothing changed.

    Parameters
    ----------
    path : Path
        The store.
    connection : duckdb.DuckDBPyConnection
        Open on it, for reading at least.
    progress : callable
        Told about every step.
    full : bool
        Compare the checksum of every file, also of large ones that look untouched.

    Raises
    ------
    StoreError
        The index can't be written; posts and vectors are safe.
    """
    wanted = subjects.subjects(connection)
    try:
        with segments.index_lock(path):
            keepers = [_Keeper(path, connection, subject, progress) for subject in wanted]
            reports = [keeper.update(full=full) for keeper in keepers]
            _forget_others(path, wanted)
    except OSError as error:
        raise StoreError(
            f"the index in {path / 'index'} can't be written: {error}. Posts and vectors are"
            " safe; make room or allow writing, and run the same command again"
        ) from error
    return reports


def rebuild(
    path: Path, connection: duckdb.DuckDBPyConnection, *, progress: Progress = silent
) -> list[IndexReport]:
    """Make every index anew from the database.

    Raises
    ------
    StoreError
        It can't be written.
    """
    for subject in subjects.subjects(connection):
        (segments.folder_of(path, subject) / "manifest.json").unlink(missing_ok=True)
    return update(path, connection, progress=progress)


def verify(path: Path, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with a store's indexes, a sentence each; every file is read in full.

    `update` with ``full=True`` mends all of it.
    """
    faults = []
    for subject in subjects.subjects(connection):
        survey = _Keeper(path, connection, subject).survey(full=True)
        faults += [f"index {subject.name}: {fault}" for fault in survey.faults]
        missing = survey.missing()
        if len(missing) and not survey.faults:
            # Vectors that no index can hold are not the index's fault.
            usable = sum(len(ids) for ids, _ in subjects.blocks(connection, subject, missing))
            if usable:
                faults.append(f"index {subject.name}: it lacks {usable} vectors")
    return faults


def open_index(path: Path, connection: duckdb.DuckDBPyConnection, subject: Subject) -> Index:
    """The index of a subject, ready for queries; mended first if it has to be.

    Waits while another process writes indexes. Where the directory can't be written,
    what had to be mended stays in memory.
    """
    keeper = _Keeper(path, connection, subject)
    survey = keeper.load(keeper.survey())
    if survey.faults or len(survey.missing()):
        try:
            with segments.index_lock(path):
                survey = keeper.load(keeper.survey())
                keeper.write(survey)
                survey = keeper.load(keeper.survey())
        except OSError:
            survey = replace(survey, parts=keeper.mend(survey, write=False))
    return Index(subject.dim, survey.parts, survey.live["id"])


@dataclass(frozen=True)
class _Keeper:
    """Whoever looks after one index."""

    path: Path
    connection: duckdb.DuckDBPyConnection
    subject: Subject
    progress: Progress = silent
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def folder(self) -> Path:
        return segments.folder_of(self.path, self.subject)

    def survey(self, *, full: bool = False) -> _Survey:
        """Compare the index with the database; FAISS is not needed for it."""
        live = subjects.live(self.connection, self.subject)
        listed, fault = segments.read_manifest(self.folder, self.subject)
        faults = [fault] if fault and len(live) else []
        parts: list[Part] = []
        for segment in listed:
            name = f"segment {segment.number}"
            if not all(segments.intact(self.folder, mark, full=full) for mark in segment.files):
                faults.append(f"{name} is missing or damaged")
                continue
            entries = segments.load_entries(self.folder, segment)
            if entries is None:
                faults.append(f"{name} can't be read")
                continue
            rows = _find(live["id"], entries["id"])
            there = rows >= 0
            if (live["key"][rows[there]] != entries["key"][there]).any():
                faults.append(f"{name} has other contents under the same ids")
            elif np.count_nonzero(there) >= (1 - DEAD_SHARE) * len(entries):
                parts.append(Part(entries, segment.lists, segment))
        return _Survey(live, listed, parts, faults)

    def load(self, survey: _Survey) -> _Survey:
        """The survey with its parts' FAISS indexes; one that can't be read is a fault."""
        parts, faults = [], list(survey.faults)
        for part in survey.parts:
            assert part.segment is not None
            try:
                index = segments.load_index(self.folder, part.segment)
                parts.append(replace(part, index=index))
            except OSError as error:
                faults.append(f"segment {part.segment.number} can't be read: {error}")
        return replace(survey, parts=parts, faults=faults)

    def update(self, *, full: bool) -> IndexReport:
        with self.watch.stage("verify"):
            survey = self.survey(full=full)
        listed = self.write(survey)
        return IndexReport(
            self.subject.space,
            self.subject.kind,
            self.subject.dim,
            vectors=len(survey.live),
            added=sum(segment.rows for segment in listed if segment not in survey.listed),
            segments=len(listed),
            lists=max((segment.lists for segment in listed), default=0),
            faults=survey.faults,
            seconds={stage: round(took, 3) for stage, took in self.watch.seconds.items()},
        )

    def write(self, survey: _Survey) -> list[Segment]:
        """Mend on disk what the survey found; the segments there are afterwards."""
        parts = self.mend(survey, write=True)
        listed = [part.segment for part in parts if part.segment is not None]
        timed = [segments.with_present_times(self.folder, segment) for segment in listed]
        if survey.faults or timed != survey.listed:
            self.folder.mkdir(parents=True, exist_ok=True)
            segments.write_manifest(self.folder, self.subject, timed)
        else:
            segments.clean(self.folder, timed)
        return listed

    def mend(self, survey: _Survey, *, write: bool) -> list[Part]:
        """The survey's parts and new ones for what is missing: on disk, or in memory."""
        parts, missing, live = list(survey.parts), survey.missing(), survey.live
        dim = self.subject.dim
        if parts and not fits(parts[0].lists, len(live), dim):
            parts, missing = [], live["id"]
        if not len(missing):
            return parts
        exact = parts[0].lists == 0 if parts else fits(0, len(live), dim)
        full_rows = max(1, SEGMENT_BYTES // (dim * (4 if exact else 2)))
        # New contents are merged with segments less than twice their size: each content is
        # written a logarithmic number of times, and segments stay a logarithmic number.
        while parts and len(parts[-1].entries) < min(2 * len(missing), full_rows // 2):
            ids = parts.pop().entries["id"]
            missing = np.concatenate([missing, ids[_find(live["id"], ids) >= 0]])
        missing = np.sort(missing)
        lists = None if exact else self._lists(parts, missing)
        number = segments.last_number(self.folder)
        for start in range(0, len(missing), full_rows):
            wanted = missing[start : start + full_rows]
            step = Step(f"index {self.subject.space}", start, len(missing), self.subject.kind)
            with self.watch.stage("write"):
                part = segments.new_part(self._blocks(wanted, step), dim, lists)
                rows = _find(live["id"], part.entries["id"])
                part.entries["key"] = live["key"][rows]
                number += 1
                if len(part.entries):
                    parts.append(segments.save(self.folder, number, part) if write else part)
        return parts

    def _blocks(self, ids: Indices, step: Step) -> Iterator[tuple[Indices, Vectors]]:
        for block in subjects.blocks(self.connection, self.subject, ids):
            yield block
            step = replace(step, done=step.done + len(block[0]))
            self.progress(step)

    def _lists(self, parts: Sequence[Part], ids: Indices) -> Lists | None:
        """The lists that the parts share, or new ones for vectors of these contents."""
        if parts:
            assert parts[0].segment is not None
            index = parts[0].index or segments.load_index(self.folder, parts[0].segment)
            return Lists(index.quantizer.reconstruct_n(0, index.nlist), index.nprobe)
        self.progress(Step(f"index {self.subject.space}", note="grouping similar vectors"))
        with self.watch.stage("train"):
            count = list_count(len(ids))
            size = min(len(ids), count * PER_LIST)
            chosen = np.random.default_rng(0).choice(ids, size, replace=False)
            sample = [
                vectors
                for _, vectors in subjects.blocks(self.connection, self.subject, np.sort(chosen))
            ]
            # None of the vectors may be one that an index can hold.
            if not sum(map(len, sample)):
                return None
            return train(segments.faiss_module(), np.concatenate(sample), count)


def _forget_others(path: Path, wanted: Sequence[Subject]) -> None:
    """Delete indexes of spaces that the store doesn't have any more."""
    kept = {subject.name for subject in wanted}
    for manifest in list((path / "index").glob("*/manifest.json")):
        if manifest.parent.name not in kept:
            manifest.unlink()
            segments.clean(manifest.parent, [])


def _find(sorted_ids: Indices, ids: Indices) -> Indices:
    """Where each of `ids` is in `sorted_ids`, both above 0; -1 where it isn't."""
    last = int(sorted_ids[-1]) if len(sorted_ids) else 0
    # Ids are dense: a table of places is quicker than searching for each.
    place = np.full(last + 2, -1)
    place[sorted_ids] = np.arange(len(sorted_ids))
    found: Indices = place[np.minimum(ids, last + 1)]
    return found
