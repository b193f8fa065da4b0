"""A word's effect: a planted one is found in sign and size, and what is none is not shown."""

import numpy as np
import pyarrow as pa
import pytest
from made_posts import some_posts

from heads.data.posts import Posts
from heads.likes.words import word_effects


@pytest.fixture(scope="module")
def plain() -> Posts:
    """2,000 posts of ten accounts of different levels, of words that do nothing."""
    random = np.random.default_rng(0)
    n = 2000
    account = random.integers(10, size=n)
    likes = np.exp(random.normal(size=n) * 0.8 + 3 + account / 3).round()
    posts = some_posts(list(range(n)), [f"a{k}" for k in account], likes.tolist())
    return _saying(
        posts, [" ".join(f"none{k}" for k in random.integers(80, size=6)) for _ in range(n)]
    )


def _saying(posts: Posts, texts: list[str]) -> Posts:
    place = posts.table.column_names.index("text")
    return Posts(posts.table.set_column(place, "text", pa.array(texts)), posts.kpi)


@pytest.mark.parametrize("times", [2.0, 0.5])
def test_a_planted_word_is_found_in_sign_and_size(plain: Posts, times: float) -> None:
    picked = np.random.default_rng(2).random(len(plain)) < 0.1
    texts = [
        f"{text} Zoquix!" if has else text
        for text, has in zip(plain.texts, picked.tolist(), strict=True)
    ]
    posts = _saying(plain, texts).with_kpi(np.where(picked, times * plain.kpi, plain.kpi))
    found = word_effects(posts, posts.known)["zoquix"]
    assert found.holds
    assert 2 / 3 < found.value / np.log(times) < 4 / 3
    assert found.low < found.value < found.high
    assert found.posts == picked.sum()


def test_of_words_that_do_nothing_hardly_one_holds(plain: Posts) -> None:
    found = word_effects(plain, plain.known)
    assert len(found) == 80
    assert sum(effect.holds for effect in found.values()) <= 1


def test_without_posts_to_learn_from_there_is_no_effect(plain: Posts) -> None:
    assert word_effects(plain, np.zeros(len(plain), dtype=bool)) == {}
