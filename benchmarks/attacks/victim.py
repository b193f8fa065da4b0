"""The store that is attacked, and what must be true of it after every attack."""

import csv
import hashlib
import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

import embedstore
from embedstore.maintenance.check import check, repair

POSTS = 240
"""Posts of the store before an attack; every second one has a picture of its own."""

COLUMNS = ("id", "date", "likes", "content", "username", "inferred company", "media")


def write_posts(folder: Path, *, first: int = 0, count: int = POSTS, edition: str = "") -> Path:
    """Write a file of posts and their pictures; another edition has other texts and likes."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    file = folder / f"posts{edition}.csv"
    random = np.random.default_rng(7)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for number in range(first, first + count):
            picture = f"images/{number}.jpg" if number % 2 else ""
            if picture and not (folder / picture).exists():
                pixels = np.random.default_rng(number).integers(0, 255, (24, 24, 3), dtype=np.uint8)
                data = io.BytesIO()
                Image.fromarray(pixels).save(data, "JPEG")
                (folder / picture).write_bytes(data.getvalue())
            likes = int(random.integers(0, 500)) + len(edition)
            writer.writerow(
                [number, f"2020-{number % 12 + 1:02}-{number % 28 + 1:02} 09:00:00", likes,
                 f"post {number} about coffee{edition}", f"account{number % 5}", "beans", picture]
            )  # fmt: skip
    return file


def build(store: Path, *files: Path) -> None:
    """Build with the weightless encoder and local pictures."""
    embedstore.build(store, list(files), space=["words=hash"], images="local")


def faults(store: Path) -> list[str]:
    """Say what is wrong with a store: broken promises, files that nothing owns, leftovers."""
    found = [
        f"{finding.broken} × {finding.promise}"
        for finding in check(embedstore.open(store))
        if finding.broken
    ]
    with embedstore.open(store).connection() as connection:
        owned = {
            digest
            for (digest,) in connection.execute(
                "SELECT sha256 FROM contents WHERE kind = 'image'"
            ).fetchall()
        }
        runs = {run for (run,) in connection.execute("SELECT run_id FROM runs").fetchall()}
    known = {"store.duckdb", "store.duckdb.wal", "build.lock", "turnstile.lock"}
    for file in sorted(store.rglob("*")):
        place = file.relative_to(store)
        if file.is_dir():
            continue
        if place.parts[0] == "media" and place.name not in owned:
            found.append(f"a picture that nothing owns: {place}")
        elif place.parts[0] == "runs" and place.parts[1] not in runs:
            found.append(f"a run that is not on record: {place}")
        elif ".new" in place.name or (len(place.parts) == 1 and place.name not in known):
            found.append(f"a file that was left: {place}")
    return found


def mend(store: Path) -> None:
    """Do what a user would do next: the same kind of command again, and a repair if asked for."""
    if any(finding.repairable for finding in check(embedstore.open(store))):
        repair(embedstore.open(store))


def digest(store: Path) -> str:
    """Fingerprint of all posts and vectors, however they are numbered."""
    rows = embedstore.open(store).sql(
        "SELECT source, id, text, likes, username, created_at, vector::VARCHAR AS vector"
        " FROM posts LEFT JOIN vectors ON content_id = text_content_id ORDER BY source, id"
    )
    return hashlib.sha256(str(rows.to_pylist()).encode()).hexdigest()


def copy(store: Path, to: Path) -> Path:
    """A copy of a store to attack."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(store, to)
    return to
