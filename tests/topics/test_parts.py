"""The pure parts: centring, clustering, assigning, words, matching, levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.arrays import unit
from embedstore.topics.assign import Centres, assign
from embedstore.topics.centring import less_centres
from embedstore.topics.cluster import Clusters, Size, _sample, _together, cluster, group
from embedstore.topics.match import match
from embedstore.topics.over_time import level_before
from embedstore.topics.titles import sketch, usable
from embedstore.topics.words import name_of, topic_words, vocabulary

LABELS = st.lists(st.integers(-1, 4), min_size=1, max_size=60).map(np.array)


def _planted(clusters: int, each: int, dim: int = 24) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    label = np.repeat(np.arange(clusters), each)
    centres = random.standard_normal((clusters, dim))
    vectors = centres[label] + 0.3 * random.standard_normal((len(label), dim))
    return unit(vectors.astype(np.float32)), label


def _each_has_one_label(topic: np.ndarray, label: np.ndarray) -> None:
    for each in np.unique(topic[topic >= 0]):
        assert len(np.unique(label[topic == each])) == 1


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_planted_clusters_are_told_apart(size: Size) -> None:
    vectors, label = _planted(5, 80)
    found = cluster(vectors, size=size)
    topic, score = assign(vectors, found.centres)
    assert len(found.centres) >= 5
    for each in range(len(found.centres)):
        assert len(np.unique(label[topic == each])) == 1
    assert (topic >= 0).mean() > 0.6
    assert np.all(score <= 1.001)


def test_clusters_are_the_same_each_time() -> None:
    vectors, _ = _planted(4, 60)
    first, second = cluster(vectors), cluster(vectors)
    assert np.array_equal(first.centres.vectors, second.centres.vectors)
    assert np.array_equal(first.centres.reach, second.centres.reach)


def test_neighbours_from_inverted_lists_give_the_planted_clusters_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embedstore.topics.cluster.EXACT_ROWS", 100)
    vectors, label = _planted(5, 100)
    topic, _ = assign(vectors, cluster(vectors, size="large").centres)
    _each_has_one_label(topic, label)


def test_topics_of_many_vectors_are_found_in_a_sample_and_hold_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embedstore.topics.cluster.MOST_ROWS", 300)
    vectors, label = _planted(5, 400)
    topic, _ = assign(vectors, cluster(vectors, size="large").centres)
    assert len(np.unique(topic[topic >= 0])) == 5
    _each_has_one_label(topic, label)
    assert (topic >= 0).mean() > 0.6


def test_a_sample_changes_little_when_vectors_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedstore.topics.cluster.MOST_ROWS", 500)
    before, after = _sample(5_000, 0), _sample(5_100, 0)
    assert len(before) == len(after) == len(np.unique(after)) == 500
    assert len(np.intersect1d(before, after)) > 475


@pytest.mark.parametrize("count", [1, 5, 15])
def test_too_few_vectors_have_no_clusters(count: int) -> None:
    vectors, _ = _planted(1, count)
    found: Clusters = cluster(vectors)
    assert len(found.centres) == 0
    assert found.groups == []


def test_a_thin_cluster_beside_dense_ones_is_found_too() -> None:
    random = np.random.default_rng(2)
    label = np.repeat(np.arange(4), 80)
    spread = np.array([0.1, 0.1, 0.1, 0.5])[label][:, None]
    vectors = random.standard_normal((4, 24))[label] + spread * random.standard_normal((320, 24))
    topic, _ = assign(
        unit(vectors.astype(np.float32)), cluster(unit(vectors.astype(np.float32))).centres
    )
    assert (topic[label == 3] >= 0).mean() > 0.5


def test_copies_of_one_vector_do_no_harm() -> None:
    vectors = np.repeat(unit(np.ones((1, 8), np.float32)), 60, axis=0)
    found = cluster(vectors)
    if len(found.centres):
        topic, _ = assign(vectors, found.centres)
        assert len(np.unique(topic)) == 1


def test_many_topics_have_two_levels_of_groups_and_few_have_none() -> None:
    centres = unit(np.random.default_rng(0).standard_normal((90, 12)).astype(np.float32))
    fine, coarse = group(centres)
    assert len(np.unique(fine)) == 15
    assert len(np.unique(coarse)) == 2
    for each in np.unique(fine):  # nested
        assert len(np.unique(coarse[fine == each])) == 1
    assert group(centres[:11]) == []


def test_a_vector_out_of_reach_is_an_outlier_that_keeps_its_score() -> None:
    centres = Centres(np.eye(2, dtype=np.float32), np.array([0.9, 0.1], np.float32))
    vectors = unit(np.array([[1, 0.1], [1, 0.9], [0.1, 1]], np.float32))
    topic, score = assign(vectors, centres)
    assert topic.tolist() == [0, -1, 1]
    assert score[1] == pytest.approx(1 / np.hypot(1, 0.9), abs=1e-5)


def test_what_the_posts_of_a_company_share_is_taken_out() -> None:
    random = np.random.default_rng(0)
    owner = np.repeat([0, 1], 200)
    brand = random.standard_normal((2, 32))
    meaning = random.standard_normal((2, 32))
    about = np.tile([0, 1], 200)
    vectors = unit((3 * brand[owner] + meaning[about]).astype(np.float32))
    left = less_centres(vectors, owner)
    same_meaning = (left[about == 0][:100] @ left[about == 0][100:].T).mean()
    same_brand = (left[(owner == 0) & (about == 0)] @ left[(owner == 0) & (about == 1)].T).mean()
    assert same_meaning > 0.8
    assert same_brand < 0


def test_stop_words_links_mentions_and_placeholders_are_no_words_of_a_topic() -> None:
    texts = ["the coffee at https://beans.example <hyperlink> @barista &amp; Coffee’s #roast"] * 6
    found = vocabulary(texts, np.zeros(6, np.int64)).words
    assert set(found) == {"coffee", "coffee's", "#roast"}


def test_forms_of_a_word_are_told_once() -> None:
    texts = ["coffee coffees #coffee roasted roasting"] * 6 + ["rain"] * 6
    known = vocabulary(texts, np.zeros(12, np.int64))
    words, other = topic_words(known, np.repeat([0, 1], 6), 2)
    assert len(words) == 2
    assert other == ["rain"]


def test_a_word_of_one_company_alone_comes_after_words_of_many() -> None:
    texts = ["acme coffee"] * 12 + ["coffee"] * 12 + ["rain"] * 24
    owner = np.array([0] * 12 + [1, 2, 3] * 4 + [0, 1, 2, 3] * 6)
    topic = np.repeat([0, 1], 24)
    words, _ = topic_words(vocabulary(texts, owner), topic, 2)
    assert words == ["coffee", "acme"]
    # With one company alone nothing can be told.
    alone, _ = topic_words(vocabulary(texts, np.zeros(48, np.int64)), topic, 2)
    assert set(alone) == {"coffee", "acme"}


def test_a_word_describes_the_topic_in_which_it_weighs_most() -> None:
    texts = ["game cup goal"] * 12 + ["game cup race"] * 8 + ["game pie oven"] * 8
    known = vocabulary(texts, np.zeros(28, np.int64))
    topic = np.repeat([0, 1, 2], [12, 8, 8])
    first, second, third = topic_words(known, topic, 3)
    assert first[0] == "goal"
    assert second[0] == "race"
    assert set(third[:2]) == {"pie", "oven"}
    assert first.index("cup") < second.index("cup") or second[-2:] == ["cup", "game"]
    # A topic that has no posts has no words, and takes none from others.
    assert topic_words(known, topic, 4) == [first, second, third, []]


def test_communities_on_one_theme_are_one_topic() -> None:
    vectors, label = _planted(4, 60)
    halves = 2 * label + np.arange(len(label)) % 2
    joined = _together(vectors, halves, most=20)
    assert sorted(set(zip(label.tolist(), joined.tolist(), strict=True))) == [
        (each, joined[60 * each]) for each in range(4)
    ]
    outlier = np.where(np.arange(len(label)) < 5, -1, halves)
    assert set(_together(vectors, outlier, most=20)[:5].tolist()) == {-1}


def test_more_communities_than_anyone_reads_are_put_together_further() -> None:
    vectors, label = _planted(40, 20, dim=200)
    assert _together(vectors, label, most=60).max() + 1 == 40
    joined = _together(vectors, label, most=7)
    assert joined.max() + 1 <= 7
    # Nobody is left out, and no community is parted.
    assert joined.min() == 0
    assert len(set(zip(label.tolist(), joined.tolist(), strict=True))) == 40


@pytest.mark.parametrize(
    ("said", "cut", "title"),
    [
        ("Coffee and cake\n\nPosts:", False, "Coffee and cake"),
        (' "New coffees." ', False, "New coffees"),
        ("Coffee, coffees and coffee", False, None),  # it repeats itself
        ("A day at the sea", False, None),  # it says nothing of the topic
        ("Coffee is what a", True, None),
        ("", False, None),
    ],
)
def test_a_title_of_the_model_is_used_if_it_is_about_the_topic(
    said: str, cut: bool, title: str | None
) -> None:
    assert usable(said, ["coffee", "cups"], cut=cut) == title


def test_posts_that_stand_for_a_topic_are_the_nearest_of_different_companies() -> None:
    texts = [
        "short",
        "the nearest post of all",
        "the second of that company",
        "of another company, here",
    ]
    score = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    found = sketch(texts, np.array([0, 0, 0, 1]), score, np.arange(4), ["post"])
    assert found.posts == [texts[1], texts[3]]


def test_texts_without_words_have_a_topic_without_words() -> None:
    known = vocabulary(["!!", "<hyperlink>"] * 5, np.zeros(10, np.int64))
    assert topic_words(known, np.zeros(10, np.int64), 1) == [[]]
    assert name_of([]) == "without words"


@given(LABELS, st.permutations(range(5)))
def test_topics_with_the_same_posts_are_the_same_whatever_their_numbers(
    label: np.ndarray, numbers: list[int]
) -> None:
    renumbered = np.append(numbers, -1)[label]
    found = match(label, renumbered)
    for new in np.unique(renumbered[renumbered >= 0]):
        assert numbers[found.old_of[int(new)]] == new


@given(LABELS, st.data())
def test_no_old_topic_is_two_new_ones(label: np.ndarray, data: st.DataObject) -> None:
    new = np.array(
        data.draw(st.lists(st.integers(-1, 6), min_size=len(label), max_size=len(label)))
    )
    found = match(label, new)
    assert len(set(found.old_of.values())) == len(found.old_of)


def test_a_topic_that_was_parted_says_where_it_came_from() -> None:
    old = np.zeros(30, np.int64)
    new = np.repeat([0, 1], [20, 10])
    found = match(old, new)
    assert found.old_of == {0: 0}
    assert found.most_from[1] == 0
    assert found.most_to == {0: 0}


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.just(float("nan")), st.floats(0, 12))),
                min_size=1, max_size=40), st.integers(0, 39))  # fmt: skip
def test_the_level_before_a_post_depends_on_earlier_posts_alone(
    posts: list[tuple[int, float]], place: int
) -> None:
    account, y = np.array([a for a, _ in posts]), np.array([v for _, v in posts])
    place = min(place, len(posts) - 1)
    changed = y.copy()
    changed[place:] = 7.0
    before, after = level_before(account, y), level_before(account, changed)
    assert np.array_equal(before[: place + 1], after[: place + 1], equal_nan=True)
