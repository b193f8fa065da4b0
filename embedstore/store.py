"""Open a store: run SQL over its posts and vectors, and find similar posts.

What answers is imported when it is asked, so that `info` and `sql` load no search.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING

import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.index.subjects import Kind
from embedstore.storage.limits import FILTER_TIMEOUT_S, Limits
from embedstore.storage.openings import GENERATION
from embedstore.storage.session import Mode, Session
from embedstore.storage.statements import Access

if TYPE_CHECKING:
    from embedstore.search.sql_functions import Parameters, Rows

__all__ = ["Among", "Mode", "Store"]

Among = Kind


class Store(Session):
    """A store on disk.

    Every call opens the database and closes it again. Used as a context manager, or with
    `follow`, it keeps the database open: many calls are quicker, and many threads may make them.
    A build is let in between calls, and the next call sees what it has committed. Each answer is
    of one generation of the store, which its Arrow schema names (``embedstore.generation``); all
    answers in one block ``with store.connection():`` are of the same.

    Parameters
    ----------
    path : path
        The store's directory.
    mode : {"r", "rw"}
        Whether queries may write.
    follow : bool
        Keep the database open until `close`.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    SchemaError
        A newer version wrote it, or the file is no store.
    """

    def sql(
        self,
        query: str,
        parameters: "Parameters | None" = None,
        *,
        external: bool = False,
        timeout: float | None = None,
        max_rows: int | None = None,
        max_memory: int | None = None,
    ) -> pa.Table:
        """Run SQL on the store.

        Beside DuckDB's functions there are `embed('words')`, a vector of the default text
        space, and tables to read from: `search('words', k, where := '…', mode := 'hybrid')`, the
        nearest posts; `duplicates(threshold := 0.9)` and `campaigns(threshold := 0.9)`. Once
        `heads` was imported, also its functions, such as `predict_likes(post_id)`. The schema,
        with its views and macros, is the store's documented interface.

        Parameters
        ----------
        query : str
            One statement; read-only unless the store was opened with mode "rw".
        parameters : sequence or mapping, optional
            Values for its placeholders ``?`` or ``$name``.
        external : bool
            Let the query read and write other files.
        timeout : float, optional
            Most seconds that it may run; no limit if None.
        max_rows : int, optional
            Most rows that it may return; no limit if None.
        max_memory : int, optional
            Most bytes that its rows may take; half of the memory that is free if None.

        Returns
        -------
        pyarrow.Table
            The rows; no columns for a statement that returns none.

        Raises
        ------
        QueryError
            The query can't be run; one line that names the place.
        LimitError
            It takes more time, rows or memory than it may.
        """
        with self.stream(
            query,
            parameters,
            external=external,
            timeout=timeout,
            max_rows=max_rows,
            max_memory=max_memory,
            held=True,
        ) as rows:
            return rows.table()

    @contextmanager
    def stream(
        self,
        query: str,
        parameters: "Parameters | None" = None,
        *,
        external: bool = False,
        timeout: float | None = None,
        max_rows: int | None = None,
        max_memory: int | None = None,
        held: bool = False,
    ) -> "Iterator[Rows]":
        """Run SQL whose rows are computed while they are read, so that they never fill memory.

        Parameters
        ----------
        query, parameters, external, timeout, max_rows, max_memory
            As for `sql`; `max_memory` is that of one batch.
        held : bool
            Whether the batches are kept, so that `max_memory` is that of all.

        Yields
        ------
        Rows
            Its `schema`, and the iterator `batches` of Arrow record batches.

        Raises
        ------
        QueryError
            As `sql` does, also while the rows are read.
        """
        from embedstore.search import sql_definitions, sql_functions

        with self.connection(external=external) as connection:
            opening = self.opening
            said = {GENERATION: str(self.generation)}
            with sql_functions.stream(
                connection,
                query,
                parameters,
                access=Access(self.mode == "rw", external),
                offers=sql_definitions.offers(self),
                inside=partial(self.joining, opening),
                limits=Limits(timeout, max_rows, max_memory),
                held=held,
            ) as rows:
                yield replace(rows, schema=rows.schema.with_metadata(said))

    def similar(
        self,
        *,
        text: str | None = None,
        image: str | PathLike[str] | None = None,
        post: str | None = None,
        vector: Vectors | None = None,
        words: str | None = None,
        k: int = 10,
        where: str | None = None,
        before: datetime | None = None,
        space: str | None = None,
        among: Among | None = None,
        distinct: bool = False,
        timeout: float | None = FILTER_TIMEOUT_S,
    ) -> pa.Table:
        """Find the posts nearest to a text, a picture, a post or vectors, or that have words.

        One of `text`, `image`, `post` and `vector` says what to look for by meaning, `words` what
        to look for by spelling. With both, the two lists are fused by reciprocal rank.

        Parameters
        ----------
        text : str, optional
            Words.
        image : path, optional
            An image file.
        post : str, optional
            A post as ``source:id``, or ``id`` where that is unique.
        vector : array, shape (dim,) or (q, dim), float32, optional
            One query, or many.
        words : str, optional
            Words that a post's text has some of, the rarer the better (BM25). ``"phrases in
            quotes"``, ``#hashtags`` and ``@handles`` it must have. Accents and capitals don't
            matter.
        k : int
            Posts to find for each query; fewer are found only where fewer pass the filter.
        where : str, optional
            SQL condition on the columns of `posts`, applied before the search.
        before : datetime, optional
            Only posts strictly earlier (UTC if it has no zone).
        space : str, optional
            Name of the space to search; the first that fits if None.
        among : {"texts", "images"}, optional
            Kind of contents to search; texts for a text, images for an image if None.
        distinct : bool
            Fold posts with the same text, or the same best picture.
        timeout : float, optional
            Most seconds that `where` may take; no limit if None.

        Returns
        -------
        pyarrow.Table
            Columns query, rank (from 1), post_id, score (cosine similarity; of words BM25, of
            both the sum of reciprocal ranks), source, id,
            username, company, created_at, likes and text; among images also url and
            position of the picture that was found. By query, then nearest first; posts
            with equal scores by post_id.

        Raises
        ------
        QueryError
            The query, the filter or the space can't be used.
        LimitError
            The filter takes more time than it may.
        """
        from embedstore.search.question import Question
        from embedstore.search.similar import similar

        question = Question(
            text=text,
            image=image,
            post=post,
            vector=vector,
            words=words,
            k=k,
            where=where,
            before=before,
            space=space,
            among=among,
            distinct=distinct,
        )
        return similar(self, question, timeout=timeout)

    def duplicates(
        self,
        threshold: float = 0.9,
        *,
        where: str | None = None,
        space: str | None = None,
    ) -> pa.Table:
        """Group the posts whose texts are the same or nearly so.

        Parameters
        ----------
        threshold : float
            Least cosine of two texts that are joined, from 0.5 to 1.
        where : str, optional
            SQL condition on the columns of `posts`.
        space : str, optional
            A space of texts; the first one if None.

        Returns
        -------
        pyarrow.Table
            duplicate (number of the group, the largest first), post_id, score (cosine to the
            group's first post), source, id, username, company, created_at, likes and text; by
            group, then in the order of time. Posts that are like no other are left out.

        Raises
        ------
        QueryError
            The threshold, the filter or the space can't be used.
        """
        from embedstore.search.duplicates import duplicates

        return duplicates(self, threshold, where=where, space=space)
