"""A store, opened: SQL over posts and vectors, similar posts, and what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import duckdb
import pyarrow as pa

from embedstore import database, neighbours, spaces
from embedstore import query as query_module
from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder, TextEncoder, Vectors
from embedstore.errors import InputError, QueryError
from embedstore.query import Parameters
from embedstore.spaces import Space

Mode = Literal["r", "rw"]
Among = Literal["texts", "images"]


class Store:
    """A store on disk.

    Every call opens the database and closes it again, so that a build and other readers
    get their turn. As a context manager it keeps one connection, which is quicker for
    many calls and makes a build wait meanwhile.

    Parameters
    ----------
    path : path
        The store's directory.
    mode : {"r", "rw"}
        Whether queries may write.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    SchemaError
        A newer version wrote it, or the file is no store.
    """

    def __init__(self, path: str | PathLike[str], mode: Mode = "r") -> None:
        if mode not in ("r", "rw"):
            raise InputError(f"a store is opened with mode 'r' or 'rw', not {mode!r}")
        self.path = Path(path)
        self.mode: Mode = mode
        self._held: duckdb.DuckDBPyConnection | None = None
        self._encoders: dict[str, Encoder] = {}
        with self.connection() as connection:
            database.schema_version(connection)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, mode={self.mode!r})"

    def __enter__(self) -> Self:
        self._held = database.connect(self.path, write=self.mode == "rw")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextmanager
    def connection(self, *, external: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB connection: the one that is held, or a new one for this block.

        Parameters
        ----------
        external : bool
            Let queries read and write other files; always a connection of its own.
        """
        if self._held is not None and not external:
            # A cursor, so that an unfinished result of one block can't disturb another.
            with self._held.cursor() as cursor:
                yield cursor
            return
        connection = database.connect(self.path, write=self.mode == "rw", external=external)
        try:
            yield connection
        finally:
            connection.close()

    def spaces(self) -> list[Space]:
        """The vector spaces, in the order of their declaration."""
        with self.connection() as connection:
            return spaces.declared(connection)

    def encoder(self, space: Space) -> Encoder:
        """The encoder that fills a space, loaded once and kept.

        Raises
        ------
        WeightsError
            Its weights are missing, unreachable or altered.
        FingerprintError
            The weights at hand are not the ones that filled the space.
        """
        if space.space not in self._encoders:
            encoder = load_encoder(space.encoder, space.weights, **space.settings)
            spaces.output_of(space, encoder)
            self._encoders[space.space] = encoder
        return self._encoders[space.space]

    def embed(self, words: str, *, space: str | None = None) -> Vectors:
        """The vector of a text in a space.

        Parameters
        ----------
        words : str
            Any text.
        space : str, optional
            Name of a space whose encoder embeds texts; the first one if not said.

        Returns
        -------
        array, shape (dim,), float32

        Raises
        ------
        QueryError
            There is no such space, or its encoder embeds no texts.
        """
        chosen = self.space(space, texts=space is None)
        encoder = self.encoder(chosen)
        if not isinstance(encoder, TextEncoder):
            raise QueryError(f"the encoder of space {chosen.space!r} embeds no texts")
        vector: Vectors = encoder.encode([words])[0]
        return vector

    def space(self, name: str | None = None, *, texts: bool = False, images: bool = False) -> Space:
        """A space that holds vectors: the named one, or the first that fits.

        Parameters
        ----------
        name : str, optional
            Its name.
        texts, images : bool
            What it must hold vectors of.

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
                f"nothing was embedded in space {fitting[0].space!r} yet: run"
                f" `embedstore build {self.path}`"
            )
        kind = "texts " if texts else "images " if images else ""
        wanted = f"space {name!r}" if name is not None else "space"
        raise QueryError(
            f"{self.path} has no {wanted} of {kind}".rstrip()
            + f": it has {', '.join(space.space for space in known) or 'none'}"
        )

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        external: bool = False,
    ) -> pa.Table:
        """Run SQL on the store.

        Beside what DuckDB knows there are `embed('words')`, a vector of the default text
        space, and `search('words', k, where := '…')`, a table of the nearest posts. The
        schema, with its views and macros, is the store's documented interface.

        Parameters
        ----------
        query : str
            One statement; read-only unless the store was opened with mode "rw".
        parameters : sequence or mapping, optional
            Values for its placeholders ``?`` or ``$name``.
        external : bool
            Let the query read and write other files.

        Returns
        -------
        pyarrow.Table
            Its rows; no columns for a statement that returns none.

        Raises
        ------
        QueryError
            The query can't be run; one line that names the place.
        """
        with self.connection(external=external) as connection:
            return query_module.run(self, connection, query, parameters)

    def similar(
        self,
        *,
        text: str | None = None,
        image: str | PathLike[str] | None = None,
        post: str | None = None,
        vector: Vectors | None = None,
        k: int = 10,
        where: str | None = None,
        before: datetime | None = None,
        space: str | None = None,
        among: Among | None = None,
        distinct: bool = False,
    ) -> pa.Table:
        """The posts nearest to a text, a picture, a post or vectors.

        Parameters
        ----------
        text, image, post, vector
            What to look for, exactly one of them: words; an image file; a post as
            ``source:id``, or ``id`` where that is unique; a float32 array of shape
            (dim,), or (q, dim) for many queries at once.
        k : int
            Posts to find for each query; so many come back whenever so many pass.
        where : str, optional
            SQL condition on the columns of `posts`, applied before the search.
        before : datetime, optional
            Only posts strictly earlier (UTC if it has no zone).
        space : str, optional
            Name of the space to search; the first that fits if not said.
        among : {"texts", "images"}, optional
            What to search; texts for a text, images for an image if not said.
        distinct : bool
            Fold posts with the same text, or the same best picture.

        Returns
        -------
        pyarrow.Table
            Columns query, rank, post_id, score (cosine similarity), and the post's own;
            by query, then nearest first.

        Raises
        ------
        QueryError
            The query, the filter or the space can't be used.
        """
        return neighbours.similar(
            self,
            text=text,
            image=image,
            post=post,
            vector=vector,
            k=k,
            where=where,
            before=before,
            space=space,
            among=among,
            distinct=distinct,
        )
