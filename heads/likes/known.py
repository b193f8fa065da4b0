"""What a head knows of a store's posts: read once, and again when the store has changed.

Reading all posts and their vectors, and factorising a company's covariance, takes most of the
time of a prediction. Both are kept beside the opened store, so that the second question to a
process is answered at once.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from embedstore.storage.layout import FILE
from embedstore.store import Store
from heads.data.features import Material, gather
from heads.likes.familiar import Familiar, describe
from heads.likes.models.kernel import Factor, Factors
from heads.likes.saved import Loaded
from heads.likes.words import Effect, word_effects

MOST_FLOATS = 100_000_000
"""Floats of vectors up to which they are kept from one question to the next, 400 MB."""

MOST_FACTORS = 8
"""Companies whose factors are kept, 16 MB each at most."""

_Stamp = tuple[tuple[int, int, int], ...]


class _Latest(OrderedDict[tuple[bytes, bool], Factor]):
    """Factors of the companies that were asked for last."""

    def __setitem__(self, key: tuple[bytes, bool], factor: Factor) -> None:
        super().__setitem__(key, factor)
        while len(self) > MOST_FACTORS:
            self.popitem(last=False)


@dataclass(frozen=True)
class Known:
    """A store's posts as one head looks at them.

    Attributes
    ----------
    run_id : str
        The head's run.
    stamp : tuple
        Size, inode and time of change of the database's files when they were read.
    material : Material
        The posts with their vectors.
    until : datetime64
        When the labels that the head has learned from end.
    factors : mapping
        Factors of the kernel, by the labels that they rest on.
    """

    run_id: str
    stamp: _Stamp
    material: Material
    until: np.datetime64
    factors: Factors = field(default_factory=_Latest)

    @cached_property
    def words(self) -> dict[str, Effect]:
        """What goes with each word, among the posts before the head's date."""
        posts = self.material.posts
        return word_effects(posts, posts.known & (posts.time < self.until))

    @cached_property
    def familiar(self) -> Familiar:
        """What the posts are like, which drafts are held against."""
        return describe(self.material)


_known: WeakKeyDictionary[Store, Known] = WeakKeyDictionary()


def known(store: Store, head: Loaded) -> Known:
    """Read what a head looks at of a store's posts, or return what was read before.

    It is read again if the database was written to since, or another head asks.
    """
    # Taken before reading: what is written meanwhile makes the stamp outdated.
    stamp = _stamp(store.path)
    found = _known.get(store)
    if found is not None and (found.run_id, found.stamp) == (head.run_id, stamp):
        return found
    material = gather(store, head.posts(store), head.inputs, head.settings["profile"])
    found = Known(head.run_id, stamp, material, np.datetime64(head.settings["until"], "us"))
    if sum(vectors.size for vectors in material.vectors.values()) <= MOST_FLOATS:
        _known[store] = found
    else:
        _known.pop(store, None)
    return found


def _stamp(store: Path) -> _Stamp:
    """Describe the database's files; any write to them changes it."""
    found = []
    for file in (store / FILE, store / f"{FILE}.wal"):
        try:
            state = file.stat()
        except FileNotFoundError:
            found.append((0, 0, 0))
        else:
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return tuple(found)
