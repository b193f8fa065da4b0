"""Kinds of faults that files really have, each in several spellings: ids, texts, kinds, metrics."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from embedstore.errors import ColumnsError
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


def test_a_table_with_dates_links_and_likes_is_not_taken_for_tiktoks(tmp_path: Path) -> None:
    link = "https://www.instagram.com/p/AbC123/"
    content = f"Date,Channel,Post,Likes,Link\n2024-05-01 10:00,Instagram,hello,3,{link}\n"
    (post,) = read(tmp_path / "a.csv", content)
    assert (post["platform"], post["id"], post["text"]) == ("instagram", "AbC123", "hello")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffsep=;\nid;text;likes\n1;a,b;3\n",
        'sep=;\r\n\r\nid;text;likes\r\n1;"a,b";3\r\n',
        '"sep=,"\nid,text,likes\n1,"a,b",3\n',
        "sep=\t\nid\ttext\tlikes\n1\ta,b\t3\n",
        "SEP=|\nid|text|likes\n1|a,b|3\n".encode("utf-16"),
        # Another program wrote what is below the line.
        "sep=|\nid;text;likes\n1;a,b;3\n",
    ],
)
def test_excels_line_of_a_separator_is_no_header(tmp_path: Path, content: str | bytes) -> None:
    (post,) = read(tmp_path / "a.csv", content)
    assert (post["id"], post["text"], post["likes"]) == ("1", "a,b", 3)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Привет, мир"),
        ("shift_jis", "こんにちは"),
        ("gb18030", "你好世界"),
        ("euc-kr", "안녕하세요"),
        ("iso-8859-2", "Zażółć gęślą"),
        ("mac-roman", "Café"),
        ("utf-16", "é"),
    ],
)
def test_a_file_in_an_encoding_that_is_named_is_read(
    tmp_path: Path, encoding: str, text: str
) -> None:
    content = f'id,text\n1,"{text}"\n'.encode(encoding)
    said = None if encoding == "utf-16" else encoding
    assert [post["text"] for post in read(tmp_path / "a.csv", content, encoding=said)] == [text]


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["407.137", "144.000", "12"], [407_137, 144_000, 12]),
        (["1.234,00", "144.000,00", "12,00"], [1_234, 144_000, 12]),
        (["1,234.00", "144,000.00", "12.00"], [1_234, 144_000, 12]),
        (["1,23,456", "12,34,567", "12"], [123_456, 1_234_567, 12]),
        (["1\u00a0234", "144\u202f000", "12"], [1_234, 144_000, 12]),
        (["1'234", "144’000", "12"], [1_234, 144_000, 12]),
        (["1,2 Tsd.", "1,5 Mio.", "3 Mrd."], [1_200, 1_500_000, 3_000_000_000]),
        (["1,2 тыс.", "3 млн", "7"], [1_200, 3_000_000, 7]),
        (["1.2万", "3億", "5천"], [12_000, 300_000_000, 5_000]),
        (["1.2 lakh", "3 crore", "1,234 likes"], [120_000, 30_000_000, 1_234]),
        (["-", "hidden", "n/a"], [None, None, None]),
    ],
)
def test_counts_are_read_as_their_column_writes_them(
    tmp_path: Path, cells: list[str], wanted: list[int | None]
) -> None:
    rows = "".join(f"{number};t;{cell}\n" for number, cell in enumerate(cells))
    posts = read(tmp_path / "a.csv", f"id;text;likes\n{rows}")
    assert [post["likes"] for post in posts] == wanted


@pytest.mark.parametrize(
    "written",
    [
        "14. Juli 2026, 18:30 Uhr", "14 juillet 2026 à 18:30", "14 de julho de 2026 18:30",
        "14 luglio 2026 18:30", "14 июля 2026 г. 18:30", "2026年7月14日 18:30",
        "2026. 7. 14. 오후 6:30", "July 14th, 2026 6:30 PM", "14-Jul-26 06:30 PM",
        "18:30 · 14 Jul 2026", "14/07/2026 18.30", "14 juli 2026 kl. 18.30",
        "2026-07-14 20:30 Europe/Berlin", "2026-07-14 11:30 PT", "2026-07-14 20:30 UTC+2",
    ],
)  # fmt: skip
def test_times_of_many_locales_are_read(tmp_path: Path, written: str) -> None:
    (post,) = read(tmp_path / "a.csv", f"id;text;created_at\n1;a;{written}\n")
    assert post["created_at"] == datetime(2026, 7, 14, 18, 30)


def test_names_instead_of_a_header_bring_up_the_option(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match="--no-header --columns id,text"):
        read(tmp_path / "a.csv", "1,hello world,3\n2,hello you,4\n")


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
