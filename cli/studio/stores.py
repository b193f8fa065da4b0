"""The stores that a studio shows, by name; held open, and let go of when others write.

DuckDB lets one process write or many read. A store is held open while questions come, since
opening takes longer than most answers; when none come for a second it is let go of, and under
load for a moment every few seconds, so that any other process gets to write. While a build is at
work on it, answers come from a copy as the store was when the build began: neither waits for
the other.
"""

import fcntl
import os
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
from embedstore.storage.layout import build_lock_file, database_file
from embedstore.store import Store

LOOK_S = 0.1
"""Seconds between two looks at who else wants the store."""

IDLE_S = 1.0
"""Seconds without a question after which a store is let go of."""

HOLD_S = 4.0
"""Most seconds that a store is held without a pause."""

PAUSE_S = 0.12
"""Seconds of the pause: a process that waits to write tries every tenth of a second."""

DRAIN_S = 0.1
"""Most seconds that new questions wait for running ones, for the pause to begin."""


@dataclass
class _View:
    """One opened state of a store.

    Attributes
    ----------
    store : SharedStore
        What answers.
    copy : Path, optional
        The copy that it is of.
    readers : int
        Questions that are being answered from it.
    retired : bool
        Whether it is closed as soon as there are none.
    opened, used : float
        When it was opened, and when the last question ended (monotonic clock).
    """

    store: SharedStore
    copy: Path | None = None
    readers: int = 0
    retired: bool = False
    opened: float = 0.0
    used: float = 0.0


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
        self._view: _View | None = None
        self._closed = False
        self._turn = threading.Condition()
        self._paused = False
        self._lock_time = _changed(build_lock_file(path))
        self._building = _is_locked(build_lock_file(path))

    @property
    def building(self) -> bool:
        """Whether a build is at work on the store."""
        return self._building

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Use the store for one question; many threads may at once.

        Raises
        ------
        StoreBusyError
            Another process has been writing for ten seconds.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._paused)
            view = self._view or self._open()
            view.readers += 1
        try:
            yield view.store
        finally:
            with self._turn:
                view.readers -= 1
                view.used = time.monotonic()
                self._close_if_done(view)
                self._turn.notify_all()

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """Use the store alone for a short change; questions wait until it is done.

        Yields
        ------
        Store
            Opened with mode "rw".
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._paused)
            self._paused = True
            view = self._view
            if view is not None and view.copy is None:
                self._turn.wait_for(lambda: view.readers == 0)
                self._retire()
        try:
            yield Store(self.path, "rw")
        finally:
            self._end_pause()

    def look(self) -> None:
        """Make room for whoever else wants the store; called every `LOOK_S`."""
        self._building = self._sees_build()
        view = self._view
        if self._building and (view is None or view.copy is None):
            self._answer_from_copy()
        elif not self._building and view is not None and view.copy is not None:
            self._answer_from_store()
        elif view is not None and view.copy is None:
            now = time.monotonic()
            if view.readers == 0 and now - view.used > IDLE_S:
                with self._turn:
                    if view.readers == 0:
                        self._retire()
            elif now - view.opened > HOLD_S:
                self._pause()

    def warm(self) -> None:
        """Load what a search needs, so that the first one is quick."""
        with self.reading() as store:
            _warm(store)

    def close(self) -> None:
        """Let go of the store for good."""
        with self._turn:
            self._closed = True
            self._retire()

    def _open(self, copy: Path | None = None) -> _View:
        """Open the store, or a copy of it, and answer from it; call with the turn held."""
        store = self._store if copy is None else SharedStore(copy, self._encoders)
        store.__enter__()
        now = time.monotonic()
        self._view = _View(store, copy, opened=now, used=now)
        return self._view

    def _retire(self) -> None:
        """Answer no longer from the present view; call with the turn held."""
        view, self._view = self._view, None
        if view is not None:
            view.retired = True
            self._close_if_done(view)

    def _close_if_done(self, view: _View) -> None:
        if view.retired and not view.readers:
            view.store.__exit__(None, None, None)
            if view.copy is not None:
                snapshot.drop(view.copy)

    def _sees_build(self) -> bool:
        # The lock itself is only tried when its file was written: a build that comes at that
        # very moment would find it taken.
        changed = _changed(build_lock_file(self.path))
        if not self._building and changed == self._lock_time:
            return False
        self._lock_time = changed
        return _is_locked(build_lock_file(self.path))

    def _answer_from_copy(self) -> None:
        with self.reading():
            copy = snapshot.take(self.path)
        if copy is None:
            self._pause()
            return
        store = SharedStore(copy, self._encoders)
        with store:
            _warm(store)
        with self._turn:
            self._retire()
            if not self._closed:
                self._open(copy)

    def _answer_from_store(self) -> None:
        # Read anew while answers still come from the copy.
        with suppress(EmbedstoreError), self._store as store:
            _warm(store)
        with self._turn:
            self._retire()

    def _pause(self) -> None:
        """Let go of the store for a moment."""
        with self._turn:
            view = self._view
            if view is None:
                return
            self._paused = True
            drained = self._turn.wait_for(lambda: view.readers == 0, DRAIN_S)
            if drained:
                self._retire()
            else:
                view.opened = time.monotonic() - HOLD_S / 2
        if drained:
            time.sleep(PAUSE_S)
        self._end_pause()

    def _end_pause(self) -> None:
        with self._turn:
            self._paused = False
            self._turn.notify_all()


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
        """Use a store alone for a short change, opened with mode "rw"."""
        with self.served(name).writing() as store:
            yield store

    @property
    def paths(self) -> Mapping[str, Path]:
        """Directories of all stores, by name."""
        return {name: served.path for name, served in self._served.items()}

    def path(self, name: str) -> Path:
        """Return the directory of a store, for functions that open it themselves."""
        return self.served(name).path

    def follow(self) -> None:
        """Make room for other processes that want to write, in a thread, until `close`."""
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


def _is_locked(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
