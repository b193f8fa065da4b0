"""Splits that a user gives: in a column of the posts, or in a file of their ids."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import numpy as np

from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Indices
from heads.data.posts import Posts
from heads.data.splits import Split, default_split, parse_split

WORDS = {
    "train": "train",
    "training": "train",
    # Heads cut validation slices from what they learn from.
    "val": "train",
    "valid": "train",
    "validation": "train",
    "dev": "train",
    "test": "test",
}
"""What a column may say of a post; with any other word, or none, it is left out."""


def choose_split(posts: Posts, text: str | None, store: Store | None = None) -> Split:
    """Read the split that a user asked for; without one the latest fifth is held out.

    Parameters
    ----------
    posts : Posts
        The posts.
    text : str, optional
        As ``--split`` has it; ``column:NAME`` and ``ids:FILE`` name the parts of a given one.
    store : Store, optional
        The store of the posts, which a given split needs.

    Raises
    ------
    InputError
        It can't be read.
    """
    kind, _, value = (text or "").partition(":")
    if text is None or kind not in ("column", "ids"):
        return parse_split(text or default_split(posts))
    if store is None:
        raise InputError(f"this head takes no split that is given, as {text!r} is: name a date")
    value = value.strip()
    if not value:
        raise InputError(f"the split {text!r} names nothing: write column:NAME or ids:FILE")
    parts = _of_column(store, value) if kind == "column" else _of_file(posts, Path(value))
    train, test = (
        np.array([post for post, part in parts.items() if part == wanted], dtype=np.int64)
        for wanted in ("train", "test")
    )
    return Split("given", text, train=train, test=test)


def _of_column(store: Store, name: str) -> dict[int, str]:
    """Read the part of each post from a column of `posts`, or from a value of `extra`."""
    with store.connection() as connection:
        columns = connection.table("posts").columns
        if name in columns:
            found = connection.table("posts").project(
                duckdb.ColumnExpression("post_id"),
                duckdb.ColumnExpression(name).cast(duckdb.sqltype("VARCHAR")).alias("part"),
            )
        else:
            # A JSON pointer, bound as a parameter: a name of a user's never becomes SQL.
            key = name.removeprefix("extra.").replace("~", "~0").replace("/", "~1")
            found = connection.sql(
                "SELECT post_id, json_extract_string(extra, ?) AS part FROM posts",
                params=[f"/{key}"],
            )
        rows = found.to_arrow_table()
    said = dict(zip(rows["post_id"].to_pylist(), rows["part"].to_pylist(), strict=True))
    return _parts(said, f"the column {name!r}")


def _parts(said: Mapping[int, str | None], where: str) -> dict[int, str]:
    """Take each post's word for its part.

    Raises
    ------
    InputError
        No word says what is learned from, or what is scored.
    """
    words = {post: word.strip().lower() for post, word in said.items() if word}
    found = {post: WORDS[word] for post, word in words.items() if word in WORDS}
    if set(found.values()) != {"train", "test"}:
        common = ", ".join(repr(word) for word, _ in Counter(words.values()).most_common(4))
        raise InputError(
            f"{where} has to say 'train' of some posts and 'test' of others; it says"
            f" {common or 'nothing'}"
        )
    return found


def _of_file(posts: Posts, file: Path) -> dict[int, str]:
    """Read a file of ids: those that are scored, or a CSV with the columns id and split."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} can't be read as a list of ids: {error}") from error
    header = [name.strip().lower() for name in next(csv.reader(lines[:1]), [])]
    if "id" in header and "split" in header:
        rows = list(csv.DictReader([",".join(header), *lines[1:]]))
        keys = [f"{row['source']}:{row['id']}" if row.get("source") else row["id"] for row in rows]
        places = rows_of_keys(posts, keys, str(file))
        return _parts(
            {
                int(posts.post_id[place]): row["split"]
                for place, row in zip(places.tolist(), rows, strict=True)
            },
            str(file),
        )
    keys = [line.strip() for line in lines if line.strip()]
    scored = set(posts.post_id[rows_of_keys(posts, keys, str(file))].tolist())
    return {post: "test" if post in scored else "train" for post in posts.post_id.tolist()}


def rows_of_keys(posts: Posts, keys: Iterable[str], where: str) -> Indices:
    """Look up the rows of posts by ``source:id``, or ``id`` where only one source has it.

    Raises
    ------
    InputError
        A key is none of theirs, could be more than one, or is there twice.
    """
    wanted = list(keys)
    rows: dict[str, int] = {}
    counted: Counter[str] = Counter()
    names = zip(posts.table["source"].to_pylist(), posts.table["id"].to_pylist(), strict=True)
    for row, (source, name) in enumerate(names):
        rows[f"{source}:{name}"] = row
        counted[name] += 1
        rows.setdefault(name, row)
    unknown = [key for key in wanted if key not in rows]
    if unknown:
        raise InputError(
            f"{where} names {len(unknown):,} posts that the store doesn't have with a time, such"
            f" as {unknown[0]!r}: posts are named source:id"
        )
    unclear = next((key for key in wanted if counted[key] > 1), None)
    if unclear is not None:
        raise InputError(f"{where}: {unclear!r} is a post of several sources: write source:id")
    found = np.array([rows[key] for key in wanted], dtype=np.int64)
    if len(np.unique(found)) < len(found):
        raise InputError(f"{where} names a post twice")
    return found
