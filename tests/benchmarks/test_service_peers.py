"""What the service's benchmark beside peers asks, and how it tells that answers agree."""

from itertools import islice

import numpy as np

from benchmarks.peers.service import between, fresh_texts, overlap
from benchmarks.service import Posts


def test_no_text_is_asked_twice() -> None:
    posts = Posts(["a b c d"], ["tweets:1"], ["cnn"])
    texts = list(islice(fresh_texts(posts), 40))
    assert len(set(texts)) == 40
    assert all(set(text.split()) <= set("abcd") for text in texts)


def test_vectors_that_are_asked_have_length_1() -> None:
    vectors = np.eye(3, dtype=np.float32)
    for vector in islice(between(vectors), 5):
        assert np.isclose(np.linalg.norm(vector), 1)
        assert np.count_nonzero(vector) == 2


def test_overlap_counts_posts_of_the_same_text_as_often_as_both_have_them() -> None:
    assert overlap(["a", "b"], ["b", "a"]) == 1
    assert overlap(["a", "a"], ["a", "b"]) == 0.5
    assert overlap([], ["a", "b"]) == 0
