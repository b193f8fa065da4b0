"""What a head knows of a store's posts: read once, and again when the store has changed.

Reading all posts and their vectors, and factorising a company's covariance, takes most of the
time of a prediction. Both are kept beside the opened store, so that the second question to a
process is answered at once.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from embedstore.store import Store
from heads.arrays import stored_of
from heads.data.features import Material, gather
from heads.data.history import Past
from heads.likes.familiar import Familiar, describe
from heads.likes.models.kernel import Factor, Factors
from heads.likes.saved import Loaded
from heads.likes.words import Effect, word_effects
from heads.stores import Stamp, stamp_of

MOST_FLOATS = 100_000_000
"""Floats of vectors up to which they are kept from one question to the next, 400 MB."""

MOST_BYTES = 256_000_000
"""Bytes of companies' factors that are kept; one takes 30 MB at most."""


class _Latest(OrderedDict[tuple[bytes, bool], Factor]):
    """Factors of the companies that were asked for last."""

    nbytes = 0

    def get(self, key: tuple[bytes, bool], default: Any = None) -> Any:
        """Return a factor, which is from now on the latest."""
        if key in self:
            self.move_to_end(key)
        return super().get(key, default)

    def __setitem__(self, key: tuple[bytes, bool], factor: Factor) -> None:
        super().__setitem__(key, factor)
        self.nbytes += factor.nbytes
        while self.nbytes > MOST_BYTES and len(self) > 1:
            self.nbytes -= self.popitem(last=False)[1].nbytes


@dataclass(frozen=True)
class Known:
    """A store's posts as one head looks at them.

    Attributes
    ----------
    run_id : str
        The head's run.
    stamp : tuple
        State of the database when they were read.
    material : Material
        The posts with their vectors.
    until : datetime64
        When the labels that the head has learned from end.
    factors : mapping
        Factors of the kernel, by the labels that they rest on.
    """

    run_id: str
    stamp: Stamp
    material: Material
    until: np.datetime64
    factors: Factors = field(default_factory=_Latest)

    @cached_property
    def past(self) -> Past:
        """What the posts say of later ones."""
        posts = self.material.posts
        return Past(posts, posts.known)

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
_looking = threading.Lock()


def known(store: Store, head: Loaded) -> Known:
    """Read what a head looks at of a store's posts, or return what was read before.

    It is read again if the database was written to since, or another head asks.
    """
    # Taken before reading: what is written meanwhile makes the stamp outdated.
    stamp = stamp_of(store)
    with _looking:
        # A copy of a store knows the same: a studio answers from one while a build is at work.
        for found in [*_known.values()]:
            if (found.run_id, found.stamp) == (head.run_id, stamp):
                _known[store] = found
                return found
    material = gather(store, head.posts(store), head.inputs, head.settings["profile"])
    found = Known(head.run_id, stamp, material, np.datetime64(head.settings["until"], "us"))
    size = sum(stored_of(vectors).size for vectors in material.vectors.values())
    with _looking:
        if size <= MOST_FLOATS:
            _known[store] = found
        else:
            _known.pop(store, None)
    return found
