"""The stores that a studio shows, by name, for many threads at once.

A store follows what other processes write, and lets them (`embedstore.storage.openings`). While
a build is at work on it, answers come from a copy as the store was when the build began: commits
by the second would otherwise keep questions waiting, and make each of them read the store anew.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from embedstore.cli.studio import snapshot
from embedstore.cli.studio.shared_store import Encoders, SharedStore

from embedstore.errors import EmbedstoreError, InputError, StoreNotFoundError
from embedstore.files import is_locked
from embedstore.storage.layout import build_lock_file, database_file
from embedstore.store import Store

LOOK_S = 0.1
"""Seconds between two looks at whether a build is at work."""

EXPECTED_S = 15.0
"""Seconds that a build which was announced may take until it is at work."""


@dataclass
class _View:
    """One state of a store that answers.

    Attributes
    ----------
    store : SharedStore
        The store, or a copy of it.
    is_copy : bool
        Whether it is a copy.
    readers : int
        Questions that are being answered from it.
    retired : bool
        Whether it is closed as soon as there are none.
    """

    store: SharedStore
    is_copy: bool = False
    readers: int = 0
    retired: bool = False


class Served:
    """One store that many threads ask while other processes may write to it.

    Parameters
    ----------
    path : Path
        The store's directory.

    Raises
    ------
    StoreNotFoundError
        There is no store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoders = Encoders()
        self._store = SharedStore(path, self._encoders)
        self._view = _View(self._store)
        self._turn = threading.Lock()
        self._looking = threading.Lock()
        self._lock_time = _changed(build_lock_file(path))
        self._locked = is_locked(build_lock_file(path))
        self._expected_until = 0.0

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Use the store for one question; many threads may at once.

        Raises
        ------
        StoreBusyError
            Another process has been writing for ten seconds.
        """
        with self._turn:
            view = self._view
            view.readers += 1
        try:
            yield view.store
        finally:
            with self._turn:
                view.readers -= 1
                self._close_if_done(view)

    def look(self) -> None:
        """Answer from a copy as long as a build is at work; called every `LOOK_S`."""
        with self._looking:
            building = self._sees_build()
            if building and not self._view.is_copy:
                # Held open meanwhile, so that nobody writes to it.
                with self._store.connection():
                    copy = snapshot.take(self.path)
                if copy is not None:
                    self._answer_from(SharedStore(copy, self._encoders), is_copy=True)
            elif not building and self._view.is_copy:
                self._answer_from(self._store, is_copy=False)

    def expect_build(self) -> None:
        """Answer from a copy from now on: a build will begin within `EXPECTED_S`.

        One that `look` has to notice may hold the database by then, and questions wait for it.
        """
        self._expected_until = time.monotonic() + EXPECTED_S
        # A store that is damaged or full is told by the build.
        with suppress(EmbedstoreError, OSError):
            self.look()

    def warm(self) -> None:
        """Load what a search needs, so that the first one is quick."""
        with self.reading() as store:
            _warm(store)

    def close(self) -> None:
        """Let go of the store."""
        with self._turn:
            view = self._view
            view.retired = True
            self._close_if_done(view)

    def _answer_from(self, store: SharedStore, *, is_copy: bool) -> None:
        # Read while answers still come from the other one.
        _warm(store)
        with self._turn:
            view, self._view = self._view, _View(store, is_copy)
            view.retired = view.is_copy
            self._close_if_done(view)

    def _close_if_done(self, view: _View) -> None:
        if view.retired and not view.readers:
            view.store.__exit__(None, None, None)
            if view.is_copy:
                snapshot.drop(view.store.path)

    def _sees_build(self) -> bool:
        # The lock itself is only tried when its file was written: a build that comes at that
        # very moment would find it taken.
        changed = _changed(build_lock_file(self.path))
        if not self._locked and changed == self._lock_time:
            return time.monotonic() < self._expected_until
        self._lock_time, self._expected_until = changed, 0.0
        self._locked = is_locked(build_lock_file(self.path))
        return self._locked


class Stores:
    """Stores by the names that stand in addresses: a folder's name without ``.store``.

    Parameters
    ----------
    paths : sequence of path
        Directories of stores, or folders that hold such.

    Raises
    ------
    StoreNotFoundError
        There is no store at a path, nor in it.
    InputError
        Two stores have one name.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        found: dict[str, Path] = {}
        for path in _stores_at(paths):
            name = path.name.removesuffix(".store")
            if found.setdefault(name, path) != path:
                raise InputError(
                    f"two stores are called {name}: {found[name]} and {path}; rename one of the"
                    " folders, or serve them apart"
                )
        self._served: Mapping[str, Served] = {name: Served(path) for name, path in found.items()}
        self._ended = threading.Event()
        self._follower: threading.Thread | None = None

    @property
    def names(self) -> list[str]:
        """All names, in the order in which they were given."""
        return list(self._served)

    def served(self, name: str) -> Served:
        """Return one store.

        Raises
        ------
        StoreNotFoundError
            No store has that name.
        """
        if name not in self._served:
            raise StoreNotFoundError(
                f"no store is called {name!r}: there are {', '.join(self.names)}"
            )
        return self._served[name]

    @contextmanager
    def reading(self, name: str) -> Iterator[Store]:
        """Use a store for one question: ``with stores.reading(name) as store``.

        The store is shared with other threads; use it in the block alone.

        Raises
        ------
        StoreNotFoundError
            No store has that name.
        StoreBusyError
            Another process has been writing for ten seconds.
        """
        with self.served(name).reading() as store:
            yield store

    @contextmanager
    def writing(self, name: str) -> Iterator[Store]:
        """Open a store with mode "rw"; each change waits for the questions that run."""
        yield Store(self.path(name), "rw")

    @property
    def paths(self) -> Mapping[str, Path]:
        """Directories of all stores, by name."""
        return {name: served.path for name, served in self._served.items()}

    def path(self, name: str) -> Path:
        """Return the directory of a store, for functions that open it themselves."""
        return self.served(name).path

    def follow(self) -> None:
        """Look in a thread, until `close`, whether builds are at work."""
        if self._follower is None:
            self._follower = threading.Thread(target=self._follow, daemon=True, name="follower")
            self._follower.start()

    def warm(self) -> None:
        """Load what searches need."""
        for served in self._served.values():
            with suppress(EmbedstoreError):
                served.warm()

    def close(self) -> None:
        """Let go of all stores."""
        self._ended.set()
        if self._follower is not None:
            self._follower.join(5)
        for served in self._served.values():
            served.close()

    def _follow(self) -> None:
        while not self._ended.wait(LOOK_S):
            for served in self._served.values():
                # A store that is damaged or gone is told to whoever asks.
                with suppress(EmbedstoreError, OSError):
                    served.look()


def _stores_at(paths: Sequence[str | Path]) -> Iterator[Path]:
    for given in paths:
        path = Path(given).expanduser().resolve()
        if database_file(path).is_file():
            yield path
            continue
        inside = [each for each in sorted(path.glob("*")) if database_file(each).is_file()]
        if not inside:
            raise StoreNotFoundError(
                f"there is no store at {given}, nor in it: build one with"
                f" `embedstore build {given} POSTS...`"
            )
        yield from inside


def _warm(store: Store) -> None:
    for space in store.spaces():
        if space.dim is None:
            continue
        for among in ("texts", "images"):
            if getattr(space, among):
                # The second search reads the columns of all posts.
                for _ in range(2):
                    with suppress(EmbedstoreError):
                        store.similar(
                            vector=np.ones(space.dim, dtype=np.float32),
                            space=space.space,
                            among=among,
                            k=1,
                        )


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
