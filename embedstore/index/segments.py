"""Read and write the files of one index: FAISS segments, their entries, and the manifest.

A folder ``index/SPACE-KIND/`` holds::

    manifest.json     the index's subject and its segments; written last, by a rename
    000001.faiss      a complete FAISS index whose ids are content ids
    000001.npy        its entries: content id, the content's key, and the inverted list

A segment is never changed after it was written: new contents make a new segment. A process
that has mapped a segment's file can use it even after the file was deleted.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.index import fingerprint
from embedstore.index.fingerprint import FileFingerprint
from embedstore.index.inverted_lists import InvertedLists, faiss_has_gpu
from embedstore.index.subjects import ENTRY, Entries, Subject
from embedstore.storage.layout import index_folder, index_lock_file

FORMAT = 3
"""Version of the manifest and the entries; an index of another version is built anew."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Segment:
    """One segment on disk.

    Attributes
    ----------
    number : int
        Higher than the number of every earlier segment.
    rows : int
        Vectors in the segment.
    lists : int
        Inverted lists; 0 for an exact segment.
    files : tuple of FileFingerprint
        The FAISS index and the entries.
    """

    number: int
    rows: int
    lists: int
    files: tuple[FileFingerprint, FileFingerprint]


@dataclass(frozen=True)
class OpenSegment:
    """A segment in memory.

    Attributes
    ----------
    entries : Entries
        Its contents.
    lists : int
        Inverted lists; 0 for an exact segment.
    segment : Segment, optional
        Its files; None for a segment that was not written.
    index : faiss.Index, optional
        None until it is read, and after it was written.
    """

    entries: Entries
    lists: int
    segment: Segment | None = None
    index: Any = None


def folder_of(store: Path, subject: Subject) -> Path:
    """Return the folder of an index's files."""
    return index_folder(store) / subject.name


