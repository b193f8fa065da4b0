"""Topics beside BERTopic, on the same vectors and posts.

    python -m benchmarks.topics --store STORE [--posts N]... [--size SIZE]...
        [--peer PYTHON] [--least POSTS]... [--limit MINUTES]

Each system is a process of its own, started cold, that reads vectors and texts from files and
writes topics with their words; seconds are those of the whole process, of the work alone, and
of the processor (all cores, imports and compiling included), which other work slows less.
`--peer` is a Python that has bertopic, and `--limit` ends it after so many minutes. It finds a
topic where ten posts lie close, which is its default; `--least` has it ask for more, as its
documentation advises for many posts.

More posts than the store has are made up from the real ones and their neighbours. Vectors are
drawn from manifold Parzen windows (Vincent and Bengio, 2002): around a real post, along the
directions in which its neighbours lie, as far as they lie. A text takes half of the words of the
post and half of those of one such neighbour, so that hardly any text comes twice.

- coherence: mean NPMI of the pairs among a topic's ten words, by posts that have both (Lau et
  al., 2014); once with words chosen in one way for all systems, once with each system's own;
- diversity: share of different words among all topics' words (Dieng et al., 2020), likewise;
- outliers: share of the posts in no topic.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import report, run_measured

SIZES = ("small", "medium", "large")
_WORD = re.compile(r"\w\w+")
_OURS = re.compile(r"#?[^\W\d_][\w'’]*[^\W_]")

NEIGHBOURS = 50
"""Neighbours of a post that tell in which directions the made-up ones around it lie. Posts drawn
with noise in all directions were a topic each: twenty copies lie nearer together than different
posts ever do."""


@click.group(invoke_without_command=True)
@click.option("--store", type=click.Path(exists=True), help="A store with vectors of texts.")
@click.option("--posts", multiple=True, type=int, help="Numbers of posts.  [default: all]")
@click.option(
    "--size", "sizes", multiple=True, type=click.Choice(SIZES), default=SIZES, show_default=True
)
@click.option("--peer", type=click.Path(exists=True), help="A Python that has bertopic.")
@click.option("--limit", type=click.FloatRange(min=0), help="Most minutes of the peer.")
@click.option(
    "--least",
    multiple=True,
    default=(10,),
    show_default=True,
    type=click.IntRange(2),
    help="Fewest posts of a topic of the peer's.",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def main(
    context: click.Context,
    store: str | None,
    posts: tuple[int, ...],
    sizes: tuple[str, ...],
    peer: str | None,
    limit: float | None,
    least: tuple[int, ...],
    form: str,
) -> None:
    """Measure, or run one system (`work`)."""
    if context.invoked_subcommand is not None:
        return
    if store is None:
        raise click.UsageError("name a store: --store tweets.store")
    for count in posts or (0,):
        with tempfile.TemporaryDirectory() as folder:
            total = _export(store, Path(folder), count)
            report(f"{total:,} posts", _compare(Path(folder), sizes, peer, least, limit), form)


def _export(store: str, folder: Path, count: int) -> int:
    """Write vectors, texts and owners of posts for all systems; returns how many."""
    import embedstore
    from embedstore.topics.posts import load_posts

    opened = embedstore.open(store)
    with opened.connection() as connection:
        posts = load_posts(connection, opened.space(texts=True), None, brands=True)
    random = np.random.default_rng(0)
    count = count or len(posts)
    rows = random.choice(len(posts), count, replace=count > len(posts))
    vectors, texts = posts.vectors[rows], [posts.texts[row] for row in rows.tolist()]
    if count > len(posts):
        vectors, other = _around(posts.vectors, rows, random)
        texts = [
            _mixed(text, posts.texts[row], random)
            for text, row in zip(texts, other.tolist(), strict=True)
        ]
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "owner.npy", posts.owner[rows])
    (folder / "texts.json").write_text(json.dumps(texts))
    return len(rows)


def _around(vectors: Any, rows: Any, random: np.random.Generator) -> tuple[Any, Any]:
    """Make up a post around each of these; returns the neighbour in whose direction it lies."""
    import faiss

    from embedstore.arrays import unit

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    _, near = index.search(vectors, NEIGHBOURS + 1)
    made = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
    other = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), 1000):
        some = rows[start : start + 1000]
        around = near[some, 1:]
        draw = random.standard_normal(around.shape, dtype=np.float32)
        apart = vectors[around] - vectors[some][:, None]
        shift = np.einsum("pn,pnd->pd", draw, apart) / np.sqrt(NEIGHBOURS)
        made[start : start + 1000] = vectors[some] + shift
        other[start : start + 1000] = around[np.arange(len(some)), draw.argmax(axis=1)]
    return unit(made), other


def _mixed(text: str, other: str, random: np.random.Generator) -> str:
    """Take each word of two texts with a chance of one half."""
    words = [*text.split(), *other.split()]
    return " ".join(word for word in words if random.random() < 0.5)


def _compare(
    folder: Path,
    sizes: tuple[str, ...],
    peer: str | None,
    least: tuple[int, ...],
    limit: float | None,
) -> list[dict[str, Any]]:
    systems = [(f"embedstore, {size}", sys.executable, ["ours", size]) for size in sizes]
    if peer is not None:
        systems += [
            (f"BERTopic, {each} posts at least", peer, ["bertopic", str(each)]) for each in least
        ]
    rows: list[dict[str, Any]] = []
    judge = _Judge(folder)
    for name, python, arguments in systems:
        ran = run_measured(
            [python, "-m", "benchmarks.topics", "work", *arguments, str(folder)],
            {"PYTHONPATH": str(Path.cwd())},
            60 * limit if limit and python == peer else None,
        )
        if ran.ended:
            rows.append({"system": name, "seconds": f"not finished in {limit:g} minutes"})
            continue
        found = json.loads((folder / "found.json").read_text())
        rows.append(
            {
                "system": name,
                **judge.score(np.array(found["topic"]), found["words"]),
                "seconds": round(ran.seconds, 1),
                "work alone": round(found["seconds"], 1),
                "CPU": round(found["cpu"], 1),
                "peak GB": round(ran.peak, 2),
            }
        )
    return rows


class _Judge:
    """Scores topics by the posts' words."""

    def __init__(self, folder: Path) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        from embedstore.topics.words import vocabulary

        texts = json.loads((folder / "texts.json").read_text())
        owner = np.zeros(len(texts), dtype=np.int64)  # no word counts less
        self.known = vocabulary(texts, owner)
        # A word of any system counts, however it parts words.
        every = CountVectorizer(analyzer=lambda text: {*_OURS.findall(text), *_WORD.findall(text)})
        self.used = every.fit_transform([text.lower() for text in texts]).tocsc()
        self.used.data = self.used.data.astype(np.float64)
        self.place = every.vocabulary_

    def score(self, topic: Any, own: list[list[str]]) -> dict[str, Any]:
        from embedstore.topics.words import topic_words

        same = topic_words(self.known, topic, int(topic.max()) + 1)
        return {
            "topics": int(topic.max()) + 1,
            "coherence": round(self._coherence(same), 3),
            "diversity": round(_diversity(same), 3),
            "own words": round(self._coherence(own), 3),
            "their diversity": round(_diversity(own), 3),
            "outliers": round(float((topic < 0).mean()), 3),
        }

    def _coherence(self, topics: list[list[str]]) -> float:
        found = []
        n = self.used.shape[0]
        for words in topics:
            columns = [self.place[word] for word in words if word in self.place]
            if len(columns) < 2:
                found.append(-1.0)
                continue
            used = self.used[:, columns]
            both = np.asarray((used.T @ used).todense()) / n
            one = np.diag(both)
            upper = np.triu_indices(len(columns), 1)
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.log(both / np.outer(one, one)) / -np.log(both)
            found.append(np.where(both > 0, value, -1)[upper].mean())
        return float(np.mean(found))


