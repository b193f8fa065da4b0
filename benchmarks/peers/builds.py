"""End-to-end builds of real tweets, and of 1% new ones: LanceDB and txtai, the same MiniLM.

A build is one process from a CSV file to a store on disk that can be queried, everything from
importing libraries on included. LanceDB embeds with its own embedding function, txtai with its
own pipeline, both in the model's folder. Of new posts the peers are told which they are; ours
finds them in the whole file.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import Ran, run_measured, spread
from benchmarks.peers.table import Row, row, skipped
from embedstore.encoders.weights import bundled

PEERS = {
    "LanceDB, its own embedding function": "lancedb",
    "txtai, content stored": "txtai",
}
NEW_SHARE = 0.01


def rows(python: Path, posts: list[dict[str, str]], repeats: int) -> Iterator[Row]:
    """One row a peer for a first build, one for a build with few new posts."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        count = len(posts)
        new = max(1, round(NEW_SHARE * count))
        most, few = folder / "most.csv", folder / "new.csv"
        _write(most, posts[:-new])
        _write(few, posts[-new:])
        whole = folder / "whole.csv"
        _write(whole, posts)
        first = f"build of {count:,} tweets"
        later = f"{new:,} new of {count:,} tweets"
        ours: list[tuple[Ran, Ran]] = []
        theirs: dict[str, list[tuple[Ran, Ran]]] = {name: [] for name in PEERS}
        failed: dict[str, str] = {}
        for repeat in range(repeats):
            store = folder / f"ours{repeat}"
            ours.append((_ours(store, most), _ours(store, whole)))
            for name, way in PEERS.items():
                if name in failed:
                    continue
                try:
                    made = folder / f"{way}{repeat}"
                    theirs[name].append(
                        (_peer(python, way, made, most), _peer(python, way, made, few))
                    )
                except RuntimeError as error:
                    failed[name] = str(error).strip().rpartition("\n")[2]
        for name in PEERS:
            if name in failed:
                yield skipped(first, name, failed[name])
                continue
            for at, what in ((0, first.replace(f"{count:,}", f"{count - new:,}")), (1, later)):
                own, peer = [pair[at] for pair in ours], [pair[at] for pair in theirs[name]]
                yield row(
                    what,
                    [ran.seconds for ran in own],
                    name,
                    [ran.seconds for ran in peer],
                    note=f"peak GB: ours {spread([ran.peak for ran in own])},"
                    f" theirs {spread([ran.peak for ran in peer])}",
                )
        yield skipped(
            "build of posts with pictures",
            "clip-retrieval, end to end",
            "its command downloads with img2dataset and indexes with autofaiss, which are not"
            " installed; its inference is in the rows of CLIP, its back end in those of the"
            " service",
        )


def _posts(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(file: Path, posts: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(posts[0]))
        writer.writeheader()
        writer.writerows(posts)


def _ours(store: Path, file: Path) -> Ran:
    program = str(Path(sys.executable).with_name("embedstore"))
    options = ["--models", "bundled", "--images", "none", "--source", "tweets", "--format", "json"]
    return run_measured([program, "build", str(store), str(file), *options])


def _peer(python: Path, way: str, made: Path, file: Path) -> Ran:
    return run_measured([str(python), "-m", "benchmarks.peers.builds", way, str(made), str(file)])


def _folder() -> str:
    return str(bundled.find(bundled.MINILM).parent)


def lancedb(made: Path, posts: list[dict[str, str]]) -> None:
    """A table whose vectors LanceDB's own embedding function makes."""
    import lancedb as lance
    from lancedb.embeddings import get_registry
    from lancedb.pydantic import LanceModel, Vector

    function = get_registry().get("sentence-transformers").create(name=_folder(), device="cpu")

    class Post(LanceModel):  # type: ignore[misc]
        id: str
        username: str
        company: str
        date: str
        likes: int
        text: str = function.SourceField()
        vector: Vector(function.ndims()) = function.VectorField()  # type: ignore[valid-type]

    database = lance.connect(made)
    names = database.list_tables().tables if hasattr(database, "list_tables") else []
    table = (
        database.open_table("posts")
        if "posts" in names
        else database.create_table("posts", schema=Post)
    )
    table.add([_fields(post) for post in posts])
    print(table.count_rows())


def txtai(made: Path, posts: list[dict[str, str]]) -> None:
    """An index with content, whose vectors txtai's own pipeline makes."""
    from txtai import Embeddings

    embeddings = Embeddings({"path": _folder(), "content": True, "gpu": False})
    rows = [(fields["id"], fields, None) for fields in map(_fields, posts)]
    if made.exists():
        embeddings.load(str(made))
        embeddings.upsert(rows)
    else:
        embeddings.index(rows)
    embeddings.save(str(made))
    print(embeddings.count())


def _fields(post: dict[str, str]) -> dict[str, Any]:
    return {
        "id": post["id"],
        "username": post["username"],
        "company": post["inferred company"],
        "date": post["date"],
        "likes": int(post["likes"]),
        "text": post["content"],
    }


if __name__ == "__main__":
    {"lancedb": lancedb, "txtai": txtai}[sys.argv[1]](Path(sys.argv[2]), _posts(Path(sys.argv[3])))
