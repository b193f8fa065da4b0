"""The files of one index: FAISS segments, what is in them, and the manifest that lists them.

A folder ``index/SPACE-KIND/`` holds::

    manifest.json     what the index is of, and its segments; written last, by a rename
    000001.faiss      a complete FAISS index whose ids are content ids
    000001.npy        its entries: content id, the content's key, and the inverted list

A segment is never changed after it was written: new contents make a new segment, and
whoever has mapped an old file keeps it until they let go.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.index.inverted_lists import Lists, has_gpu
from embedstore.index.subjects import ENTRY, Entries, Subject

FORMAT = 3
"""Of the manifest and the entries; another number means: build the index anew."""

SMALL_BYTES = 64 * 2**20
"""Files up to here are read into memory and checked in full whenever they are opened (some
40 ms); larger ones are mapped, and checked in full only when their size or time changed."""

SAMPLES = 16
SAMPLE_BYTES = 64 * 2**10
"""Blocks of a large file that are checked each time it is opened: head, tail and between."""


@dataclass(frozen=True)
class FileMark:
    """By what a file is known again."""

    name: str
    size: int
    mtime_ns: int
    sha256: str
    sample: str


@dataclass(frozen=True)
class Segment:
    """One segment on disk.

    Attributes
    ----------
    number : int
        Higher than those before; never used twice.
    rows : int
        Vectors in it.
    lists : int
        Its inverted lists; 0 for an exact segment.
    files : tuple of FileMark
        The FAISS index and the entries.
    """

    number: int
    rows: int
    lists: int
    files: tuple[FileMark, FileMark]


@dataclass(frozen=True)
class Part:
    """A segment at hand.

    Attributes
    ----------
    entries : Entries
        What is in it.
    lists : int
        Its inverted lists; 0 for an exact one.
    segment : Segment, optional
        Its files; None for one that is only in memory.
    index : faiss.Index, optional
        None until it is read.
    """

    entries: Entries
    lists: int
    segment: Segment | None = None
    index: Any = None


def folder_of(store: Path, subject: Subject) -> Path:
    """Where the files of an index are."""
    return store / "index" / subject.name


@contextmanager
def index_lock(store: Path) -> Iterator[None]:
    """Hold the lock under which index files are written; waits for whoever has it.

    Take it only with a connection to the database open, and open none while holding it,
    so that nobody waits in a circle.

    Raises
    ------
    OSError
        The store's directory can't be written.
    """
    folder = store / "index"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# The manifest


def read_manifest(folder: Path, subject: Subject) -> tuple[list[Segment], str]:
    """The segments of an index, and why they can't be used if they can't (else empty)."""
    try:
        content = json.loads((folder / "manifest.json").read_bytes())
        if content["format"] != FORMAT:
            return [], f"its format is {content['format']}, not {FORMAT}"
        if content["subject"] != asdict(subject):
            return [], "it belongs to another store or to other weights"
        return [
            Segment(**item | {"files": tuple(FileMark(**mark) for mark in item["files"])})
            for item in content["segments"]
        ], ""
    except FileNotFoundError:
        return [], "there is none"
    except (OSError, ValueError, TypeError, KeyError) as error:
        return [], f"its manifest can't be read ({type(error).__name__})"


def write_manifest(folder: Path, subject: Subject, segments: list[Segment]) -> None:
    """Write the manifest beside and rename it, then delete what no manifest lists."""
    content = {
        "format": FORMAT,
        "subject": asdict(subject),
        "segments": [asdict(segment) for segment in segments],
    }
    beside = folder / "manifest.json.new"
    beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    beside.rename(folder / "manifest.json")
    clean(folder, segments)


def clean(folder: Path, segments: list[Segment]) -> None:
    """Delete files of segments other than these, such as those of an interrupted write."""
    listed = {mark.name for segment in segments for mark in segment.files}
    for file in list(folder.iterdir()) if folder.is_dir() else []:
        if file.suffix in (".faiss", ".npy", ".new") and file.name not in listed:
            file.unlink(missing_ok=True)


# Checksums


def mark_of(file: Path) -> FileMark:
    """What `intact` compares later."""
    status = file.stat()
    return FileMark(file.name, status.st_size, status.st_mtime_ns, _sha256(file), _sample(file))


def intact(folder: Path, mark: FileMark, *, full: bool = False) -> bool:
    """Whether a file is still the one that was marked.

    Parameters
    ----------
    full : bool
        Read all of it. Else a large file whose size and time are as marked is only
        sampled: this takes a millisecond where reading takes a second a gigabyte, and a
        file that was written to, cut, or replaced shows in one of the three.
    """
    file = folder / mark.name
    try:
        status = file.stat()
        if status.st_size != mark.size:
            return False
        if full or mark.size <= SMALL_BYTES or status.st_mtime_ns != mark.mtime_ns:
            return _sha256(file) == mark.sha256
        return _sample(file) == mark.sample
    except OSError:
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample(file: Path) -> str:
    digest = hashlib.sha256()
    last = max(0, file.stat().st_size - SAMPLE_BYTES)
    with file.open("rb") as stream:
        for offset in np.linspace(0, last, SAMPLES).astype(int):
            stream.seek(int(offset))
            digest.update(stream.read(SAMPLE_BYTES))
    return digest.hexdigest()


# Segments


def faiss_module() -> Any:
    """FAISS, imported when it is first used; its stubs don't know what its wrappers take."""
    import faiss

    return faiss