def _diversity(topics: list[list[str]]) -> float:
    words = [word for topic in topics for word in topic]
    return len(set(words)) / max(1, len(words))


@main.command()
@click.argument("system", type=click.Choice(["ours", "bertopic"]))
@click.argument("size")
@click.argument("folder", type=click.Path(path_type=Path))
def work(system: str, size: str, folder: Path) -> None:
    """Find topics with one system."""
    vectors = np.load(folder / "vectors.npy")
    texts = json.loads((folder / "texts.json").read_text())
    if system == "bertopic":
        from bertopic import BERTopic
        from sklearn.feature_extraction.text import CountVectorizer

        started = time.perf_counter()
        model = BERTopic(
            vectorizer_model=CountVectorizer(stop_words="english"), min_topic_size=int(size)
        )
        topic, _ = model.fit_transform(texts, embeddings=vectors)
        words = [[word for word, _ in model.get_topic(each)] for each in range(max(topic) + 1)]
        topic = list(map(int, topic))
    else:
        from embedstore.topics.assign import assign
        from embedstore.topics.centring import less_centres
        from embedstore.topics.cluster import cluster
        from embedstore.topics.words import topic_words, vocabulary

        started = time.perf_counter()
        owner = np.load(folder / "owner.npy")
        less = less_centres(vectors, owner)
        centres = cluster(less, size=size).centres  # type: ignore[arg-type]
        found, _ = assign(less, centres)
        words = topic_words(vocabulary(texts, owner), found, len(centres))
        topic = found.tolist()
    seconds = time.perf_counter() - started
    (folder / "found.json").write_text(
        json.dumps({"topic": topic, "words": words, "seconds": seconds, "cpu": time.process_time()})
    )


if __name__ == "__main__":
    main()
