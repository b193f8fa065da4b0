"""Delete posts, with everything that only they used."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from embedstore import sql
from embedstore.index import upkeep
from embedstore.maintenance.backup import backup
from embedstore.maintenance.forget import delete_shards
from embedstore.maintenance.forget import forget as forget_posts
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import forget_unused, touch
from embedstore.storage.database import create, transaction
from embedstore.storage.faults import store_errors
from embedstore.storage.filters import chosen_posts
from embedstore.storage.limits import FILTER_TIMEOUT_S
from embedstore.storage.unfinished import finish, pend_rebuild, pend_rewrite
from embedstore.store import Store


@dataclass(frozen=True)
class Removed:
    """Result of `remove`.

    Attributes
    ----------
    posts : int
        Posts.
    contents : int
        Texts and pictures that no other post uses.
    runs : list of str
        Heads that went with them, since they name them or have learned to write from them.
    """

    posts: int
    contents: int
    runs: list[str] = field(default_factory=list)


def count(store: Store, where: str, *, timeout: float | None = FILTER_TIMEOUT_S) -> int:
    """Count the posts that pass a filter.

    Raises
    ------
    QueryError
        The filter can't be used, or takes more than `timeout` seconds.
    """
    with store.connection() as connection:
        return int(chosen_posts(connection, where, timeout=timeout).num_rows)


def remove(
    store: Store,
    where: str,
    *,
    forget: bool = False,
    backups: Sequence[str | os.PathLike[str]] = (),
    timeout: float | None = FILTER_TIMEOUT_S,
) -> Removed:
    """Delete the posts that pass a filter, with their vectors, pictures and predictions.

    Texts and pictures that another post shares stay. A later build over a file that still
    has the rows adds the posts again. The database is then written anew, which needs as much
    room as the store has, so that no file of it holds their bytes. If the process is killed once
    the rows are gone, the next command that writes to the store finishes the deletion.

    Parameters
    ----------
    store : Store
        The store.
    where : str
        SQL condition on the columns of `posts`.
    forget : bool
        Remove the posts for good: also what failures, reports of builds and heads have kept of
        their texts and names. Their keys stay, hashed, and later builds leave them out.
    backups : sequence of path
        Backups of the store that are brought up to date afterwards, so that they have nothing of
        the posts either.
    timeout : float, optional
        Most seconds that the filter may take; no limit if None.

    Raises
    ------
    QueryError
        The filter can't be used, or takes more than `timeout` seconds; nothing is deleted then.
    StoreBusyError
        A build is at work.
    StoreFullError
        The disk has no room to write the database anew.
    """
    with build_lock(store.path), store_errors(store.path):
        # A store of an older version lacks tables and columns that `_delete` names.
        create(store.path)
        removed = _delete(store, where, timeout, for_good=forget)
        if forget:
            delete_shards(store.path)
        finish(store.path, upkeep.rebuild, thorough=forget)
    for place in backups:
        backup(store, place)
    return removed


def _delete(store: Store, where: str, timeout: float | None, *, for_good: bool) -> Removed:
    """Delete rows of the database, and write down which files are to follow."""
    with transaction(store.path) as connection:
        chosen = chosen_posts(connection, where, timeout=timeout)
        connection.register("chosen", chosen)
        connection.execute(sql.read("maintenance/remove"))
        contents = forget_unused(
            connection,
            "SELECT unnest([text_content_id, formatted_content_id]) AS content_id FROM leaving"
            " UNION ALL SELECT content_id FROM leaving_media",
        )
        if contents:
            # An update would leave the deleted vectors in the files of segments that stay.
            pend_rebuild(connection)
        posts = connection.execute("SELECT count(*) FROM leaving").fetchall()[0][0]
        if posts:
            pend_rewrite(connection)
        runs = forget_posts(connection, store.path) if for_good and posts else []
        touch(connection)
        return Removed(posts, contents, runs)
