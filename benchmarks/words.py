"""Words beside vectors: known-item queries on the real tweets, and the time of a query.

    python -m benchmarks.words [STORE] [--queries 500] [--words 2] [--format json]

A query is the rarest words of a post, in random order; it is answered if the post is among the
first ten. The store holds `train.csv` with MiniLM's vectors; without STORE it is built first.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

import embedstore
from benchmarks.common import DATA, report

MODES = ("vectors", "words", "hybrid")
K = 10


@click.command()
@click.argument("store", required=False)
@click.option("--queries", default=500, show_default=True)
@click.option("--words", default=2, show_default=True, help="Rare words of a query.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(store: str | None, queries: int, words: int, form: str) -> None:
    """Measure recall@10 (of words at least 0.95, of vectors under 0.8) and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        if store is None:
            store = f"{folder}/store"
            embedstore.build(
                store, [Path(DATA, "adobe", "train.csv")], models="bundled", images="none"
            )
        with embedstore.open(store) as opened:
            asked = known_items(opened, queries, words)
            rows = [measure(opened, asked, mode) for mode in MODES]
    report(f"known items by their {words} rarest words, {len(asked)} queries", rows, form)


def known_items(store: embedstore.Store, queries: int, words: int) -> list[tuple[int, str]]:
    """Draw posts, each with its rarest words: text's content and query."""
    rows = store.sql(
        "WITH rarity AS (SELECT word, count(*) AS texts FROM words"
        " WHERE word NOT SIMILAR TO '[#@].*' AND length(word) > 2 GROUP BY word)"
        " SELECT content_id, list(word ORDER BY texts, word) AS words"
        " FROM words JOIN rarity USING (word) GROUP BY content_id HAVING len(words) >= ?"
        " ORDER BY content_id",
        [words],
    ).to_pylist()
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(rows), min(queries, len(rows)), replace=False)
    return [
        (rows[row]["content_id"], " ".join(rng.permutation(rows[row]["words"][:words])))
        for row in chosen.tolist()
    ]


def measure(store: embedstore.Store, asked: list[tuple[int, str]], mode: str) -> dict[str, Any]:
    """Ask all queries in one mode."""
    content_of = dict(
        zip(*store.sql("SELECT post_id, text_content_id FROM posts").columns, strict=True)
    )
    content_of = {post.as_py(): content.as_py() for post, content in content_of.items()}
    hits, seconds = [], []
    for content, query in asked:
        arguments: dict[str, str] = {}
        if mode != "words":
            arguments["text"] = query
        if mode != "vectors":
            arguments["words"] = query
        started = time.perf_counter()
        found = store.similar(**arguments, k=K, distinct=True)  # type: ignore[arg-type]
        seconds.append(time.perf_counter() - started)
        hits.append(content in [content_of[post] for post in found["post_id"].to_pylist()])
    return {
        "mode": mode,
        "recall@10": sum(hits) / len(hits),
        "median ms": 1000 * statistics.median(seconds),
        "slowest ms": 1000 * max(seconds),
    }


if __name__ == "__main__":
    main()
