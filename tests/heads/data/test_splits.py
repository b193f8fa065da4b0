"""Splits keep apart what they promise to keep apart."""

import numpy as np
import pytest

from embedstore.errors import InputError
from heads.data.features import Material
from heads.data.given_splits import choose_split
from heads.data.splits import FIRST_SCORED, fingerprint, folds, parse_split, the_fold


@pytest.mark.parametrize(
    "text", ["time:", "time:soon", "company:6/5", "company:1", "fewshot:0", "fewshot:21", "x:1"]
)
def test_a_split_that_cannot_be_read_says_how_one_looks(text: str) -> None:
    with pytest.raises(InputError, match=r"time:2020-01-01|time:DATE"):
        parse_split(text)


def test_time_parts_at_the_date(material: Material) -> None:
    posts = material.posts
    fold = the_fold(posts, parse_split("time:2021-06-01"))
    assert posts.time[fold.train].max() < np.datetime64("2021-06-01")
    assert posts.time[fold.test].min() >= np.datetime64("2021-06-01")
    assert (fold.train | fold.test).sum() == posts.known.sum()


def test_every_company_is_held_out_once_and_none_of_it_is_known(material: Material) -> None:
    posts = material.posts
    every = folds(posts, parse_split("company:1/5"))
    assert np.array_equal(sum(fold.test.astype(int) for fold in every), posts.known.astype(int))
    for fold in every:
        held = set(posts.company[fold.test])
        assert not held & set(posts.company[fold.train])
        assert not held & set(posts.company[fold.known])


def test_few_shot_knows_exactly_the_first_posts_of_each_account() -> None:
    posts = _many_posts_of_few_accounts()
    for k in (1, 5):
        for fold in folds(posts, parse_split(f"fewshot:{k}")):
            assert np.bincount(posts.account[fold.known]).tolist() == [k] * 40
            assert not set(posts.company[fold.test]) & set(posts.company[fold.train])
            nth = np.arange(len(posts)) // 40 + 1
            assert nth[fold.test].min() == FIRST_SCORED


def test_the_same_rows_are_scored_for_every_number_of_shots() -> None:
    posts = _many_posts_of_few_accounts()
    scored = [
        [fold.test.tolist() for fold in folds(posts, parse_split(f"fewshot:{k}"))] for k in (1, 5)
    ]
    assert scored[0] == scored[1]


def test_random_keeps_copies_of_a_text_together(material: Material) -> None:
    posts = material.posts
    fold = the_fold(posts, parse_split("random:1"))
    texts = np.array([" ".join(text.lower().split()) for text in posts.texts], dtype=object)
    assert len(set(texts)) < len(texts)
    assert not set(texts[fold.train]) & set(texts[fold.test])
    other = the_fold(posts, parse_split("random:2"))
    assert fingerprint(posts, fold) != fingerprint(posts, other)
    assert fingerprint(posts, fold) == fingerprint(posts, the_fold(posts, parse_split("random:1")))


def test_a_split_without_test_posts_is_an_error(material: Material) -> None:
    with pytest.raises(InputError, match="leaves no posts to score"):
        the_fold(material.posts, parse_split("time:2090-01-01"))


def _many_posts_of_few_accounts():  # type: ignore[no-untyped-def]
    import pyarrow as pa

    from heads.data.posts import Posts

    n = 40 * 25
    day = np.datetime64("2020-01-01", "us") + np.arange(n) * np.timedelta64(1, "h")
    table = pa.table(
        {
            "post_id": np.arange(n),
            "source": ["s"] * n,
            "id": [str(row) for row in range(n)],
            "username": [f"account{row % 40}" for row in range(n)],
            "company": [f"company{row % 40 // 2}" for row in range(n)],
            "created_at": day,
            "text": [f"text {row}" for row in range(n)],
        }
    )
    return Posts(table, np.arange(n, dtype=np.float64))


def test_without_labels_there_is_no_default_split_and_the_error_says_so() -> None:
    posts = _many_posts_of_few_accounts()
    with pytest.raises(InputError, match="both a time and a count"):
        choose_split(posts.with_kpi(np.full(len(posts), np.nan)), None)
