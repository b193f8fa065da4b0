"""Score written posts beside the baselines that they have to beat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from embedstore.progress import Progress, Step, silent
from embedstore.store import Store
from heads import metrics
from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data import splits
from heads.data.posts import load_posts
from heads.stores import StoreLike, as_store
from heads.tweets.control import control
from heads.tweets.data import baselines
from heads.tweets.data.material import Material, encode, gather, pool_of
from heads.tweets.data.retrieval import Chain, Retriever
from heads.tweets.data.words import COPIED, longest_shared, repeats, words
from heads.tweets.fit import hold_out
from heads.tweets.models.causal import CausalDecoder
from heads.tweets.models.decoder import Decoder
from heads.tweets.saved import Loaded, load_decoder
from heads.tweets.scores import Overlap, Rarity, cider, cider_d, distinct, rouge_l, self_bleu
from heads.tweets.writing import best_of, write

EARLIER = 3
"""Posts that an account needs before one of it is scored, where accounts are known."""

PROMPTED = 3
"""Earlier posts in the prompt of a language model that was not fine-tuned."""


@dataclass(frozen=True)
class Evaluation:
    """Result of an evaluation.

    Attributes
    ----------
    scores : pyarrow.Table
        A row for each system and metric: system, metric, value, low, high.
    bits : pyarrow.Table
        Bits per byte of true tweets: of, value, low, high.
    control : pyarrow.Table
        Rank correlation of wanted and judged level: with, value, low, high.
    texts : list of dict
        For each row scored: post_id, company, username, true, written, last.
    decoder, split : str
        Name of the decoder, and the split.
    posts, accounts : int
        Number of posts that were scored, and of their accounts.
    signatures : dict
        Settings of sacrebleu.
    settings : dict
        Settings by which candidates were drawn and ordered.
    """

    scores: pa.Table
    bits: pa.Table
    control: pa.Table
    texts: list[dict[str, Any]]
    decoder: str
    split: str
    posts: int
    accounts: int
    signatures: dict[str, str]
    settings: dict[str, Any]

    def summary(self) -> pa.Table:
        """Tabulate the systems, with the metrics as columns."""
        found: dict[str, dict[str, str]] = {}
        for row in self.scores.to_pylist():
            shown = f"{row['value']:.3g}"
            if row["low"] is not None:
                shown += f" ({row['low']:.3g} to {row['high']:.3g})"
            found.setdefault(row["system"], {})[row["metric"]] = shown
        return pa.Table.from_pylist([{"system": name, **values} for name, values in found.items()])


def evaluate_tweets(
    store: StoreLike,
    *,
    run: str | None = None,
    decoder: str | None = None,
    split: str | None = None,
    limit: int = 300,
    conditions: int = 100,
    seed: int = 0,
    device: str = "auto",
    progress: Progress = silent,
) -> Evaluation:
    """Score a decoder on posts that it has not learned from; nothing is put on record.

    Parameters
    ----------
    store : Store or path
        The store.
    run, decoder : str, optional
        The decoder: a run, or a pretrained model by name; the pinned run or the newest by default.
    split : str, optional
        Of a pretrained model; a run is scored on its own.
    limit : int
        Posts to score, drawn with `seed`; only of accounts with 3 earlier posts, unless whole
        companies are held out.
    conditions : int
        Conditions that the control of the level is measured on; 0 leaves it out.
    seed : int
        Seed of everything drawn.
    device : {"auto", "cpu", "cuda"}
        Device to compute on.
    progress : callable
        Told of every step.

    Raises
    ------
    InputError
        There is no decoder, or nothing to score.
    """
    store = as_store(store)
    loaded = load_decoder(store, run=run, decoder=decoder, device=device)
    posts = load_posts(store)
    named = loaded.split or split or splits.default_split(posts)
    if split is not None and split != named:
        raise InputError(
            f"this decoder was trained under the split {named}: fit one under {split} to score it"
        )
    fold = splits.the_fold(posts, splits.parse_split(named))
    material = gather(store, known=fold.known, captions=loaded.captions)
    retriever = Retriever(material, pool_of(fold), cold=fold.cold)
    rows = drawn(material, fold, limit, seed)
    train, _ = hold_out(np.flatnonzero(fold.train & material.usable))
    systems, near = _systems(store, loaded, material, retriever, rows, train, seed, progress)
    scores = _score_table(store, material, rows, systems, near)
    bits = _bits(loaded.decoder, material, retriever, rows, seed, progress)
    overlap = Overlap(systems["written"], systems["true tweet"])
    controlled = pa.table({"with": pa.array([], pa.string())})
    if conditions:
        chosen = rows[np.linspace(0, len(rows) - 1, min(conditions, len(rows))).round().astype(int)]
        controlled = control(
            store, loaded, material, retriever, chosen, train, seed=seed, progress=progress
        )
    return Evaluation(
        scores,
        bits,
        controlled,
        _texts(material, rows, systems),
        loaded.decoder.title,
        named,
        len(rows),
        len(np.unique(posts.account[rows])),
        overlap.signatures,
        {name: value for name, value in loaded.choice.to_json().items() if name != "measured"},
    )


def drawn(material: Material, fold: splits.Fold, limit: int, seed: int) -> Indices:
    """Draw the rows that are scored, in the order of time."""
    test = np.flatnonzero(fold.test & material.usable)
    if not fold.cold:
        test = test[material.posts.nth[test] > EARLIER]
    if not len(test):
        raise InputError(
            f"no posts can be scored: after the split no account has {EARLIER} earlier posts"
        )
    random = np.random.default_rng(seed)
    return np.sort(random.choice(test, min(limit, len(test)), replace=False))


def _systems(
    store: Store, loaded: Loaded, material: Material, retriever: Retriever, rows: Indices,
    train: Indices, seed: int, progress: Progress,
) -> tuple[dict[str, list[str]], list[list[str]]]:  # fmt: skip
    """Write every row with each system; returns the texts, and the neighbours that were given."""
    decoder, choice = loaded.decoder, loaded.choice
    systems = {"true tweet": [material.texts[row] for row in rows.tolist()]}
    systems |= baselines.copies(material, retriever, rows, train, seed=seed)
    rarity = Rarity([material.texts[row] for row in train.tolist()])
    once = replace(choice.sampling, count=1)
    alone = write(store, decoder, material, retriever, rows, once, rarity, seed=seed, neighbours=0,
                  progress=_named(progress, "without neighbours"))  # fmt: skip
    systems["decoder without neighbours"] = [d.candidates.written[0].text for d in alone]
    drafts = write(store, decoder, material, retriever, rows, choice.sampling, rarity, seed=seed,
                   progress=progress)  # fmt: skip
    systems["first sample, as it came"] = [d.candidates.written[0].text for d in drafts]
    systems["first sample that may be shown"] = [
        next(
            (w.text for w, why in zip(d.candidates.written, d.candidates.refused, strict=True)
             if why is None), "",
        )
        for d in drafts
    ]  # fmt: skip
    systems["written"] = [best_of(draft, choice.weights) for draft in drafts]
    return systems, [draft.neighbours for draft in drafts]


def _texts(
    material: Material, rows: Indices, systems: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """List each scored post's true text, the one written, and the account's last."""
    return [
        {
            "post_id": int(material.posts.post_id[row]),
            "company": material.companies[row],
            "username": material.accounts[row],
            "true": material.texts[row],
            "written": systems["written"][place],
            "last": systems["last tweet of the account"][place],
        }
        for place, row in enumerate(rows.tolist())
    ]


def _score_table(
    store: Store,
    material: Material,
    rows: Indices,
    systems: dict[str, list[str]],
    near: list[list[str]],
) -> pa.Table:
    """Score each system's texts: system, metric, value, low, high."""
    account, true = material.posts.account[rows], systems["true tweet"]
    brands = Brands(material, rows)
    found = []
    for name, texts in systems.items():
        values = _text_scores(store, material, rows, texts, true, near, brands)
        overlap = Overlap(texts, true)

        def statistic(
            some: Indices, values: dict[str, Any] = values, overlap: Overlap = overlap
        ) -> dict[str, float]:
            means = {metric: float(value[some].mean()) for metric, value in values.items()}
            return overlap.of(some) | means

        intervals = metrics.cluster_bootstrap(account, statistic)
        for metric, value in (
            ("distinct-1", distinct(texts, 1)),
            ("distinct-2", distinct(texts, 2)),
            ("self-BLEU", self_bleu(texts)),
        ):
            intervals[metric] = metrics.without_interval(value)
        found += [
            {"system": name, "metric": metric, **metrics.as_row(values)}
            for metric, values in intervals.items()
        ]
    return pa.Table.from_pylist(found)


