"""Posts found by the spelling of their words, alone and beside vectors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.arrays import Vectors
from embedstore.errors import QueryError
from embedstore.maintenance.remove import remove
from embedstore.search.hits import Hits, fused

TEXTS = {
    "1": "Fresh coffee beans, roasted today",
    "2": "Coffee for everyone! #CoffeeTime",
    "3": "It is coffee time at the bar",
    "4": "A time for coffee, says @Bean_Bar",
    "5": "Café au lait, s'il vous plaît",
    "6": "hiring engineers now #coffeetimes",
    "7": "新しいコーヒー、今日から",
    "8": "coffee coffee coffee",
}

Find = Callable[..., list[str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> embedstore.Store:
    """Eight posts."""
    folder = tmp_path_factory.mktemp("words")
    lines = ["id,date,likes,content,username,inferred company"]
    for name, text in TEXTS.items():
        company = "tech" if name == "6" else "beans"
        lines.append(f'{name},2019-03-0{name} 12:00:00,1,"{text}",roastery,{company}')
    (folder / "posts.csv").write_text("\n".join(lines), encoding="utf-8")
    build(folder / "s", folder / "posts.csv")
    return embedstore.open(folder / "s")


@pytest.fixture
def find(store: embedstore.Store) -> Find:
    """Ids found by words."""

    def ids(words: str, **options: object) -> list[str]:
        return store.similar(words=words, **options)["id"].to_pylist()  # type: ignore[arg-type,no-any-return]

    return ids


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("beans", {"1"}),
        ("BEANS engineers", {"1", "6"}),
        ("cafe plait", {"5"}),
        ("#coffeetime", {"2"}),
        ("@bean_bar", {"4"}),
        ('"coffee time"', {"3"}),
        ('"time for coffee"', {"4"}),
        ('"time coffee"', set()),
        ("今日", {"7"}),
        ('"コーヒー"', {"7"}),
        ("coffeetime", {"2"}),
        ("nowhere", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_words_phrases_hashtags_and_handles_are_found_by_spelling(
    find: Find, words: str, found: set[str]
) -> None:
    assert set(find(words)) == found


def test_rare_words_count_more_than_common_ones_and_short_texts_more_than_long_ones(
    find: Find,
) -> None:
    assert find("coffee engineers")[0] == "6"
    assert find("coffee")[0] == "8"


def test_a_filter_keeps_k(find: Find, store: embedstore.Store) -> None:
    assert find("coffee engineers", where="company = 'tech'", k=1) == ["6"]
    assert len(find("coffee", k=3, where="id <> '8'")) == 3
    with store:
        assert len(find("coffee", k=2, where="id <> '8'")) == 2


def test_a_phrase_holds_for_what_is_near_too(find: Find) -> None:
    assert find('"coffee time"', text="hiring engineers now") == ["3"]


def test_both_lists_are_fused_by_reciprocal_rank(store: embedstore.Store) -> None:
    near = store.similar(text="coffee engineers", k=8)["post_id"].to_pylist()
    spelt = store.similar(words="coffee engineers", k=8)["post_id"].to_pylist()
    both = store.similar(text="coffee engineers", words="coffee engineers", k=8)
    expected = {
        each: sum(1 / (60 + ranked.index(each) + 1) for ranked in (near, spelt) if each in ranked)
        for each in {*near, *spelt}
    }
    assert dict(
        zip(both["post_id"].to_pylist(), both["score"].to_pylist(), strict=True)
    ) == pytest.approx(expected)
    assert both["score"].to_pylist() == sorted(both["score"].to_pylist(), reverse=True)


def test_a_post_is_not_found_beside_its_own_words(store: embedstore.Store) -> None:
    found = store.similar(post="1", words="coffee beans", k=8)["id"].to_pylist()
    assert "1" not in found
    assert found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": "!!!"}, "no word to look for"),
        ({"words": "coffee", "among": "images"}, "words are found in texts"),
        ({}, "say what to look for"),
        ({"words": "coffee", "where": "nosuch = 1"}, "nosuch"),
    ],
)
def test_a_question_that_can_not_be_asked_says_why(
    store: embedstore.Store, options: dict[str, str], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        store.similar(**options)  # type: ignore[arg-type]


def test_many_vectors_and_words_are_refused(store: embedstore.Store) -> None:
    vectors = np.stack([store.embed("a"), store.embed("b")])
    with pytest.raises(QueryError, match="not with 2 vectors"):
        store.similar(vector=vectors, words="coffee")


@pytest.mark.parametrize("mode", ["words", "hybrid"])
def test_sql_searches_by_words_too(store: embedstore.Store, mode: str) -> None:
    found = store.sql(
        "SELECT id FROM search('#coffeetime', 5, mode := ?) JOIN posts USING (post_id)", [mode]
    )
    assert found["id"].to_pylist() == ["2"]
    with pytest.raises(QueryError, match="vectors, words, hybrid"):
        store.sql("FROM search('coffee', mode := 'sideways')")


def test_an_edited_text_loses_its_old_words_and_a_removed_one_leaves_none_in_any_file(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    posts = [post(number) for number in range(1, 60)]
    posts[3]["content"] = "an unrepeatable zanzibarian word"
    store = tmp_path / "s"
    build(store, write_csv(posts))
    posts[3]["content"] = "now it says quixotically else"
    build(store, write_csv(posts))
    opened = embedstore.open(store, "rw")
    assert not opened.similar(words="zanzibarian").num_rows
    assert opened.similar(words="quixotically")["id"].to_pylist() == ["4"]
    remove(opened, "id = '4'")
    assert not opened.similar(words="quixotically").num_rows
    secrets = (b"quixotically", b"zanzibarian")
    files = [file for file in store.rglob("*") if file.is_file()]
    assert not [file for file in files for secret in secrets if secret in file.read_bytes()]
    assert rows(
        store,
        "SELECT count(*) FROM words WHERE content_id NOT IN (FROM contents SELECT content_id)",
    ) == [(0,)]


def test_a_store_whose_words_are_not_indexed_says_what_to_run(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2)]))
    store = embedstore.open(tmp_path / "s", "rw")
    store.sql("DELETE FROM text_lengths")
    store.sql("DELETE FROM words")
    with pytest.raises(QueryError, match="embedstore build"):
        store.similar(words="coffee")
    build(tmp_path / "s")
    assert store.similar(words="coffee").num_rows == 2


@given(st.lists(st.permutations(range(8)), min_size=1, max_size=3), st.integers(1, 8))
def test_fusing_puts_first_what_all_lists_have_first(orders: list[list[int]], k: int) -> None:
    lists = [_hits(order) for order in orders]
    found = fused(lists, k)
    score = {post: sum(1 / (61 + order.index(post)) for order in orders) for post in range(8)}
    assert found.post.tolist() == sorted(score, key=lambda post: (-round(score[post], 9), post))[:k]


def _hits(order: list[int]) -> Hits:
    posts = np.array(order, dtype=np.int64)
    zeros = np.zeros(len(posts), dtype=np.int64)
    score: Vectors = np.linspace(1, 0, len(posts), dtype=np.float32)
    return Hits(zeros, score, posts, posts, zeros.astype(np.int32))
