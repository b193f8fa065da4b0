"""Posts that say again what their account said before."""

import numpy as np
import pyarrow as pa
from made_reports import made_posts

from heads.data.posts import Posts
from heads.reports.repeats import repeated

WORDS = "Our new tram line opens on Sunday at nine"


def _saying(texts: dict[int, str]) -> Posts:
    posts = made_posts(accounts=2, each=10)
    place = posts.table.column_names.index("text")
    said = [texts.get(row, f"nothing like it {chr(65 + row) * 9}") for row in range(len(posts))]
    return Posts(posts.table.set_column(place, "text", pa.array(said)), posts.kpi)


def test_the_same_words_count_whatever_their_links_and_signs() -> None:
    posts = _saying({})
    mine = np.flatnonzero(posts.account == posts.account[0]).tolist()
    other = int(np.flatnonzero(posts.account != posts.account[0])[-1])
    first, again, third = mine[0], mine[3], mine[5]
    posts = _saying(
        {
            first: f"{WORDS}! https://a.b/c",
            again: f"{WORDS.upper()} <hyperlink>",
            third: WORDS,
            other: WORDS,
        }
    )
    found = repeated(posts, None)
    assert (found[first], found[again], found[third]) == (-1, first, again)
    assert (found >= 0).sum() == 2


def test_vectors_that_are_nearly_the_same_count_too_and_short_words_alone_do_not() -> None:
    posts = _saying({0: "good day", 1: "good day", 2: "good day"})
    assert (repeated(posts, None) == -1).all()
    vectors = np.eye(len(posts), 30, dtype=np.float32)
    mine = np.flatnonzero(posts.account == posts.account[0])
    vectors[mine[4]] = vectors[mine[1]] + np.float32(0.2) * vectors[mine[2]]
    vectors[mine[4]] /= np.linalg.norm(vectors[mine[4]])
    found = repeated(posts, vectors)
    assert found[mine[4]] == mine[1]
    assert (found >= 0).sum() == 1