def _text_scores(
    store: Store,
    material: Material,
    rows: Indices,
    texts: list[str],
    true: list[str],
    near: list[list[str]],
    brands: "Brands",
) -> dict[str, Floats | Indices | Mask]:
    """Score each text of one system by itself; arrays of shape (rows,), by name of the metric."""
    vectors = encode(store, material.spaces.texts, [text or " " for text in texts])
    own = np.nan_to_num(material.vectors[rows])
    shared = np.array([longest_shared(*pair) for pair in zip(texts, near, strict=True)])
    return {
        "ROUGE-L": np.array([rouge_l(*pair) for pair in zip(texts, true, strict=True)]),
        "CIDEr": cider(texts, true),
        "CIDEr-D": cider_d(texts, true),
        "cosine": np.sum(vectors * own, axis=1),
        "company recognised": brands.right(vectors, material.posts.company[rows]),
        f"copies {COPIED} words": shared >= COPIED,
        "longest shared": shared,
        "repeats": np.array([repeats(text) for text in texts]),
        "empty": np.array([not words(text) for text in texts]),
    }


class Brands:
    """Recognise a company from a text: the nearest mean vector of all companies.

    Parameters
    ----------
    material : Material
        The posts.
    rows : array, int64
        Rows that are scored; they are left out of the means.
    """

    def __init__(self, material: Material, rows: Indices) -> None:
        kept = np.isfinite(material.vectors[:, 0])
        kept[rows] = False
        company = material.posts.company
        self.company = np.unique(company[kept])
        place = np.searchsorted(self.company, company[kept])
        total = np.zeros((len(self.company), material.vectors.shape[1]))
        np.add.at(total, place, material.vectors[kept])
        length = np.linalg.norm(total, axis=1, keepdims=True)
        self.centre = total / np.maximum(length, 1e-9)

    def right(self, vectors: Vectors, company: Indices) -> Floats:
        """Return 1 where a text is nearest to its own company, else 0, shape (n,)."""
        nearest = self.company[np.argmax(vectors @ self.centre.T, axis=1)]
        right: Floats = (nearest == company).astype(np.float64)
        return right


