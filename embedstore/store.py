"""A store, opened: SQL over posts and vectors, similar posts, and what it holds."""

from datetime import datetime
from os import PathLike

import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.index.subjects import Kind
from embedstore.search import similar, sql_functions
from embedstore.search.sql_functions import Parameters
from embedstore.storage.session import Mode, Session

__all__ = ["Among", "Mode", "Store"]

Among = Kind


class Store(Session):
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
        return similar.similar(
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
