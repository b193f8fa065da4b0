"""What ranking drafts takes, and what it makes of drafts that are no posts.

python -m benchmarks.drafts [--figure time|unfamiliar]... [--store STORE] [--format json]

`time`: `heads rank` of two drafts and `heads explain` in a process that has just started (all
imports and weights included, and without them) and in one that was asked before; its memory.
`unfamiliar`: of 200 posts later than all that the head has seen, how often gibberish of the same
length, the first three words and the text without its closing link are predicted to do better
than the text itself, how often that is flagged, and how often a real post is flagged wrongly.
Builds a store of the real tweets first; one that is there already is used with --store, which
is copied and stays as it is.
"""

import random
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from benchmarks.common import DATA, report

SPLIT = "2020-01-01"
POSTS = 200
DRAFTS = (
    "Our new phone is here <hyperlink>",
    "Thank you for a great year! What was your favourite moment? <hyperlink>",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@click.command()
@click.option("--figure", "figures", multiple=True, type=click.Choice(["time", "unfamiliar"]))
@click.option("--store", type=click.Path(exists=True, file_okay=False), help="A store to copy.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(figures: tuple[str, ...], store: str | None, form: str) -> None:
    """Measure ranking of drafts on the real tweets."""
    import embedstore
    from heads.likes.fit import fit_likes

    wanted = figures or ("time", "unfamiliar")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        if store is not None:
            shutil.copytree(store, path)
        else:
            embedstore.build(path, [DATA / "adobe" / "train.csv"], models="bundled", images="none")
        fit_likes(path, split=f"time:{SPLIT}")
        if "time" in wanted:
            report("ranking two drafts, explaining a post", _time(path), form)
        if "unfamiliar" in wanted:
            title = f"{POSTS} later posts: how often a maimed text is predicted to do better"
            report(title, _unfamiliar(path), form)


def _time(path: Path) -> list[dict[str, Any]]:
    """Seconds of the first question to a process and of the next ones."""
    import embedstore
    from heads.likes.explain import explain_likes
    from heads.likes.rank import rank_likes

    store = embedstore.open(path)
    with store:
        names = store.sql("SELECT username FROM posts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        keys = store.sql(
            "SELECT source || ':' || id AS key FROM posts ORDER BY created_at DESC LIMIT 1"
        )
        account, key = names["username"][0].as_py(), keys["key"][0].as_py()
        asked: dict[str, Callable[[], Any]] = {
            "rank": lambda: rank_likes(
                store, DRAFTS, username=account, date=datetime(2020, 6, 15, 18)
            ),
            "explain": lambda: explain_likes(store, key),
        }
        # Loading the encoder and the libraries is no part of the computing.
        [space] = [space for space in store.spaces() if space.texts]
        store.embed("once", space=space.space)
        import lightgbm  # noqa: F401

        rows = []
        for name, ask in asked.items():
            seconds = []
            for _ in range(6):
                started = time.perf_counter()
                ask()
                seconds.append(time.perf_counter() - started)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            rows.append(
                {
                    "what": name,
                    "first, s": f"{seconds[0]:.2f}",
                    "next, s (median)": f"{np.median(seconds[1:]):.2f}",
                    "peak GB, with the fit": f"{peak:.2f}",
                }
            )
    return rows


def _unfamiliar(path: Path) -> list[dict[str, Any]]:
    """Compare predictions of real posts with those of maimed ones, all as drafts."""
    import embedstore
    from embedstore.maintenance.remove import remove
    from heads.likes.predict import predict_likes

    store = embedstore.open(path)
    later = store.sql(
        "SELECT id, username, company, created_at, text FROM posts"
        f" WHERE created_at >= '{SPLIT}' AND len(text) > 0 ORDER BY hash(id) LIMIT {POSTS}"
    )
    # The head must not find the drafts among the posts that it knows.
    remove(embedstore.open(path, mode="rw"), f"created_at >= '{SPLIT}'")
    kinds: dict[str, Callable[[str], str]] = {
        "itself": str,
        "gibberish": _gibberish,
        "gibberish, links kept": _gibberish_but_links,
        "first three words": lambda text: " ".join(text.split()[:3]),
        "without closing link": lambda text: re.sub(r"\s*(<hyperlink>|https?://\S+)\s*$", "", text),
    }
    texts = later["text"].to_pylist()
    place = later.column_names.index("text")
    found = {}
    for kind, maim in kinds.items():
        drafts = later.set_column(place, "text", pa.array([maim(text) for text in texts]))
        drafts = drafts.append_column("source", pa.array([kind] * len(texts)))
        rows = predict_likes(embedstore.open(path), drafts)
        found[kind] = (np.array(rows["likes"]), np.array(rows["unlike"].to_pylist(), dtype=object))
    real, warned = found["itself"]
    table = [{"text": "itself", "flagged": f"{np.mean(warned != ''):.3f}"}]
    for kind, (likes, warnings) in found.items():
        changed = np.array([kinds[kind](text) != text for text in texts])
        if kind != "itself":
            better, flagged = likes[changed] > real[changed], warnings[changed] != ""
            table.append(
                {
                    "text": kind,
                    "posts": str(changed.sum()),
                    "predicted better": f"{better.mean():.3f}",
                    "flagged": f"{flagged.mean():.3f}",
                    "better and not flagged": f"{(better & ~flagged).mean():.3f}",
                }
            )
    columns = dict.fromkeys(name for row in table for name in row)
    return [{name: row.get(name, "") for name in columns} for row in table]


def _gibberish(text: str) -> str:
    """Draw letters for letters; spaces and marks stay, links don't."""
    drawn = random.Random(text)
    return "".join(drawn.choice(_LETTERS) if sign.isalpha() else sign for sign in text)


def _gibberish_but_links(text: str) -> str:
    """Draw letters for letters, but in placeholders and links."""
    parts = re.split(r"(<\w+>|https?://\S+)", text)
    return "".join(part if place % 2 else _gibberish(part) for place, part in enumerate(parts))


if __name__ == "__main__":
    main()
