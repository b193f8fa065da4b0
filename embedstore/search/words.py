"""Find posts by the spelling of their words: BM25, exact phrases, hashtags and handles."""

import re
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from embedstore import sql
from embedstore.arrays import from_arrow
from embedstore.errors import QueryError
from embedstore.index.words import are_words_indexed
from embedstore.search.hits import Hits, fold
from embedstore.storage.filters import posts_passing
from embedstore.storage.session import Session

K1, B = 1.2, 0.75
"""Constants of BM25 as Lucene has them: how soon repeating a word helps no more, and how much a
text's length counts."""

_PHRASE = re.compile(r'"([^"]*)"|“([^”]*)”')


@dataclass(frozen=True)
class WordsQuery:
    """Words to look for.

    Attributes
    ----------
    terms : list of str
        Words, hashtags and handles that count, each once.
    required : list of str
        Those that a post must have: of phrases, hashtags and handles.
    phrases : list of str
        Words that must stand side by side, with a space at both ends.
    """

    terms: list[str]
    required: list[str]
    phrases: list[str]


def parse_words(connection: duckdb.DuckDBPyConnection, words: str) -> WordsQuery:
    """Read words to look for: ``coffee "new flavour" #MondayMood @roastery``.

    Raises
    ------
    QueryError
        There is no word in it.
    """
    phrases = ["".join(found) for found in _PHRASE.findall(words)]
    rest = _PHRASE.sub(" ", words)
    rows = connection.execute(
        "SELECT words_of(part), tags_of(part) FROM (SELECT unnest($1::VARCHAR[]) AS part)",
        [[rest, *phrases]],
    ).fetchall()
    (loose, tags), quoted = rows[0], rows[1:]
    for tag in tags:
        # The word of `#coffee` is asked for with its sign.
        if tag[1:] in loose:
            loose.remove(tag[1:])
    required = [*tags, *(word for plain, signed in quoted for word in (*plain, *signed))]
    found = WordsQuery(
        list(dict.fromkeys([*loose, *required])),
        list(dict.fromkeys(required)),
        [f" {' '.join(plain)} " for plain, _ in quoted if plain],
    )
    if not found.terms:
        raise QueryError(f"there is no word to look for in {words!r}")
    return found


@dataclass(frozen=True)
class Spelt:
    """Posts that have words.

    Attributes
    ----------
    hits : Hits
        All of them, in no order.
    strict : bool
        Whether there is a phrase, hashtag or handle that every post must have.
    """

    hits: Hits
    strict: bool


def find_words(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    words: str,
    where: str | None = None,
    before: datetime | None = None,
) -> Spelt:
    """Find the posts that have the words and pass a filter.

    Raises
    ------
    QueryError
        There is no word in `words`, the filter can't be used, or words are not indexed yet.
    """
    if not are_words_indexed(connection):
        raise QueryError(
            "the words of this store's texts are not indexed yet: run"
            f" `embedstore build {session.path}` once"
        )
    query = parse_words(connection, words)
    table = connection.sql(
        sql.read("search/words"),
        params={
            "terms": query.terms,
            "required": query.required,
            "phrases": query.phrases,
            "k1": K1,
            "b": B,
        },
    ).to_arrow_table()
    post, content = from_arrow(table["post_id"]), from_arrow(table["content_id"])
    hits = Hits(
        np.zeros(len(post), dtype=np.int64),
        from_arrow(table["score"]).astype(np.float32),
        post,
        content,
        np.zeros(len(post), dtype=np.int32),
    )
    if where is not None or before is not None:
        hits = hits.take(np.isin(post, posts_passing(connection, where, before)))
    return Spelt(hits, bool(query.required))


def best_of(hits: Hits, k: int, *, distinct: bool) -> Hits:
    """Keep the k best posts; those with equal scores by id."""
    if len(hits.post) > 4 * k and not distinct:
        # Sorting a hundred thousand posts takes longer than finding them.
        worst = np.partition(hits.score, -k)[-k]
        hits = hits.take(hits.score >= worst)
    return fold(hits, k, distinct=distinct)
