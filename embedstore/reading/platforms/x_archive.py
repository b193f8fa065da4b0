"""The archive that X gives an account's owner: ``tweets.js``, ``note-tweet.js``, ``account.js``."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

# Files of tweets: older archives have one file `tweet.js`, large ones several parts.
_MEMBERS = ("tweet.js", "tweets.js", "note-tweet.js")
_LARGEST_ACCOUNT_FILE = 1 << 20


def is_member(name: str) -> bool:
    """Tell whether a file of an archive holds tweets."""
    stem = PurePosixPath(name).name
    return stem in _MEMBERS or (
        stem.endswith(".js") and stem.startswith(("tweets-part", "tweet-part", "note-tweet-part"))
    )


def account_name(path: Path) -> str | None:
    """Find the account's name: in ``account.js`` of an archive, a folder or beside a file."""
    try:
        if path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if PurePosixPath(info.filename).name == "account.js":
                        if info.file_size > _LARGEST_ACCOUNT_FILE:
                            return None
                        return _name_in(archive.read(info).decode("utf-8", "replace"))
            return None
        places = [path / "account.js", path / "data" / "account.js"] if path.is_dir() else []
        for place in [*places, path.parent / "account.js"]:
            if place.is_file() and place.stat().st_size <= _LARGEST_ACCOUNT_FILE:
                return _name_in(place.read_text("utf-8", "replace"))
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None
    return None


def _name_in(script: str) -> str | None:
    try:
        accounts = json.loads(script[script.index("[") :].rstrip().rstrip(";"))
        name = accounts[0]["account"]["username"]
    except (ValueError, LookupError, TypeError):
        return None
    return name if isinstance(name, str) and name else None


def _unfold(entry: Document) -> Iterator[Document] | None:
    if len(entry) == 1 and isinstance(tweet := entry.get("tweet"), dict):
        return iter([tweet])
    note = entry.get("noteTweet")
    if len(entry) == 1 and isinstance(note, dict):
        return iter([_as_tweet(note)])
    return None


def _as_tweet(note: Document) -> Document:
    """Give a long post the shape of others; tweets.js has its beginning under another id."""
    rest = {key: note[key] for key in note.keys() - {"createdAt", "core", "updatedAt", "lifecycle"}}
    return {
        "id_str": note.get("noteTweetId"),
        "created_at": note.get("createdAt"),
        "full_text": object_at(note, "core").get("text"),
        **rest,
    }


PAGES = (Pages(("tweet", "noteTweet"), _unfold),)
# Tweets of an archive have the shape of the interface of version 1.1.
LAYOUTS: tuple[Layout, ...] = ()
