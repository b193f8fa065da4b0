"""Inspect one index, complete it from the database, and write it.

Every index can be made from the database again. It should hold exactly the contents that have a
vector in the database, and the content ids and keys themselves are compared to see whether it
does. A counter of changes would not do: after a backup was restored, the same count may stand for
other contents.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np

from embedstore.arrays import Indices
from embedstore.index import fingerprint, segments, subjects
from embedstore.index.inverted_lists import PER_LIST, InvertedLists, fits, list_count, train
from embedstore.index.segments import Block, OpenSegment, Segment
from embedstore.index.subjects import Entries, Kind, Subject
from embedstore.progress import Progress, Step, Stopwatch, silent

SEGMENT_BYTES = 256 * 2**20
"""Vectors of one segment, which is in memory while it is written."""

MAX_STALE_SHARE = 0.2
"""Share of a segment's contents that may have left the database before it is written anew."""


@dataclass(frozen=True)
class IndexReport:
    """Result of updating one index.

    Attributes
    ----------
    space : str
        Name of the space.
    kind : {"texts", "images"}
        Kind of contents in the space.
    dim : int
        Dimensions of a vector.
    vectors : int
        Contents that have a vector in the database.
    added : int
        Vectors written this time, those of merged segments included.
    segments : int
        Segments of the index now.
    lists : int
        Inverted lists; 0 where search is exact.
    faults : list of str
        Faults that were found and repaired.
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
class IndexState:
    """An index on disk compared with the database.

    Attributes
    ----------
    stored : Entries
        Contents with a vector in the database.
    listed : list of Segment
        Segments in the manifest.
    usable : list of OpenSegment
        Those of them that are intact, and of which enough is in the database still.
    faults : list of str
        Faults of the other segments, or of the manifest, a sentence each.
    """

    stored: Entries
    listed: list[Segment]
    usable: list[OpenSegment]
    faults: list[str]

    def missing(self) -> Indices:
        """Find the stored contents that are in no usable segment: ids, ascending."""
        held = np.zeros(len(self.stored), dtype=bool)
        for segment in self.usable:
            rows = _positions(self.stored["id"], segment.entries["id"])
            held[rows[rows >= 0]] = True
        ids: Indices = self.stored["id"][~held]
        return ids


@dataclass(frozen=True)
class IndexUpdater:
    """Inspects, completes and writes one index.

    Attributes
    ----------
    path : Path
        The store's directory.
    connection : duckdb.DuckDBPyConnection
        Open on the store, for reading at least.
    subject : Subject
        The vectors that the index is made of.
    progress : callable
        Called at every step.
    watch : Stopwatch
        Seconds by stage.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    subject: Subject
    progress: Progress = silent
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def folder(self) -> Path:
        """The folder of the index's files."""
        return segments.folder_of(self.path, self.subject)

    def inspect(self, *, full: bool = False) -> IndexState:
        """Compare the index on disk with the database, without importing FAISS.

        Parameters
        ----------
        full : bool
            Compare the checksum of every file in full.
        """
        stored = subjects.stored_contents(self.connection, self.subject)
        listed, fault = segments.read_manifest(self.folder, self.subject)
        faults = [fault] if fault and len(stored) else []
        usable: list[OpenSegment] = []
        for segment in listed:
            entries, fault = self._checked_entries(segment, full=full)
            if entries is None:
                faults.append(f"segment {segment.number} {fault}")
                continue
            rows = _positions(stored["id"], entries["id"])
            held = rows >= 0
            if (stored["key"][rows[held]] != entries["key"][held]).any():
                faults.append(f"segment {segment.number} has other contents under the same ids")
            elif np.count_nonzero(held) >= (1 - MAX_STALE_SHARE) * len(entries):
                usable.append(OpenSegment(entries, segment.lists, segment))
        return IndexState(stored, listed, usable, faults)

    def _checked_entries(self, segment: Segment, *, full: bool) -> tuple[Entries | None, str]:
        """Read a segment's entries after checking its files; without them, the fault."""
        if not all(fingerprint.intact(self.folder, file, full=full) for file in segment.files):
            return None, "is missing or damaged"
        entries = segments.load_entries(self.folder, segment)
        return entries, "can't be read" if entries is None else ""

    def read(self, state: IndexState) -> IndexState:
        """Read the FAISS indexes of the usable segments; one that can't be read is a fault."""
        usable, faults = [], list(state.faults)
        for segment in state.usable:
            assert segment.segment is not None
            try:
                index = segments.load_index(self.folder, segment.segment)
                usable.append(replace(segment, index=index))
            except OSError as error:
                faults.append(f"segment {segment.segment.number} can't be read: {error}")
        return replace(state, usable=usable, faults=faults)

    def update(self, *, full: bool) -> IndexReport:
        """Bring the index on disk up to date, and report what was done."""
        with self.watch.stage("verify"):
            state = self.inspect(full=full)
        listed = self.write(state)
        return IndexReport(
            self.subject.space,
            self.subject.kind,
            self.subject.dim,
            vectors=len(state.stored),
            added=sum(segment.rows for segment in listed if segment not in state.listed),
            segments=len(listed),
            lists=max((segment.lists for segment in listed), default=0),
            faults=state.faults,
            seconds={stage: round(took, 3) for stage, took in self.watch.seconds.items()},
        )

    def write(self, state: IndexState) -> list[Segment]:
        """Write what the index on disk lacks, and return the segments it has then."""
        complete = self.complete(state, write=True)
        listed = [each.segment for each in complete if each.segment is not None]
        timed = [segments.with_current_times(self.folder, segment) for segment in listed]
        if state.faults or timed != state.listed:
            self.folder.mkdir(parents=True, exist_ok=True)
            segments.write_manifest(self.folder, self.subject, timed)
        else:
            segments.clean(self.folder, timed)
        return listed

    def complete(self, state: IndexState, *, write: bool) -> list[OpenSegment]:
        """Return segments that hold all stored contents: the usable ones, and new ones.

        Parameters
        ----------
        state : IndexState
            The index as it is.
        write : bool
            Write the new segments to disk; else they stay in memory.
        """
        dim, rows = self.subject.dim, len(state.stored)
        kept, missing = list(state.usable), state.missing()
        if kept and not fits(kept[0].lists, rows, dim):
            kept, missing = [], state.stored["id"]
        if not len(missing):
            return kept
        exact = kept[0].lists == 0 if kept else fits(0, rows, dim)
        segment_rows = max(1, SEGMENT_BYTES // (dim * (4 if exact else 2)))
        kept, missing = _merge_small(kept, missing, state.stored["id"], segment_rows)
        lists = None if exact else self._inverted_lists(kept, missing)
        return kept + self._new_segments(missing, state.stored, segment_rows, lists, write=write)

    def _new_segments(
        self,
        ids: Indices,
        stored: Entries,
        segment_rows: int,
        lists: InvertedLists | None,
        *,
        write: bool,
    ) -> list[OpenSegment]:
        """Make segments of the contents `ids`, of at most `segment_rows` each."""
        made: list[OpenSegment] = []
        number = segments.last_number(self.folder)
        for start in range(0, len(ids), segment_rows):
            some = ids[start : start + segment_rows]
            step = Step(f"index {self.subject.space}", start, len(ids), self.subject.kind)
            with self.watch.stage("write"):
                segment = segments.new_segment(self._blocks(some, step), self.subject.dim, lists)
                rows = _positions(stored["id"], segment.entries["id"])
                segment.entries["key"] = stored["key"][rows]
                number += 1
                if len(segment.entries):
                    made.append(segments.save(self.folder, number, segment) if write else segment)
        return made

    def _blocks(self, ids: Indices, step: Step) -> Iterator[Block]:
        """Read vectors in blocks, and tell the progress after each."""
        for block in subjects.vector_blocks(self.connection, self.subject, ids):
            yield block
            step = replace(step, done=step.done + len(block[0]))
            self.progress(step)

    def _inverted_lists(self, kept: Sequence[OpenSegment], ids: Indices) -> InvertedLists | None:
        """Return the lists of the segments that are kept, or train new ones.

        None if no content has a vector that an index can hold.
        """
        if kept:
            assert kept[0].segment is not None
            index = kept[0].index or segments.load_index(self.folder, kept[0].segment)
            return InvertedLists(index.quantizer.reconstruct_n(0, index.nlist), index.nprobe)
        self.progress(Step(f"index {self.subject.space}", note="grouping similar vectors"))
        with self.watch.stage("train"):
            count = list_count(len(ids))
            size = min(len(ids), count * PER_LIST)
            chosen = np.sort(np.random.default_rng(0).choice(ids, size, replace=False))
            blocks = subjects.vector_blocks(self.connection, self.subject, chosen)
            sample = [vectors for _, vectors in blocks]
            if not sum(map(len, sample)):
                return None
            return train(segments.faiss_module(), np.concatenate(sample), count)


def _merge_small(
    kept: Sequence[OpenSegment], missing: Indices, stored: Indices, segment_rows: int
) -> tuple[list[OpenSegment], Indices]:
    """Choose small segments to write again together with the missing contents.

    A segment less than twice as large as what is to be written joins it, the last one first:
    each content is then written a logarithmic number of times, and the number of segments stays
    logarithmic in the number of vectors.

    Parameters
    ----------
    kept : sequence of OpenSegment
        Segments of the index.
    missing : array, shape (n,), int64
        Contents that no segment has.
    stored : array, shape (m,), int64
        Ids of all contents in the database, ascending.
    segment_rows : int
        Most vectors of a segment; one of half as many is not merged.

    Returns
    -------
    kept : list of OpenSegment
        Segments that stay.
    ids : array, int64
        Contents to write, ascending.
    """
    left = list(kept)
    while left and len(left[-1].entries) < min(2 * len(missing), segment_rows // 2):
        ids = left.pop().entries["id"]
        missing = np.concatenate([missing, ids[_positions(stored, ids) >= 0]])
    return left, np.sort(missing)


def _positions(sorted_ids: Indices, ids: Indices) -> Indices:
    """Find the position of each id in an ascending array; -1 where it is not there.

    Content ids are above 0 and dense, so that an array by id is quicker than a binary search.
    """
    last = int(sorted_ids[-1]) if len(sorted_ids) else 0
    position = np.full(last + 2, -1)
    position[sorted_ids] = np.arange(len(sorted_ids))
    found: Indices = position[np.minimum(ids, last + 1)]
    return found
