"""Why a prediction is what it is: contributions that add up, words, and earlier posts.

All of it is association in past data; none says what a change would cause.
"""

from dataclasses import dataclass
from math import exp, expm1

import numpy as np
import pyarrow as pa

from heads.arrays import Extended, PostVectors, stored_of
from heads.data.history import Mode, View
from heads.data.posts import Posts
from heads.likes.drafts import with_drafts
from heads.likes.known import known
from heads.likes.models import gbm, kernel
from heads.likes.models.design import Matrix, of_network
from heads.likes.predict import matrix_of
from heads.likes.saved import Loaded, load_head
from heads.likes.words import Effect, words_of
from heads.stores import StoreLike, holding

WORDS = 40
"""Words of a post that are tried, from its start."""


@dataclass(frozen=True)
class Explanation:
    """Tables in log1p, and beside them `times`, the same as a multiple of (likes + 1).

    Attributes
    ----------
    groups : pyarrow.Table
        group, contribution, times: contributions add up to the prediction, and the multiples
        of all but ``start`` take it there from what any post gets.
    words : pyarrow.Table
        word, change, times: how much lower the prediction is without it, and how many times
        as much the post is predicted to get with it; the largest first.
    effects : pyarrow.Table
        word, effect, low, high, times, posts: how much more the account's posts with a word got
        than its level, with a 95% interval, in as many posts as have it; only words of the post
        whose effect later posts bore out (`heads.likes.words`), the largest first.
    posts : pyarrow.Table
        post_id, source, id, created_at, count, vote, text: earlier posts that speak most for
        (positive) and against; empty for a head without neighbours.
    predicted : float
        The prediction.
    run : str
        The head that made it.
    """

    groups: pa.Table
    words: pa.Table
    effects: pa.Table
    posts: pa.Table
    predicted: float
    run: str

    @property
    def likes(self) -> float:
        """The prediction as a count."""
        return expm1(self.predicted)


def explain_likes(
    store: StoreLike, post: str, *, run: str | None = None, history: Mode = "online", most: int = 5
) -> Explanation:
    """Explain one stored post's prediction.

    Contributions of columns are SHAP values of the trees (Lundberg et al., 2020), added up by
    group, and Shapley values of the network's groups. The level of the account counts as
    history; what earlier posts of like content move it by counts as neighbours; where
    everything starts is the group ``start``.

    Parameters
    ----------
    store : Store or path
        The store.
    post : str
        ``source:id``, or ``id`` where that is unique.
    run : str, optional
        Run of the head; the pinned one or the newest by default.
    history : {"online", "frozen"}
        With ``online``, labels since the head was trained count; with ``frozen`` they don't.
    most : int
        Words, and posts for and against, to list.

    Raises
    ------
    InputError
        There is no such post or head, or the post has no time.
    """
    with holding(store) as opened:
        head = load_head(opened, run)
        here = known(opened, head)
        posts = here.material.posts
        row = posts.row_of_key(post)
        text = posts.texts[row]
        words = list(dict.fromkeys(text.split()))[:WORDS]
        material = with_drafts(opened, here.material, _without_each(posts, row, words))
        place = int(material.posts.rows_of([int(posts.post_id[row])])[0])
        drafts = material.posts.rows_of(-1 - np.arange(len(words)))
        for name in head.inputs.images:
            # A post without one of its words still shows its pictures.
            shown = stored_of(material.vectors[name])
            same = np.repeat(shown[[place]], len(words), axis=0)
            material.vectors[name] = Extended(shown, same)
        matrix, seen = matrix_of(head, material, history, np.append(place, drafts), here)
    found = head.model.predict(matrix)
    predicted = float(found.log[0])
    changes = predicted - found.log[1:]
    order = np.argsort(-np.abs(changes), kind="stable")[:most]
    return Explanation(
        _groups(head, matrix, predicted),
        pa.table(
            {
                "word": [words[i] for i in order.tolist()],
                "change": changes[order].round(4),
                "times": np.exp(changes[order]).round(3),
            }
        ),
        _effects(text, here.words, most),
        _votes(head, material.posts, seen, material.likeness, place, most),
        predicted,
        head.run_id,
    )


