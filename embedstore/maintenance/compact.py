"""Give back disk: room of deleted rows, and pictures whose vectors are enough."""

from dataclasses import dataclass

from embedstore import sql
from embedstore.files import size_of
from embedstore.index import upkeep
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import touch
from embedstore.storage.database import create, transaction
from embedstore.storage.faults import store_errors
from embedstore.storage.unfinished import finish, pend_rewrite
from embedstore.store import Store


@dataclass(frozen=True)
class Compacted:
    """Result of `compact`.

    Attributes
    ----------
    pictures : int
        Picture files that were given up.
    bytes_before, bytes_after : int
        Size of the store's directory.
    """

    pictures: int
    bytes_before: int
    bytes_after: int


def compact(store: Store, *, keep_media_days: float | None = None) -> Compacted:
    """Write the database anew without the room of deleted rows, and give up old pictures.

    A picture is given up only if each space that has an encoder for pictures holds its vector.
    Posts, links and vectors stay: searches and heads answer as before. What needs the pixels
    doesn't: new image spaces, pages with pictures, augmented views.

    Parameters
    ----------
    store : Store
        The store.
    keep_media_days : float, optional
        Give up the pictures of posts older than this many days; 0: of all. All are kept if None.

    Returns
    -------
    Compacted
        What went, and the store's size before and after.

    Raises
    ------
    StoreBusyError
        A build is at work.
    StoreFullError
        The disk has no room to write the database anew.
    """
    before = size_of(store.path)
    with build_lock(store.path), store_errors(store.path):
        create(store.path)
        with transaction(store.path) as connection:
            pictures = 0
            if keep_media_days is not None:
                connection.execute("SET VARIABLE keep_days = ?::DOUBLE", [keep_media_days])
                connection.execute(sql.read("maintenance/release_pictures"))
                [[pictures]] = connection.execute("SELECT count(*) FROM released").fetchall()
            pend_rewrite(connection)
            touch(connection)
        finish(store.path, upkeep.rebuild, thorough=True)
    return Compacted(pictures, before, size_of(store.path))