def _bits(
    decoder: Decoder, material: Material, retriever: Retriever, rows: Indices, seed: int,
    progress: Progress,
) -> pa.Table:  # fmt: skip
    """Measure bits per byte of the true tweets: with neighbours, without, with another row's."""
    size = np.array([len(material.texts[row].encode()) for row in rows.tolist()], dtype=np.float64)
    chains = [retriever.chain(row, decoder.neighbours) for row in rows.tolist()]
    ways: dict[str, list[Chain]] = {
        "with neighbours": chains,
        "without neighbours": [retriever.chain(row, 0) for row in rows.tolist()],
        "with another row's neighbours": swapped(material, chains, seed),
    }
    bits = {}
    for name, asked in ways.items():
        progress(Step(f"bits {name}", 0, 1))
        bits[name] = decoder.bits(material, asked)

    if isinstance(decoder, CausalDecoder) and decoder.trained:
        plain = CausalDecoder.pretrained(decoder.name, device=decoder.device)
        few = [retriever.chain(row, PROMPTED) for row in rows.tolist()]
        bits[f"not fine-tuned, {PROMPTED} neighbours"] = plain.bits(material, few)

    def rates(some: Indices) -> dict[str, float]:
        total = size[some].sum()
        found = {name: float(values[some].sum() / total) for name, values in bits.items()}
        for name in list(bits)[1:]:
            found[f"gain over {name}"] = found[name] - found["with neighbours"]
        return found

    intervals = metrics.cluster_bootstrap(material.posts.account[rows], rates)
    return pa.Table.from_pylist(
        [{"of": name, **metrics.as_row(values)} for name, values in intervals.items()]
    )


def swapped(material: Material, chains: Sequence[Chain], seed: int) -> list[Chain]:
    """Give each target the neighbours of another account's target."""
    order = np.random.default_rng(seed).permutation(len(chains))
    account = material.posts.account
    found = []
    for place, chain in enumerate(chains):
        target = chain.rows[-1]
        others = (chains[int(k)] for k in np.roll(order, -place))
        donor = next(
            (o for o in others if account[o.rows[-1]] != account[target] and len(o.rows) > 1), chain
        )
        rows = np.append(donor.rows[:-1], target)
        visible = np.zeros((len(rows), len(rows)), dtype=bool)
        visible[-1, :-1] = True
        found.append(Chain(rows, np.arange(len(rows)) == len(rows) - 1, visible))
    return found


def _named(progress: Progress, name: str) -> Callable[[Step], None]:
    """Add a name to the stage of every step."""

    def tell(step: Step) -> None:
        progress(replace(step, stage=f"{step.stage} {name}"))

    return tell
