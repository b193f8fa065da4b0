"""Posts that have to go, with everything that was kept for their sake alone."""

from dataclasses import dataclass

from embedstore.index import upkeep
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import forget_unused, touch
from embedstore.storage.database import connect, create, transaction
from embedstore.storage.filters import posts_where
from embedstore.storage.layout import image_file
from embedstore.store import Store


@dataclass(frozen=True)
class Removed:
    """What went: posts, and contents (texts and pictures) that no other post uses."""

    posts: int
    contents: int


def count(store: Store, where: str) -> int:
    """How many posts a filter stands for.

    Raises
    ------
    QueryError
        The filter can't be used.
    """
    with store.connection() as connection:
        return int(posts_where(connection, where).aggregate("count(*)").fetchall()[0][0])


def remove(store: Store, where: str) -> Removed:
    """Delete the posts that pass a filter, with vectors, pictures and predictions of theirs.

    Texts and pictures that another post shares stay. A later build over a file that
    still has the rows brings them back.

    Raises
    ------
    QueryError
        The filter can't be used.
    StoreBusyError
        A build is at work.
    """
    with build_lock(store.path):
        # What an older version wrote lacks tables that this one forgets contents from.
        create(store.path)
        posts, contents, pictures = _delete(store, where)
        for (digest,) in pictures:
            image_file(store.path, digest).unlink(missing_ok=True)
        if contents:
            # Vectors that have to go leave the index files too, not only what they list.
            with connect(store.path) as connection:
                upkeep.rebuild(store.path, connection)
    return Removed(posts, contents)


def _delete(store: Store, where: str) -> tuple[int, int, list[tuple[str]]]:
    """Numbers of posts and contents that went, and the sha256 of pictures that have to go."""
    with transaction(store.path) as connection:
        chosen = posts_where(connection, where).project("post_id").to_arrow_table()
        connection.register("chosen", chosen)
        connection.execute(
            "CREATE TEMP TABLE leaving AS SELECT * FROM posts SEMI JOIN chosen USING (post_id);"
            "CREATE TEMP TABLE leaving_media AS"
            " SELECT content_id FROM media WHERE post_id IN (SELECT post_id FROM leaving);"
            "DELETE FROM posts WHERE post_id IN (SELECT post_id FROM leaving);"
            "DELETE FROM media WHERE post_id IN (SELECT post_id FROM leaving);"
            "DELETE FROM predictions WHERE post_id IN (SELECT post_id FROM leaving);"
            # Rows that were refused because of one of these posts hold its text.
            "DELETE FROM failures WHERE class = 'conflict' AND EXISTS (FROM leaving l"
            " WHERE starts_with(reason, format('the key {}:{} belongs', l.source, l.id)))"
        )
        contents = forget_unused(
            connection,
            "SELECT unnest([text_content_id, formatted_content_id]) AS content_id FROM leaving"
            " UNION ALL SELECT content_id FROM leaving_media",
        )
        pictures = connection.execute(
            "SELECT sha256 FROM forgotten WHERE kind = 'image'"
        ).fetchall()
        posts = connection.execute("SELECT count(*) FROM leaving").fetchall()[0][0]
        touch(connection)
        return posts, contents, pictures
