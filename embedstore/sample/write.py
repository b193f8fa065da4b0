"""The files of a sample, written beside their place and then moved into it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedstore.errors import InputError
from embedstore.sample.pictures import draw_picture
from embedstore.sample.posts import World
from embedstore.sample.rows import COLUMNS, Ledger, make_rows
from embedstore.sample.scenes import SCENES
from embedstore.sample.truth import MARK, dump, truth_of

MIN_POSTS, MAX_POSTS = 50, 1_000_000
_POSTS_PER_PICTURE = 8
_PICTURES_PER_SCENE = (2, 14)


@dataclass(frozen=True)
class Sample:
    """What was written, and where.

    Attributes
    ----------
    directory : Path
        The sample's directory.
    posts, accounts, truth : Path
        ``posts.csv``, ``accounts.csv`` and ``truth.json`` in it.
    images : Path
        The directory of the pictures.
    post_count, row_count, picture_count : int
        Posts that can be used; rows of ``posts.csv``, which has broken and repeated ones, too;
        pictures drawn.
    """

    directory: Path
    posts: Path
    accounts: Path
    truth: Path
    images: Path
    post_count: int
    row_count: int
    picture_count: int


def write_sample(
    directory: Path,
    *,
    posts: int = 3000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Sample:
    """Write a made-up corpus of company posts whose likes follow known effects.

    The files are those of the behaviour-simulation challenge: ``posts.csv``, ``accounts.csv``
    and ``images/``, with some dead links, broken rows and duplicates. ``truth.json`` holds what
    was planted. The same arguments give the same files.

    Parameters
    ----------
    directory : Path
        Where to write. It is made if need be; an earlier sample in it is replaced, and other
        files beside that are left alone.
    posts : int
        Posts that can be used, from 50 to 1,000,000.
    seed : int
        Seed of everything random, 0 or more.
    progress : callable, optional
        Told now and then, in words, how far the work is.

    Raises
    ------
    InputError
        If ``posts`` or ``seed`` is out of range, or the directory holds something else.
    """
    if not MIN_POSTS <= posts <= MAX_POSTS:
        raise InputError(
            f"a sample of {posts:,} posts can't be made: ask for {MIN_POSTS} to {MAX_POSTS:,}"
        )
    if seed < 0:
        raise InputError(f"the seed {seed} is negative: give 0 or more")
    directory = Path(directory)
    old_pictures = _check_place(directory)
    say = progress or (lambda _: None)
    beside = directory.absolute().parent / f".{directory.absolute().name}.partial"
    shutil.rmtree(beside, ignore_errors=True)
    try:
        (beside / "images").mkdir(parents=True)
        ledger, drawn = _write_all(beside, posts, seed, say)
        _move(beside, directory, old_pictures)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Sample(
        directory=directory,
        posts=directory / "posts.csv",
        accounts=directory / "accounts.csv",
        truth=directory / "truth.json",
        images=directory / "images",
        post_count=posts,
        row_count=ledger.rows,
        picture_count=drawn,
    )


def _check_place(directory: Path) -> list[str]:
    """Return the pictures of the sample that is there already; refuse what isn't a sample."""
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory} is a file: name a directory for the sample")
    if not directory.exists() or not any(directory.iterdir()):
        return []
    try:
        found = json.loads((directory / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("made_by") != MARK:
        raise InputError(
            f"{directory} isn't empty and holds no earlier sample: name a new or an empty directory"
        )
    return [Path(name).name for name in found["pictures"]]


def _move(beside: Path, directory: Path, old_pictures: list[str]) -> None:
    """Put the finished files in their place, ``truth.json`` last."""
    if not directory.exists():
        beside.replace(directory)
        return
    images = directory / "images"
    images.mkdir(exist_ok=True)
    new = sorted(path.name for path in (beside / "images").iterdir())
    for name in new:
        (beside / "images" / name).replace(images / name)
    for name in sorted(set(old_pictures) - set(new)):
        (images / name).unlink(missing_ok=True)
    for name in ("accounts.csv", "posts.csv", "truth.json"):
        (beside / name).replace(directory / name)


def _write_all(
    place: Path, posts: int, seed: int, say: Callable[[str], None]
) -> tuple[Ledger, int]:
    fewest, most = _PICTURES_PER_SCENE
    per_scene = min(max(fewest, round(posts / _POSTS_PER_PICTURE / len(SCENES))), most)
    world, ledger = World(seed, per_scene), Ledger()
    with (place / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(make_rows(world, posts, seed, ledger, say))
    with (place / "accounts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("username", "followers"))
        writer.writerows((account.username, account.followers) for account in world.accounts)
    pictures = sorted(world.used, key=lambda picture: picture.number)
    for done, picture in enumerate(pictures, start=1):
        (place / "images" / f"{picture.name}.jpg").write_bytes(draw_picture(picture, seed))
        if done % 100 == 0 or done == len(pictures):
            say(f"drew {done} of {len(pictures)} pictures")
    truth = truth_of(world, ledger, pictures, posts, seed)
    (place / "truth.json").write_bytes(dump(truth).encode())
    return ledger, len(pictures)
