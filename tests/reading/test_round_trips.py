"""A post written as any platform writes it reads back equal: id, time, text, counts and kind."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_files import DAY, MINUTE, WAYS, Post

from embedstore.reading import KINDS, ReadOptions, Rejected, describe, read_posts
from embedstore.reading.platforms import LAYOUTS

COMPARED = ("id", "username", "created_at", "text", "likes", "comments", "shares")


def read(path: Path, **options: Any) -> tuple[list[dict[str, Any]], list[Rejected]]:
    posts: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for batch in read_posts(path, options=ReadOptions(**options)):
        assert batch.problems == []
        posts += batch.posts.to_pylist()
        rejected += batch.rejected
    return posts, rejected


names = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_", min_size=1, max_size=15)
# No semicolon, since that would make entities; no letters of Latin-1 beside typographic marks,
# since these look like UTF-8 that was misread.
texts = (
    st.text("abc dE Ж日本🚨❤️“”’…\n&<>#@:/.,'\"%-", min_size=1, max_size=80)
    .map(str.strip)
    .filter(lambda text: text and "</" not in text and not text.startswith("@"))
)
made = st.builds(
    Post,
    id=st.integers(10**16, 2**62).map(str),
    username=names.filter(lambda name: not name.isdigit() and name not in ("i", "A")),
    created_at=st.datetimes(datetime(2008, 1, 1), datetime(2026, 6, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    text=texts,
    likes=st.integers(0, 10**7),
    comments=st.integers(0, 10**5),
    shares=st.integers(0, 10**5),
    kind=st.sampled_from(KINDS),
)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=15, deadline=None)
@given(st.lists(made, min_size=1, max_size=4, unique_by=lambda post: post.id))
def test_posts_of_any_platform_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, name: str, posts: list[Post]
) -> None:
    way = WAYS[name]
    posts = [post._replace(kind=post.kind if post.kind in way.kinds else "own") for post in posts]
    path = tmp_path_factory.mktemp("posts") / f"a.{way.suffix}"
    path.write_text(way.write(posts), encoding="utf-8", newline="")
    found, rejected = read(path, **way.options)
    assert len(rejected) == way.rejected
    assert len(found) == len(posts)
    for post, got in zip(posts, found, strict=True):
        assert got["platform"] == way.platform
        start = datetime(2000, 1, 1)
        wanted = post._asdict() | {"id": way.as_id(post)}
        wanted["created_at"] = start + (post.created_at - start) // way.unit * way.unit
        for name_ in COMPARED:
            if name_ not in way.lacking:
                assert got[name_] == wanted[name_], name_
        kind = post.kind if post.kind in way.kinds else next(iter(way.kinds), None)
        # A file of nothing but own posts may not say so.
        assert not way.kinds or got["kind"] == kind or (kind == "own" and got["kind"] is None)
        precision = {DAY: "day", MINUTE: "minute"}.get(way.unit, "second")
        assert got["created_precision"] == precision


def test_every_layout_has_a_writer(tmp_path: Path) -> None:
    post = Post("12345678901234567", "made_up", datetime(2021, 5, 4, 3, 2, 1), "text", 1, 2, 3)
    found = set()
    for name, way in WAYS.items():
        path = tmp_path / f"{name}.{way.suffix}"
        path.write_text(way.write([post]), encoding="utf-8", newline="")
        found.add(describe(path, ReadOptions(**way.options)).format.partition(" of ")[2])
    assert found == {layout.name for layout in LAYOUTS}
