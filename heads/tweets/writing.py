"""From conditions to ordered candidates: what generating, choosing and evaluating share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from embedstore.progress import Progress, Step, silent
from embedstore.store import Store
from heads.arrays import Indices
from heads.tweets.data.material import Material, encode
from heads.tweets.data.retrieval import Chain, Retriever
from heads.tweets.models.decoder import Decoder, Sampling, Written
from heads.tweets.rerank import Candidates, Weights, learn_weights, prepare
from heads.tweets.scores import Rarity, cider, rouge_l

TOGETHER = 24
"""Conditions between two reports of progress."""


@dataclass(frozen=True)
class Choice:
    """Settings by which a decoder's candidates are drawn and ordered.

    Attributes
    ----------
    sampling : Sampling
        Settings of the drawing.
    weights : Weights
        Weights of the ordering.
    measured : list of dict
        Settings that were tried on the held-out slice, with their scores; empty if none were.
    """

    sampling: Sampling = field(default_factory=Sampling)
    weights: Weights = field(default_factory=Weights)
    measured: list[dict[str, float]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as a dictionary."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Choice":
        """Read what `to_json` returned."""
        return cls(Sampling(**found["sampling"]), Weights(**found["weights"]), found["measured"])


@dataclass(frozen=True)
class Draft:
    """One condition and its candidates.

    Attributes
    ----------
    chain : Chain
        The post to be written, last, behind its neighbours.
    neighbours : list of str
        Texts of the neighbours.
    candidates : Candidates
        The texts that were written.
    """

    chain: Chain
    neighbours: list[str]
    candidates: Candidates

    @property
    def neighbour_rows(self) -> list[int]:
        """Rows of the neighbours, in the order of time."""
        rows: list[int] = self.chain.rows[~self.chain.target].tolist()
        return rows


def write(
    store: Store,
    decoder: Decoder,
    material: Material,
    retriever: Retriever,
    rows: Indices,
    sampling: Sampling,
    rarity: Rarity,
    *,
    seed: int = 0,
    neighbours: int | None = None,
    progress: Progress = silent,
) -> list[Draft]:
    """Draw and score candidates for rows of the material.

    Each row has a seed of its own, from `seed` and its place. `rarity` is of posts other than
    the rows.
    """
    k = decoder.neighbours if neighbours is None else neighbours
    chains = [retriever.chain(row, k) for row in rows.tolist()]
    written: list[list[Written]] = []
    for start in range(0, len(chains), TOGETHER):
        progress(Step("write", start, len(chains), "posts"))
        some = chains[start : start + TOGETHER]
        seeds = [seed * 1_000_003 + start + place for place in range(len(some))]
        written += decoder.write(material, some, sampling, seeds)
    recent = [retriever.recent(row) for row in rows.tolist()]
    near = [_texts(material, chain.rows[~chain.target].tolist()) for chain in chains]
    candidates = prepare(
        written,
        near,
        [(_texts(material, known), material.vectors[known]) for known in recent],
        lambda texts: encode(store, material.spaces.texts, texts),
        rarity,
    )
    return [Draft(*parts) for parts in zip(chains, near, candidates, strict=True)]


def choose(
    store: Store,
    decoder: Decoder,
    material: Material,
    retriever: Retriever,
    rows: Indices,
    rarity: Rarity,
    *,
    tried: Sequence[Sampling],
    seed: int = 0,
    progress: Progress = silent,
) -> Choice:
    """Choose the drawing and ordering that does best on held-out rows of the training time.

    Weights are learned for each way of drawing. What counts is mean ROUGE-L plus a tenth of mean
    CIDEr, so that each says about as much.
    """
    true = _texts(material, rows.tolist())
    best, measured = Choice(), []
    top = -np.inf
    for sampling in tried:
        drafts = write(store, decoder, material, retriever, rows, sampling, rarity, seed=seed,
                       progress=progress)  # fmt: skip
        weights = learn_weights([draft.candidates for draft in drafts], true, rarity)
        texts = [best_of(draft, weights) for draft in drafts]
        rouge = float(np.mean([rouge_l(*pair) for pair in zip(texts, true, strict=True)]))
        close = float(cider(texts, true).mean())
        row = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        measured.append(row | weights.to_json() | {"rouge_l": rouge, "cider": close})
        if rouge + close / 10 > top:
            top, best = rouge + close / 10, Choice(sampling, weights)
    return Choice(best.sampling, best.weights, measured)


def best_of(draft: Draft, weights: Weights) -> str:
    """Return the text that comes first; empty if none may be shown."""
    place = draft.candidates.order(weights)[0]
    if draft.candidates.refused[place] is not None:
        return ""
    return draft.candidates.written[place].text


def _texts(material: Material, rows: Sequence[int]) -> list[str]:
    """Return the texts of some rows."""
    return [material.texts[row] for row in rows]
