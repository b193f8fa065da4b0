"""Test whether asking for more likes brings texts that are judged to get more."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from embedstore.progress import Progress, silent, told
from embedstore.store import Store
from heads import metrics
from heads.arrays import Floats, Indices
from heads.tweets.data.material import Material, encode
from heads.tweets.data.retrieval import Retriever
from heads.tweets.data.words import words
from heads.tweets.models import judge
from heads.tweets.models.decoder import EMPHASIS
from heads.tweets.saved import Loaded

WANTED = (0, 2, 4, 7, 9)
"""Relative levels of likes that each condition is written at."""

CANDIDATES = 8
"""Texts that are drawn for each condition and level."""


def control(
    store: Store,
    loaded: Loaded,
    material: Material,
    retriever: Retriever,
    rows: Indices,
    train: Indices,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> pa.Table:
    """Correlate the wanted level of likes with the judged one, by ranks.

    One judge, trained on half of the accounts, chooses the candidate nearest to the wanted
    level (it is the one that taught the decoder what levels read like); another, trained on the
    other half, says what level the choice has. Levels have the emphasis that `heads generate`
    gives them where likes are asked for. Each condition is compared with itself at other levels:
    the correlation is taken within conditions, of ranks centred in each.

    Returns
    -------
    pyarrow.Table
        with (``decoder alone``, ``reranked``), value, low, high; and how the judges agree on
        the candidates of a condition, which is what limits the others.
    """
    chooser, other = judge.two_judges(material, train)
    usual = np.array([_usual(chooser, material, retriever, row) for row in rows.tolist()])
    sampling = replace(loaded.choice.sampling, count=CANDIDATES, emphasis=EMPHASIS)
    alone = np.zeros((len(rows), len(WANTED)))
    chosen = np.zeros_like(alone)
    both: list[tuple[Floats, Floats]] = []
    for column, level in enumerate(told(progress, "control", WANTED, "levels")):
        asked = material.level.copy()
        asked[rows] = level
        chains = [retriever.chain(row, loaded.decoder.neighbours) for row in rows.tolist()]
        seeds = [seed * 1_000_003 + 7919 * (column + 1) + place for place in range(len(rows))]
        wanting = replace(material, level=asked)
        written = loaded.decoder.write(wanting, chains, sampling, seeds)
        texts = [item.text for items in written for item in items]
        vectors = encode(store, material.spaces.texts, [text or " " for text in texts])
        mine, judged = (
            one.predict(texts, vectors).reshape(len(rows), CANDIDATES) for one in (chooser, other)
        )
        gap = np.abs(chooser.level(mine, usual[:, None]) - (level + 0.5))
        bad = np.array([[not words(item.text) for item in items] for items in written])
        best = np.argmin(np.where(bad, np.inf, gap), axis=1)
        alone[:, column] = judged[:, 0]
        chosen[:, column] = judged[np.arange(len(rows)), best]
        both.append((mine, judged))
    account = material.posts.account[rows]

    def correlations(some: Indices) -> dict[str, float]:
        wanted = np.tile(np.array(WANTED, dtype=np.float64), len(some))
        return {
            name: metrics.spearman(wanted, _ranked(levels[some]).ravel())
            for name, levels in (("decoder alone", alone), ("reranked", chosen))
        }

    found = metrics.cluster_bootstrap(account, correlations)
    table = [{"with": name, **metrics.as_row(values)} for name, values in found.items()]
    mine, judged = (np.concatenate(parts, axis=1) for parts in zip(*both, strict=True))
    agree = metrics.spearman(*(_ranked(values).ravel() for values in (mine, judged)))
    agreement = metrics.as_row(metrics.without_interval(agree))
    table.append({"with": "agreement of the judges", **agreement})
    return pa.Table.from_pylist(table)


def _usual(one: judge.Judge, material: Material, retriever: Retriever, row: int) -> float:
    """Predict the account's recent posts with a judge; returns the mean."""
    recent = retriever.recent(row)
    if not recent:
        return 0.0
    texts = [material.texts[other] for other in recent]
    return float(one.predict(texts, material.vectors[recent]).mean())


def _ranked(levels: Floats) -> Floats:
    """Rank the values within each row."""
    return np.stack([metrics.ranks(row) for row in levels])
