"""Kinds of faults that files really have, each in several spellings: ids, texts, kinds, metrics."""

import json
from pathlib import Path
from typing import Any

import pytest

from embedstore.reading import ReadOptions, read_posts


def read(path: Path, content: str | bytes, **options: Any) -> list[dict[str, Any]]:
    """Read a file of which every row and field is good."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    posts: list[dict[str, Any]] = []
    for batch in read_posts(path, options=ReadOptions(**options)):
        assert batch.rejected == []
        assert batch.problems == []
        posts += batch.posts.to_pylist()
    return posts


EXACT, ROUNDED = "1700000000000012341", 1700000000000012300


@pytest.mark.parametrize(
    "document",
    [
        {"id": ROUNDED, "id_str": EXACT, "text": "a"},
        {"id": ROUNDED, "idStr": EXACT, "text": "a"},
        {"tweet_id": ROUNDED, "tweet_id_str": EXACT, "text": "a"},
        {"tweet": {"id": float(ROUNDED), "id_str": EXACT, "full_text": "a"}, "user": {"name": "x"}},
        {"data": {"id": ROUNDED, "id_str": EXACT, "text": "a"}},
        {"post_id": ROUNDED, "text": "a", "url": f"https://x.com/a/status/{EXACT}"},
    ],
)
def test_the_exact_text_of_an_id_is_believed_before_its_number(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    (post,) = read(tmp_path / "a.jsonl", json.dumps(document))
    assert post["id"] == EXACT


def test_the_exact_id_of_the_post_that_is_answered_is_believed(tmp_path: Path) -> None:
    document = {
        "id": "5",
        "text": "yes",
        "in_reply_to_status_id": ROUNDED,
        "in_reply_to_status_id_str": EXACT,
    }
    (post,) = read(tmp_path / "a.jsonl", json.dumps(document))
    assert (post["parent_id"], post["kind"]) == (EXACT, "reply")


def test_a_mapped_id_is_taken_as_asked_for(tmp_path: Path) -> None:
    document = {"id": 17, "id_str": "18", "text": "a"}
    (post,) = read(tmp_path / "a.jsonl", json.dumps(document), mapping={"id": "id"})
    assert post["id"] == "17"


@pytest.mark.parametrize(
    "cell", ['="{}"', "'{}", '"""{}"""', "{}.0", '" {} "', '"1,700,000,000,000,012,341"']
)
def test_what_merely_wraps_an_id_is_undone(tmp_path: Path, cell: str) -> None:
    content = f"id,text\n{cell.format(EXACT)},a\n"
    assert [post["id"] for post in read(tmp_path / "a.csv", content)] == [EXACT]


@pytest.mark.parametrize("name", ["full_text", "fullText", "long_text", "extended_text"])
def test_the_longest_of_a_rows_texts_is_taken(tmp_path: Path, name: str) -> None:
    documents = [
        {"id": "1", "text": "short…", name: "short, and then long"},
        {"id": "2", "text": "whole", name: None},
        {"id": "3", "text": None, name: "there alone"},
    ]
    posts = read(tmp_path / "a.jsonl", "\n".join(map(json.dumps, documents)))
    assert [post["text"] for post in posts] == ["short, and then long", "whole", "there alone"]


@pytest.mark.parametrize("yes", ["True", "true", "1", "yes"])
def test_flags_tell_what_a_post_is(tmp_path: Path, yes: str) -> None:
    content = f"id,text,isRetweet,is_reply\n1,a,{yes},\n2,b,False,{yes}\n3,c,False,0\n"
    posts = read(tmp_path / "a.csv", content)
    assert [post["kind"] for post in posts] == ["repost", "reply", "own"]


@pytest.mark.parametrize(
    "document",
    [
        {"stats": {"likes": 3, "comments": 2, "shares": 1}},
        {"metrics": {"likeCount": 3, "replyCount": 2, "retweetCount": 1}},
        {"public_metrics/like_count": 3, "public_metrics/reply_count": 2,
         "public_metrics/retweet_count": 1},
        {"public_metrics_like_count": 3, "public_metrics_reply_count": 2,
         "public_metrics_retweet_count": 1},
        {"public_metrics.like_count": 3, "public_metrics.reply_count": 2,
         "public_metrics.retweet_count": 1},
    ],
)  # fmt: skip
def test_metrics_are_found_wherever_they_are(tmp_path: Path, document: dict[str, Any]) -> None:
    (post,) = read(tmp_path / "a.jsonl", json.dumps({"id": "1", "text": "a"} | document))
    assert [post[name] for name in ("likes", "comments", "shares")] == [3, 2, 1]


@pytest.mark.parametrize("holder", ["attachments", "extended_entities", "data"])
def test_media_are_found_in_what_holds_them(tmp_path: Path, holder: str) -> None:
    picture = {"url": "https://pictures.example/1.jpg", "type": "photo"}
    document = {"id": "1", "text": "a", holder: {"media": [picture]}}
    (post,) = read(tmp_path / "a.jsonl", json.dumps(document))
    assert json.loads(post["media_raw"]) == [picture]


def test_a_tweet_as_xs_own_pages_load_it_is_read(tmp_path: Path) -> None:
    legacy = {
        "full_text": "cut…",
        "created_at": "Mon Jun 01 09:00:00 +0000 2020",
        "favorite_count": 4,
        "in_reply_to_status_id_str": "9",
    }
    account = {"legacy": {"screen_name": "made_up", "followers_count": 7}}
    result = {
        "rest_id": EXACT,
        "legacy": legacy,
        "core": {"user_results": {"result": account}},
        "note_tweet": {"note_tweet_results": {"result": {"text": "cut no longer"}}},
        "views": {"count": "70"},
    }
    (post,) = read(tmp_path / "a.json", json.dumps([result]))
    found = [post[name] for name in ("id", "username", "text", "likes", "views", "kind")]
    assert found == [EXACT, "made_up", "cut no longer", 4, 70, "reply"]
