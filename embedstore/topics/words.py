"""Words that tell topics apart, and names made of them.

Class-based TF-IDF (Grootendorst, 2022): a word's share of a topic's posts, times the logarithm
of how rare it is elsewhere. A word that one company alone uses, its name or its slogan, counts
little, and so does one that describes another topic better.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]

WORDS = 10
"""Words of a topic."""

NAME_WORDS = 3

FREQUENCY = 2.0
"""Power of a word's share of a topic's posts. With 1, as usual, rare words come before the ones
that a person would say; beside BERTopic's words, those of 2 are more coherent."""

SHARED = 1.25
"""Power of the number of topics that a word is shared by, in how much less it weighs."""

CANDIDATES = 30
"""Words of a topic that are looked at."""

FEWEST_OWNERS = 3
"""Companies from which on a word of one of them alone counts less."""

FEWEST_POSTS = 5
"""Posts with a word that counts."""

_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|<\w+>|&\w+;|@\w+")
_WORD = r"(?u)#?[^\W\d_][\w'’]*[^\W_]"
_EMPTY = frozenset(("amp", "rt", "via", "https", "http", "don't", "it's", "i'm", "you're", "we're"))


@dataclass(frozen=True)
class Vocabulary:
    """Words of posts.

    Attributes
    ----------
    words : list of str, length w
        In small letters.
    used : sparse matrix, shape (n, w)
        1 where a post has a word.
    common : array, shape (w,), float64
        From 1 for a word that many companies use to 0 for one that a single one does.
    """

    words: list[str]
    used: "csr_matrix"
    common: NDArray[np.float64]


def vocabulary(texts: Sequence[str], owner: Indices) -> Vocabulary:
    """Count the words of posts but for stop words, links, mentions and placeholders.

    Parameters
    ----------
    texts : sequence of str, length n
        The posts.
    owner : array, shape (n,), int64
        A number from 0 for each company.
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    n = len(texts)
    counter = CountVectorizer(
        preprocessor=lambda text: _NO_WORDS.sub(" ", text.lower()).replace("’", "'"),
        token_pattern=_WORD,
        stop_words=list(ENGLISH_STOP_WORDS | _EMPTY),
        min_df=FEWEST_POSTS,
        binary=True,
        dtype=np.float32,
    )
    try:
        used = counter.fit_transform(texts).tocsr()
    except ValueError:  # no word is in enough posts
        return Vocabulary([], csr_matrix((n, 0), dtype=np.float32), np.ones(0))
    common = np.ones(used.shape[1])
    if owner.max(initial=-1) + 1 >= FEWEST_OWNERS:
        member = csr_matrix((np.ones(n, np.float32), (owner, np.arange(n))))
        of_owner = (member @ used).tocsc()
        most = np.asarray(of_owner.max(axis=0).todense()).ravel()
        common = np.sqrt(1 - most / np.asarray(of_owner.sum(axis=0)).ravel())
    return Vocabulary(counter.get_feature_names_out().tolist(), used, common)


def topic_words(known: Vocabulary, topic: Indices, count: int) -> list[list[str]]:
    """Choose the words of each topic, the most telling first.

    Parameters
    ----------
    known : Vocabulary
        Words of the posts.
    topic : array, shape (n,), int64
        The topic of each post; −1 for none.
    count : int
        Topics.

    Returns
    -------
    list of list of str
        At most `WORDS` for each topic.
    """
    from scipy.sparse import csr_matrix

    rows = np.flatnonzero(topic >= 0)
    member = csr_matrix(
        (np.ones(len(rows), np.float32), (topic[rows], rows)), shape=(count, len(topic))
    )
    found = (member @ known.used).tocsr()
    everywhere = np.asarray(found.sum(axis=0)).ravel()
    size = np.bincount(topic[rows], minlength=count)
    average = everywhere.sum() / max(1, count)
    rare = np.log1p(average / np.maximum(everywhere, 1)) * known.common
    placed: list[tuple[Indices, Floats]] = []
    for each in range(count):
        row = found[[each]]
        weight = (row.data / max(1, size[each])) ** FREQUENCY * rare[row.indices]
        order = np.argsort(-weight, kind="stable")[:CANDIDATES]
        placed.append((row.indices[order].astype(np.int64), weight[order].astype(np.float64)))
    return [
        _distinct(known.words[word] for word in words[np.argsort(-weight, kind="stable")])
        for words, weight in _less_shared(placed)
    ]


def _less_shared(placed: list[tuple[Indices, Floats]]) -> list[tuple[Indices, Floats]]:
    """Lower the weight of a word in each topic by the number of topics in which it weighs more.

    Maximal marginal relevance (Carbonell and Goldstein, 1998) leaves out what has been said;
    here it has been said of another topic.
    """
    count = [len(words) for words, _ in placed]
    word = np.concatenate([words for words, _ in placed] or [np.empty(0, np.int64)])
    weight = np.concatenate([weights for _, weights in placed] or [np.empty(0)])
    order = np.lexsort((-weight, word))  # stable: of equal weights the first topic's comes first
    place = np.arange(len(word))
    begins = np.diff(word[order], prepend=-1) != 0
    before = np.empty(len(word), dtype=np.int64)
    before[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
    parts = np.split(weight / (1 + before) ** SHARED, np.cumsum(count)[:-1])
    return [(words, lowered) for (words, _), lowered in zip(placed, parts, strict=True)]


def _distinct(words: Iterable[str]) -> list[str]:
    """Leave out words that are another form of an earlier one: `coffee`, `coffees`, `#coffee`."""
    kept: list[str] = []
    stems: set[str] = set()
    for word in words:
        bare = stem(word)
        if bare not in stems:
            stems.add(bare)
            kept.append(word)
    return kept[:WORDS]


def stem(word: str) -> str:
    """Cut the ending off a word, so that its other forms are known as the same."""
    bare = word.lstrip("#").removesuffix("'s")
    for end in ("ing", "ies", "es", "ed", "s", "y", "e"):
        if bare.endswith(end) and len(bare) - len(end) >= 4:
            return bare.removesuffix(end)
    return bare


def name_of(words: Sequence[str]) -> str:
    """Make a name of the first words of a topic."""
    return ", ".join(words[:NAME_WORDS]) or "without words"
