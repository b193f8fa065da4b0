"""Open a store: its connection, its spaces, and the encoders that fill them."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from types import TracebackType
from typing import Literal, Self

import duckdb

from embedstore import sql
from embedstore.arrays import Vectors
from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder, TextEncoder
from embedstore.errors import InputError, QueryError
from embedstore.storage import database, spaces
from embedstore.storage.database import WAIT_S
from embedstore.storage.faults import store_errors
from embedstore.storage.layout import store_path
from embedstore.storage.openings import AttachedOpening, KeptOpening, Opening, generation
from embedstore.storage.spaces import Space

Mode = Literal["r", "rw"]

_LOG = logging.getLogger("embedstore")


class _Inside(threading.local):
    """The opening that the call of a thread uses, if one is under way."""

    opening: Opening | None = None

    @contextmanager
    def of(self, opening: Opening) -> Iterator[None]:
        """Let calls of this thread use an opening while the block runs."""
        before, self.opening = self.opening, opening
        try:
            yield
        finally:
            self.opening = before


class Session:
    """An opened store; its subclass `embedstore.store.Store` adds SQL and similar posts.

    Every call opens the database and closes it again. Used as a context manager, or with
    `follow`, it keeps the database open between calls; while no call is under way a build is let
    in, and the next call sees what it has committed. Many threads may ask one session.

    Parameters
    ----------
    path : path
        The store's directory.
    mode : {"r", "rw"}
        Whether queries may write.
    follow : bool
        Keep the database open until `close`, or until nobody has the session any more.

    Attributes
    ----------
    path : Path
        The store's directory.
    mode : {"r", "rw"}
        Whether queries may write.
    spaces_at_first : list of Space, optional
        The vector spaces when it was opened; None of a store of an older version.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    SchemaError
        A newer version wrote it, or the file is no store.
    StoreDamagedError
        Its database is damaged.
    """

    def __init__(
        self, path: str | PathLike[str], mode: Mode = "r", *, follow: bool = False
    ) -> None:
        if mode not in ("r", "rw"):
            raise InputError(f"a store is opened with mode 'r' or 'rw', not {mode!r}")
        if follow and mode == "rw":
            raise InputError("a store is followed for reading: leave out mode='rw'")
        self.path = store_path(path)
        self.mode: Mode = mode
        self._kept: KeptOpening | None = self._keep() if follow else None
        self._attached = AttachedOpening(self.path, _LOG.warning)
        self._inside = _Inside()
        self._encoders: dict[str, Encoder] = {}
        self._loading = threading.Lock()
        with self.connection(own=True) as connection:
            version = database.schema_version(connection)
            # Read along, so that a search by a text needs no opening before its own.
            current = version == sql.migrations()[-1][0]
            self.spaces_at_first = spaces.declared(connection) if current else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, mode={self.mode!r})"

    def __enter__(self) -> Self:
        if self._kept is None:
            self._kept = self._keep()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; a later call opens it for itself."""
        if self._kept is not None:
            self._kept.end()
            self._kept = None

    @property
    def opening(self) -> Opening | None:
        """The database as it is open for the call of this thread; None outside of one."""
        found = self._inside.opening
        return found if found is not None and found.active else None

    @property
    def generation(self) -> int:
        """Number of the changes made to the store; that of an answer is in its Arrow schema.

        Inside `with store.connection():` it stays the same, and so do all answers.
        """
        with self.connection() as connection:
            # Our own changes raise it while the database is open.
            if self.mode == "rw":
                return generation(connection)[1]
            opening = self.opening
            assert opening is not None
            return opening.generation()[1]

    @contextmanager
    def connection(
        self, *, external: bool = False, own: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use the database in a block, in which the store stays as it is.

        Calls inside the block, in the same thread, see the same generation; a build waits until
        it ends.

        Parameters
        ----------
        external : bool
            Let queries read and write other files; this always opens a new connection.
        own : bool
            No statement with words of a user is run in the block: opening is then quicker.

        Yields
        ------
        duckdb.DuckDBPyConnection

        Raises
        ------
        StoreDamagedError
            The database is damaged.
        StoreBusyError
            Another process writes to it for longer than 10 seconds.
        """
        with store_errors(self.path):
            opening = self.opening
            if opening is not None and not external:
                # Each block has a cursor: an unfinished result in one doesn't affect another.
                with database.cursor_of(opening.connection) as cursor:
                    yield cursor
            elif self._kept is not None and not external:
                with (
                    self._kept.used() as opening,
                    self._inside.of(opening),
                    database.cursor_of(opening.connection) as cursor,
                ):
                    yield cursor
            elif own and self.mode == "r" and not external:
                with self._attached.used() as opening, self._inside.of(opening):
                    yield opening.connection
            else:
                if self._kept is not None:
                    # In one process, all connections to a file have the same settings.
                    self._kept.let_go()
                opening = Opening(
                    database.connect(
                        self.path,
                        write=self.mode == "rw",
                        external=external,
                        wait_s=WAIT_S,
                        on_wait=_LOG.warning,
                    )
                )
                try:
                    with self._inside.of(opening):
                        yield opening.connection
                finally:
                    opening.close()

    @contextmanager
    def joining(self, opening: Opening | None) -> Iterator[None]:
        """Use, in this thread, the database as another thread has opened it."""
        if opening is None or self.opening is not None:
            yield
        else:
            with self._inside.of(opening):
                yield

    def _keep(self) -> KeptOpening:
        return KeptOpening(self.path, write=self.mode == "rw", on_wait=_LOG.warning)

    def spaces(self) -> list[Space]:
        """Return the vector spaces, in the order of their declaration."""
        with self.connection(own=True) as connection:
            return spaces.declared(connection)

    def encoder(self, space: Space) -> Encoder:
        """Load the encoder that fills a space; a later call returns the same object.

        Raises
        ------
        QueryError
            The space holds imported vectors and has no encoder.
        WeightsError
            Its weights are missing, unreachable or altered.
        FingerprintError
            The weights at hand are not the ones that filled the space.
        """
        if not space.has_encoder:
            raise QueryError(
                f"space {space.space!r} holds imported vectors and has no encoder, so that it"
                " can't embed words or pictures: search it by a stored post or by a vector, or"
                " name a space with an encoder"
            )
        with self._loading:
            if space.space not in self._encoders:
                encoder = load_encoder(space.encoder, space.weights, **space.settings)
                spaces.output_of(space, encoder)
                self._encoders[space.space] = encoder
            return self._encoders[space.space]

    def embed(self, words: str, *, space: str | None = None) -> Vectors:
        """Embed a text in a space.

        Parameters
        ----------
        words : str
            Any text.
        space : str, optional
            Name of a space whose encoder embeds texts; the first such space if None.

        Returns
        -------
        array, shape (dim,), float32

        Raises
        ------
        QueryError
            There is no such space, or it has no encoder that embeds texts.
        """
        chosen = self.space(space, texts=space is None)
        if space is None and not chosen.has_encoder:
            filled = (each for each in self.spaces() if each.texts and each.dim is not None)
            chosen = next((each for each in filled if each.has_encoder), chosen)
        encoder = self.encoder(chosen)
        if not isinstance(encoder, TextEncoder):
            raise QueryError(f"the encoder of space {chosen.space!r} embeds no texts")
        vector: Vectors = encoder.encode([words])[0]
        return vector

    def space(self, name: str | None = None, *, texts: bool = False, images: bool = False) -> Space:
        """Choose a space that holds vectors: the named one, or the first that fits.

        Parameters
        ----------
        name : str, optional
            Name of the space; any space fits if None.
        texts, images : bool
            Require a space in which a build embeds texts, or images.

        Raises
        ------
        QueryError
            There is no such space, or nothing was embedded in it yet.
        """
        known = self.spaces()
        fitting = [
            space
            for space in known
            if name in (None, space.space)
            and (space.texts or not texts)
            and (space.images or not images)
        ]
        filled = [space for space in fitting if space.dim is not None]
        if filled:
            return filled[0]
        if fitting:
            raise QueryError(
                f"nothing was embedded in space {fitting[0].space!r} yet: "
                + self._why_empty(images=images or not fitting[0].texts)
            )
        if images and name is None:
            raise QueryError(
                f"{self.path} has no space of images: it has"
                f" {', '.join(space.space for space in known) or 'none'}. An encoder of images"
                f" makes one: `embedstore build {self.path} --space NAME=clip`, or NAME=conse"
            )
        kind = "texts " if texts else "images " if images else ""
        wanted = f"space {name!r}" if name is not None else "space"
        raise QueryError(
            f"{self.path} has no {wanted} of {kind}".rstrip()
            + f": it has {', '.join(space.space for space in known) or 'none'}"
        )

    def _why_empty(self, *, images: bool) -> str:
        """Say why a space has no vectors, and what helps."""
        with self.connection() as connection:
            ((posts, pictures, fetched),) = connection.execute(
                "SELECT (SELECT count(*) FROM posts), count(*), count(content_id) FROM media"
            ).fetchall()
        if not posts:
            return f"run `embedstore build {self.path} POSTS...`, the store has no posts"
        if images and not pictures:
            return "no post names a picture (--map media_raw=COLUMN says where they are)"
        if images and not fetched:
            return (
                f"none of the {pictures:,} pictures that posts name is here, run"
                f" `embedstore build {self.path}` without --images none"
            )
        return f"run `embedstore build {self.path}`"