def _effects(text: str, known: dict[str, Effect], most: int) -> pa.Table:
    """Tabulate the effects of a text's words, without those that did not hold."""
    some = [(word, known[word]) for word in sorted(words_of(text)) if word in known]
    some = sorted(
        ((word, effect) for word, effect in some if effect.holds),
        key=lambda pair: -abs(pair[1].value),
    )[:most]
    numbers = {
        name: pa.array([round(getattr(effect, part), 4) for _, effect in some], pa.float64())
        for name, part in (("effect", "value"), ("low", "low"), ("high", "high"))
    }
    return pa.table(
        {"word": pa.array([word for word, _ in some], pa.string())}
        | numbers
        | {"times": pa.array([round(exp(effect.value), 3) for _, effect in some], pa.float64())}
        | {"posts": pa.array([effect.posts for _, effect in some], pa.int64())}
    )


def _without_each(posts: Posts, row: int, words: list[str]) -> pa.Table:
    """Repeat the post, each time without one of its words."""
    same = posts.table.slice(row, 1)
    table = pa.concat_tables([same] * len(words)) if words else same.slice(0, 0)
    kept = [" ".join(part for part in posts.texts[row].split() if part != word) for word in words]
    index = table.column_names.index("text")
    return table.set_column(index, "text", pa.array(kept, pa.string()))


def _groups(head: Loaded, matrix: Matrix, predicted: float) -> pa.Table:
    """Add up contributions to the first row; what the floor at 0 takes away is a group too."""
    model = head.model
    places = [matrix.names.index(name) for name in model.names]
    values, groups = matrix.values[0, places], [matrix.groups[place] for place in places]
    start = model.design.mean
    sums = {"start": start}
    if model.booster is not None:
        shap = model.shares[0] * gbm.contributions(model.booster, values[None])[0]
        for group, value in zip([*groups, "start"], shap.tolist(), strict=True):
            sums[group] = sums.get(group, 0.0) + value
    if model.network is not None:
        chosen = of_network(model.names)
        looked_at = [groups[place] for place in chosen]
        for group, value in model.network.contributions(values[chosen], looked_at).items():
            sums[group] = sums.get(group, 0.0) + model.shares[1] * value
    base, expected = float(matrix.base[0]), float(matrix.past.expected[0])
    if base == expected:
        sums["history"] = sums.get("history", 0.0) + expected - start
    elif base != start:
        sums["history"] = sums.get("history", 0.0) + expected - start
        sums["neighbours"] = sums.get("neighbours", 0.0) + base - expected
    left = predicted - sum(sums.values())
    if abs(left) > 1e-9:
        sums["floor at 0"] = left
    times = [None if name == "start" else round(exp(value), 3) for name, value in sums.items()]
    return pa.table(
        {
            "group": list(sums),
            "contribution": list(sums.values()),
            "times": pa.array(times, pa.float64()),
        }
    )


def _votes(
    head: Loaded, posts: Posts, seen: View, vectors: PostVectors | None, row: int, most: int
) -> pa.Table:
    """List the earlier posts that speak most for the prediction and against it."""
    learned = head.model.design.kernel
    if learned is None:
        rows, votes = np.empty(0, dtype=np.int64), np.empty(0)
    else:
        rows, votes = kernel.votes(learned, posts, seen, vectors, row)
    order = np.argsort(-votes, kind="stable")
    order = np.concatenate([order[:most], order[most:][-most:]])
    order = order[votes[order] != 0]
    table = posts.table.take(rows[order])
    return pa.table(
        {
            "post_id": table["post_id"],
            "source": table["source"],
            "id": table["id"],
            "created_at": table["created_at"],
            "count": posts.kpi[rows[order]],
            "vote": np.round(votes[order], 4),
            "text": table["text"],
        }
    )
