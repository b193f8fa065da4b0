"""How candidates are ordered, and what the order is learned from."""

import numpy as np
import pytest

from heads.tweets.models.decoder import Written
from heads.tweets.rerank import Candidates, Weights, closeness, learn_weights, prepare
from heads.tweets.scores import Rarity

WORDS = ["coffee", "for", "early", "risers", "our", "new", "roast", "is", "here", "today"]
RARITY = Rarity([" ".join(WORDS), "coffee is here", "rain all day today"])


def drawn(random: np.random.Generator) -> str:
    return " ".join(random.choice(WORDS, size=6))


def test_weight_goes_to_the_score_that_tells_how_close_a_text_is() -> None:
    random = np.random.default_rng(0)
    candidates, true = [], []
    for _ in range(40):
        true.append(drawn(random))
        texts = [drawn(random) for _ in range(12)]
        scores = random.normal(size=(12, 4))
        scores[:, 1] = [10 * closeness(text, true[-1], RARITY) for text in texts]
        # What may not be shown says nothing, even where it is right.
        refused: list[str | None] = [None] * 11 + ["copied"]
        scores[11] = 100
        written = [Written(text, 20.0) for text in texts]
        candidates.append(Candidates(written, refused, scores, np.zeros((12, 2), np.float32)))
    found = learn_weights(candidates, true, RARITY)
    assert found.style == 1
    assert max(abs(found.likelihood), abs(found.words), abs(found.consensus)) < 0.2


def test_where_no_candidate_may_be_shown_the_usual_weights_stay() -> None:
    empty = Candidates([Written("", 1.0)], ["empty"], np.ones((1, 4)), np.zeros((1, 2), np.float32))
    assert learn_weights([empty], ["coffee"], RARITY) == Weights()


def test_a_text_like_the_accounts_posts_and_like_the_other_texts_comes_first() -> None:
    texts = ["rain all day today", "our new roast is here", "our new coffee is here"]
    [found] = prepare(
        [[Written(text, 20.0) for text in texts]], [[]],
        [(["our new coffee is here today"], np.zeros((1, 2), np.float32))],
        lambda some: np.zeros((len(some), 2), np.float32), RARITY,
    )  # fmt: skip
    assert found.order(Weights()) == [2, 1, 0]
    assert found.scores.mean(axis=0) == pytest.approx(0)