@contextmanager
def index_lock(store: Path) -> Iterator[None]:
    """Hold the lock under which index files are written; wait while another process has it.

    To rule out a deadlock, open the connection to the database before taking the lock, and
    open none while holding it.

    Raises
    ------
    OSError
        The store's directory can't be written.
    """
    index_folder(store).mkdir(exist_ok=True)
    descriptor = os.open(index_lock_file(store), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# The manifest


def read_manifest(folder: Path, subject: Subject) -> tuple[list[Segment], str]:
    """Read the manifest of an index.

    Returns
    -------
    segments : list of Segment
        Segments of the index; empty if the manifest can't be used.
    fault : str
        Why it can't be used; empty if it can.
    """
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        if content["format"] != FORMAT:
            return [], f"its format is {content['format']}, not {FORMAT}"
        if content["subject"] != asdict(subject):
            return [], "it belongs to another store or to other weights"
        return [
            Segment(**item | {"files": tuple(FileFingerprint(**file) for file in item["files"])})
            for item in content["segments"]
        ], ""
    except FileNotFoundError:
        return [], "there is none"
    except (OSError, ValueError, TypeError, KeyError) as error:
        return [], f"its manifest can't be read ({type(error).__name__})"


def write_manifest(folder: Path, subject: Subject, segments: list[Segment]) -> None:
    """Replace the manifest by a rename, then delete segment files that it does not list."""
    content = {
        "format": FORMAT,
        "subject": asdict(subject),
        "segments": [asdict(segment) for segment in segments],
    }
    beside = folder / f"{MANIFEST}.new"
    beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    beside.rename(folder / MANIFEST)
    clean(folder, segments)


def clean(folder: Path, segments: list[Segment]) -> None:
    """Delete the files of all segments but these, among them those of an interrupted write."""
    listed = {file.name for segment in segments for file in segment.files}
    for file in list(folder.iterdir()) if folder.is_dir() else []:
        if file.suffix in (".faiss", ".npy", ".new") and file.name not in listed:
            file.unlink(missing_ok=True)


def delete_manifest(folder: Path) -> None:
    """Delete the manifest of an index, if there is one: its segments then count no more."""
    (folder / MANIFEST).unlink(missing_ok=True)


def index_folders(store: Path) -> list[Path]:
    """List the folders of a store's indexes that have a manifest."""
    return [manifest.parent for manifest in index_folder(store).glob(f"*/{MANIFEST}")]


# Segments


def faiss_module() -> Any:
    """Import FAISS at its first use.

    The module is untyped: FAISS's stubs lack the arrays that its Python wrappers take.
    """
    import faiss

    return faiss


Block = tuple[Indices, Vectors]
"""Content ids, shape (n,), int64, and their vectors, shape (n, dim), float32, at length 1."""


def new_segment(blocks: Iterator[Block], dim: int, lists: InvertedLists | None) -> OpenSegment:
    """Make a segment in memory.

    Parameters
    ----------
    blocks : iterator of (ids, vectors)
        Contents of the segment.
    dim : int
        Dimensions of a vector.
    lists : InvertedLists, optional
        Those that all segments of an index share, so that a query is compared with the
        centroids once for all segments; None for an exact segment.

    Returns
    -------
    OpenSegment
        Its entries have no keys yet.
    """
    if lists is None:
        index, added = _flat_index(blocks, dim)
    else:
        index, added = _inverted_file_index(blocks, dim, lists)
    entries = np.concatenate([np.zeros(0, dtype=ENTRY), *added])
    entries.sort(order="id")
    return OpenSegment(entries, len(lists.centroids) if lists else 0, index=index)


def _flat_index(blocks: Iterator[Block], dim: int) -> tuple[Any, list[Entries]]:
    """Make an exact FAISS index, with its entries block by block."""
    faiss = faiss_module()
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
    added: list[Entries] = []
    for ids, vectors in blocks:
        index.add_with_ids(vectors, ids)
        entries = np.zeros(len(ids), dtype=ENTRY)
        entries["id"] = ids
        added.append(entries)
    return index, added


def _inverted_file_index(
    blocks: Iterator[Block], dim: int, lists: InvertedLists
) -> tuple[Any, list[Entries]]:
    """Make a FAISS index of float16 rows in inverted lists, with its entries block by block."""
    faiss = faiss_module()
    quantizer = faiss.IndexFlatIP(dim)
    quantizer.add(lists.centroids)
    # The last argument: codes are not residuals, so that equal vectors have equal codes in
    # every segment.
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
    # Finding the nearest list of each vector is most of the work: a GPU does it if there is one.
    assigner = faiss.index_cpu_to_all_gpus(quantizer) if faiss_has_gpu(faiss) else quantizer
    added: list[Entries] = []
    for ids, vectors in blocks:
        assigned = assigner.search(vectors, 1)[1].reshape(-1)
        index.add_core(
            len(ids), faiss.swig_ptr(vectors), faiss.swig_ptr(ids), faiss.swig_ptr(assigned)
        )
        entries = np.zeros(len(ids), dtype=ENTRY)
        entries["id"], entries["list"] = ids, assigned
        added.append(entries)
    return index, added


def save(folder: Path, number: int, segment: OpenSegment) -> OpenSegment:
    """Write a segment's files and drop its FAISS index from memory.

    The segment is part of the index only once the manifest lists it.

    Raises
    ------
    OSError
        The files can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, entries = folder / f"{number:06}.faiss", folder / f"{number:06}.npy"
    try:
        faiss_module().write_index(segment.index, str(file))
    except RuntimeError as error:
        raise OSError(f"{file} could not be written: {str(error).splitlines()[0]}") from error
    np.save(entries, segment.entries)
    files = fingerprint.of(file), fingerprint.of(entries)
    written = Segment(number, len(segment.entries), segment.lists, files)
    return OpenSegment(segment.entries, segment.lists, written)


def load_entries(folder: Path, segment: Segment) -> Entries | None:
    """Read the entries of a segment; None if they can't be read."""
    try:
        entries: Entries = np.load(folder / segment.files[1].name)
    except (OSError, ValueError):
        return None
    return entries if entries.dtype == ENTRY and len(entries) == segment.rows else None


def load_index(folder: Path, segment: Segment) -> Any:
    """Read a segment's FAISS index; a large one is mapped.

    Raises
    ------
    OSError
        FAISS can't read it.
    """
    faiss = faiss_module()
    file = segment.files[0]
    # FAISS maps inverted lists only; exact segments are small.
    flags = faiss.IO_FLAG_MMAP if segment.lists and file.size > fingerprint.SMALL_BYTES else 0
    try:
        index = faiss.read_index(str(folder / file.name), flags)
    except RuntimeError as error:
        raise OSError(str(error).splitlines()[0]) from error
    if index.ntotal != segment.rows:
        raise OSError(f"{file.name} has {index.ntotal} vectors, not {segment.rows}")
    return index


def with_current_times(folder: Path, segment: Segment) -> Segment:
    """Put the present modification times of a segment's files into their fingerprints."""
    faiss_file, entries = (
        replace(file, mtime_ns=(folder / file.name).stat().st_mtime_ns) for file in segment.files
    )
    return replace(segment, files=(faiss_file, entries))


def last_number(folder: Path) -> int:
    """Return the highest number of a segment file, listed or not; 0 if there is none."""
    return max((int(f.stem) for f in folder.glob("*.faiss") if f.stem.isdigit()), default=0)
