"""Open a store: run SQL over its posts and vectors, and find similar posts."""

from datetime import datetime
from os import PathLike

import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.index.subjects import Kind
from embedstore.search import similar, sql_functions
from embedstore.search.question import Question
from embedstore.search.sql_functions import Parameters
from embedstore.storage.session import Mode, Session

__all__ = ["Among", "Mode", "Store"]

Among = Kind


class Store(Session):
    """A store on disk.

    Every call opens the database and closes it again, so that builds and other readers are
    not blocked. Used as a context manager, it holds one connection: many calls are quicker,
    and a build waits until the block ends.

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

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        external: bool = False,
    ) -> pa.Table:
        """Run SQL on the store.

        Beside DuckDB's functions there are `embed('words')`, a vector of the default text
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
            The rows; no columns for a statement that returns none.

        Raises
        ------
        QueryError
            The query can't be run; one line that names the place.
        """
        with self.connection(external=external) as connection:
            return sql_functions.run(
                connection, query, parameters, embed=self.embed, search=self.similar
            )

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
        """Find the posts nearest to a text, a picture, a post or vectors.

        Exactly one of `text`, `image`, `post` and `vector` says what to look for.

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

        Returns
        -------
        pyarrow.Table
            Columns query, rank (from 1), post_id, score (cosine similarity), source, id,
            username, company, created_at, likes and text; among images also url and
            position of the picture that was found. By query, then nearest first; posts
            with equal scores by post_id.

        Raises
        ------
        QueryError
            The query, the filter or the space can't be used.
        """
        question = Question(
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
        return similar.similar(self, question)