def new_part(blocks: Iterator[tuple[Indices, Vectors]], dim: int, lists: Lists | None) -> Part:
    """A segment in memory, from blocks of content ids and vectors of length 1.

    Parameters
    ----------
    lists : Lists, optional
        Those that all segments of an index share, so that a query compares itself with
        centroids once for all; None for an exact segment.

    Returns
    -------
    Part
        Its entries have no keys yet.
    """
    faiss = faiss_module()
    quantizer = faiss.IndexFlatIP(dim)
    if lists is None:
        index = faiss.IndexIDMap2(quantizer)
    else:
        quantizer.add(lists.centroids)
        # Not residuals: equal vectors then have equal codes in every segment.
        index = faiss.IndexIVFScalarQuantizer(
            quantizer,
            dim,
            len(lists.centroids),
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        index.is_trained = True
        index.nprobe = lists.probes
    # Finding the nearest list of each vector is most of the work.
    finder = faiss.index_cpu_to_all_gpus(quantizer) if lists and has_gpu(faiss) else quantizer
    parts: list[Entries] = []
    for ids, vectors in blocks:
        entries = np.zeros(len(ids), dtype=ENTRY)
        entries["id"] = ids
        if lists is None:
            index.add_with_ids(vectors, ids)
        else:
            assigned = finder.search(vectors, 1)[1].reshape(-1)
            entries["list"] = assigned
            index.add_core(
                len(ids), faiss.swig_ptr(vectors), faiss.swig_ptr(ids), faiss.swig_ptr(assigned)
            )
        parts.append(entries)
    entries = np.concatenate([np.zeros(0, dtype=ENTRY), *parts])
    entries.sort(order="id")
    return Part(entries, len(lists.centroids) if lists else 0, index=index)


def save(folder: Path, number: int, part: Part) -> Part:
    """Write a part's files and let go of its index; it counts once a manifest lists it.

    Raises
    ------
    OSError
        They can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, entries = folder / f"{number:06}.faiss", folder / f"{number:06}.npy"
    try:
        faiss_module().write_index(part.index, str(file))
    except RuntimeError as error:
        raise OSError(f"{file} could not be written: {str(error).splitlines()[0]}") from error
    np.save(entries, part.entries)
    segment = Segment(number, len(part.entries), part.lists, (mark_of(file), mark_of(entries)))
    return Part(part.entries, part.lists, segment)


def load_entries(folder: Path, segment: Segment) -> Entries | None:
    """What a segment holds; None if that can't be read."""
    try:
        entries: Entries = np.load(folder / segment.files[1].name)
    except (OSError, ValueError):
        return None
    return entries if entries.dtype == ENTRY and len(entries) == segment.rows else None


def load_index(folder: Path, segment: Segment) -> Any:
    """A segment's FAISS index, mapped if it is large.

    Raises
    ------
    OSError
        FAISS can't read it.
    """
    faiss = faiss_module()
    mark = segment.files[0]
    # Mapping is made for inverted lists; exact segments are small.
    flags = faiss.IO_FLAG_MMAP if segment.lists and mark.size > SMALL_BYTES else 0
    try:
        index = faiss.read_index(str(folder / mark.name), flags)
    except RuntimeError as error:
        raise OSError(str(error).splitlines()[0]) from error
    if index.ntotal != segment.rows:
        raise OSError(f"{mark.name} has {index.ntotal} vectors, not {segment.rows}")
    return index


def with_present_times(folder: Path, segment: Segment) -> Segment:
    """A segment whose files were found right, marked with the times that they have now."""
    faiss_file, entries = (
        replace(mark, mtime_ns=(folder / mark.name).stat().st_mtime_ns) for mark in segment.files
    )
    return replace(segment, files=(faiss_file, entries))


def last_number(folder: Path) -> int:
    """The highest number of a segment, listed or left over; 0 if there is none."""
    return max((int(f.stem) for f in folder.glob("*.faiss") if f.stem.isdigit()), default=0)
