"""Files of posts to Arrow batches."""

import csv
import gzip
import json
import os
import re
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedstore.errors import ColumnsError, EmbedstoreError
from embedstore.reading import (
    BATCH_SCHEMA,
    ReadOptions,
    Rejected,
    describe,
    read_posts,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}")


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    path: Path, source: str | None = None, **options: Any
) -> tuple[list[dict[str, Any]], list[Rejected]]:
    posts: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    fraction = 0.0
    for batch in read_posts(path, source=source, options=ReadOptions(**options)):
        assert batch.posts.schema.equals(BATCH_SCHEMA)
        batch.posts.validate(full=True)
        assert fraction <= batch.fraction <= 1.0
        fraction = batch.fraction
        posts += batch.posts.to_pylist()
        rejected += batch.rejected
    return posts, rejected


def test_a_row_becomes_a_post_with_everything_kept(tmp_path: Path) -> None:
    header = "id,date,likes,content,username,media,inferred company,replies,lang,mood,geo\n"
    row = (
        "7,2018-06-30 10:04:20,41,\"watch\nthis, \",IndyMusic,[Photo('u')],independent,3,en,glad,\n"
    )
    posts, rejected = read(write(tmp_path / "a.csv", header + row))
    assert rejected == []
    assert posts == [
        {
            **dict.fromkeys(BATCH_SCHEMA.names),
            "source": "a",
            "id": "7",
            "username": "IndyMusic",
            "company": "independent",
            "created_at": datetime(2018, 6, 30, 10, 4, 20),
            "created_precision": "second",
            "text": "watch\nthis, ",
            "lang": "en",
            "media_raw": "[Photo('u')]",
            "likes": 41,
            "comments": 3,
            "extra": '{"mood": "glad"}',
            "line": 2,
            "raw": row.rstrip("\n"),
        }
    ]


def test_every_format_gives_the_same_post(tmp_path: Path) -> None:
    record = {"id": "1", "date": "2018-06-30 10:04:20", "text": "hé", "likes": 5, "lang": "fr"}
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, record)
        writer.writeheader()
        writer.writerow(record)
    write(tmp_path / "a.tsv", "\t".join(record) + "\n" + "\t".join(map(str, record.values())))
    write(tmp_path / "a.jsonl", json.dumps(record))
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "a.parquet")
    write(tmp_path / "a.csv.gz", gzip.compress((tmp_path / "a.csv").read_bytes()))
    results = []
    for path in sorted(tmp_path.iterdir()):
        (post,), rejected = read(path)
        assert rejected == []
        results.append({name: post[name] for name in post if name not in ("raw", "line")})
    assert len(results) == 5
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2018-06-30,1,hello", "no id"),
        ("None,2018-06-30,1,hello", "no id"),
        ("1,2018-06-30,,", "neither text nor media"),
        ("1,2018-06-30,, ", "neither text nor media"),
        ("1,2018-06-30,1", "3 columns where the header has 4"),
        ("1.5E+18,2018-06-30,1,hello", 'id: "1.5E+18" is a rounded number'),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_and_the_rest_is_read(
    tmp_path: Path, row: str, reason: str
) -> None:
    path = write(tmp_path / "a.csv", f"id,date,likes,text\n0,,,first\n{row}\n9,,,last\n")
    posts, (rejected,) = read(path, source="mine")
    assert [post["id"] for post in posts] == ["0", "9"]
    assert rejected.reason.startswith(reason)
    assert (rejected.source, rejected.file, rejected.line) == ("mine", str(path), 3)
    assert rejected.raw == row


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("1,soon,1,hello", "created_at", '"soon" is not a date that can be read'),
        ("1,2018-06-30,-5,hello", "likes", '"-5" is not a whole number of 0 or more'),
        ("1,2018-06-30,lots,hello", "likes", '"lots" is not a whole number of 0 or more'),
        ("1,2018-06-30,10+,hello", "likes", '"10+" is not a whole number of 0 or more'),
    ],
)
def test_a_field_that_cannot_be_read_costs_that_field_alone(
    tmp_path: Path, row: str, field: str, reason: str
) -> None:
    path = write(tmp_path / "a.csv", f"id,date,likes,text\n0,,,first\n{row}\n9,,,last\n")
    (batch,) = read_posts(path, source="mine")
    post = batch.posts.to_pylist()[1]
    assert (post["id"], post["text"], post[field]) == ("1", "hello", None)
    assert batch.rejected == []
    (problem,) = batch.problems
    assert problem.reason.startswith(reason)
    assert (problem.source, problem.file, problem.line) == ("mine", str(path), 3)
    assert (problem.field, problem.raw) == (field, row)


def test_counts_of_a_known_post_need_no_text(tmp_path: Path) -> None:
    posts, rejected = read(write(tmp_path / "a.csv", "id,text,likes\n1,,5\n2,,\n"))
    assert [(post["id"], post["text"], post["likes"]) for post in posts] == [("1", None, 5)]
    assert [row.reason for row in rejected] == ["neither text nor media"]
    posts, _ = read(write(tmp_path / "b.csv", "id,likes,reach\n1,5,9\n"))
    assert [(post["id"], post["reach"]) for post in posts] == [("1", 9)]


def test_what_is_missing_is_null_not_zero(tmp_path: Path) -> None:
    (post,), _ = read(write(tmp_path / "a.csv", "id,text,date,likes,views\n1,a,,nan,\n"))
    assert [post[name] for name in ("created_at", "likes", "views", "extra")] == [None] * 4


def test_media_without_text_is_a_post(tmp_path: Path) -> None:
    (post,), _ = read(write(tmp_path / "a.csv", "id,text,media\n1,,u.jpg\n"))
    assert (post["text"], post["media_raw"]) == (None, "u.jpg")


def test_nested_json_is_kept_as_json_and_an_account_keeps_its_name(tmp_path: Path) -> None:
    line = {
        "id": 1234567890123456789,
        "created_at": "Fri Nov 04 05:57:45 +0000 2016",
        "full_text": "cut \ud83d",
        "user": {"screen_name": "cnni", "followers_count": 7},
        "media": [{"url": "u"}],
        "geo": {"lat": float("nan")},
        "lang": None,
    }
    (post,), _ = read(write(tmp_path / "a.jsonl", json.dumps(line)))
    assert post["id"] == "1234567890123456789"
    assert post["created_at"] == datetime(2016, 11, 4, 5, 57, 45)
    assert post["text"] == "cut \ufffd"
    assert post["username"] == "cnni"
    assert post["media_raw"] == '[{"url": "u"}]'
    assert json.loads(post["extra"]) == {
        "user": {"screen_name": "cnni", "followers_count": 7},
        "geo": {"lat": None},
    }


def test_keys_that_come_late_in_json_lines_are_kept(tmp_path: Path) -> None:
    lines = [json.dumps({"id": number, "text": "a"}) for number in range(1500)]
    lines.append(json.dumps({"id": 1500, "text": "a", "likes": 3, "lang": "de"}))
    posts, _ = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert posts[-1]["likes"] is None
    assert json.loads(posts[-1]["extra"]) == {"likes": 3, "lang": "de"}


def test_of_two_columns_for_a_field_the_other_is_kept_as_extra(tmp_path: Path) -> None:
    (post,), _ = read(write(tmp_path / "a.csv", "id,text,content\n1,a,b\n"))
    assert post["text"] == "a"
    assert json.loads(post["extra"]) == {"content": "b"}


def test_a_mapping_names_columns_that_are_not_recognised(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "key,body\n1,a\n")
    (post,), _ = read(path, mapping={"text": "body", "id": "key"})
    assert (post["id"], post["text"]) == ("1", "a")
    options = ReadOptions(mapping={"text": "body", "id": "key"})
    assert describe(path, options).fields == {"id": "key", "text": "body"}


def test_no_text_column_is_an_error_that_lists_the_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,blurb\n1,a\n")
    with pytest.raises(ColumnsError, match=r'"id", "blurb".*--map text=COLUMN'):
        list(read_posts(path))
    with pytest.raises(ColumnsError, match=r"--map text=COLUMN"):
        describe(path)


def test_a_header_without_rows_gives_no_batches(tmp_path: Path) -> None:
    assert list(read_posts(write(tmp_path / "a.csv", "id,text\n"))) == []
    pq.write_table(
        pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}),
        tmp_path / "a.parquet",
    )
    assert list(read_posts(tmp_path / "a.parquet")) == []


def test_batches_have_the_rows_asked_for_and_keep_the_order(tmp_path: Path) -> None:
    lines = "".join(f"{number},{'a' if number % 3 else ''}\n" for number in range(1, 101))
    batches = list(read_posts(write(tmp_path / "a.csv", f"id,text\n{lines}"), batch_rows=30))
    sizes = [batch.posts.num_rows + len(batch.rejected) for batch in batches]
    assert sizes == [30, 30, 30, 10]
    assert batches[-1].fraction == 1.0
    ids = [identity for batch in batches for identity in batch.posts["id"].to_pylist()]
    assert ids == [str(number) for number in range(1, 101) if number % 3]


def test_batches_of_huge_rows_end_early(tmp_path: Path) -> None:
    lines = "".join(f"{number},{'x' * 1_000_000}\n" for number in range(40))
    batches = read_posts(write(tmp_path / "a.csv", f"id,text\n{lines}"))
    assert [batch.posts.num_rows for batch in batches] == [34, 6]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 12_000):
        path = tmp_path / f"{count}.csv.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            file.write("id,text\n")
            file.writelines(f"{number},{'word ' * 40}\n" for number in range(count))
        tracemalloc.start()
        for _ in read_posts(path, batch_rows=500):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_file_whose_name_is_no_unicode_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    try:
        write(path, "id,text\n1,a\n2,\n")
    except OSError:
        pytest.skip("this file system has Unicode names only")
    (post,), (rejected,) = read(path)
    assert post["source"] == "caf\ufffd"
    rejected.file.encode()


texts = st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip)
awkward = st.lists(
    st.sampled_from(['"', "'", ",", ";", "\t", "\n", "\r\n", "🚨", "שלום", "مرحبا", "a", "\\"]),
    min_size=1,
).map("".join)


@given(st.lists(texts | awkward.filter(str.strip), min_size=1, max_size=10))
def test_texts_survive_csv_whatever_they_hold(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str]
) -> None:
    path = tmp_path_factory.mktemp("posts") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "text", "note"])
        writer.writerows([number, "2018-06-30", text, text] for number, text in enumerate(contents))
    posts, rejected = read(path)
    assert rejected == []
    # The clean text is another where entities or mojibake came in.
    assert [post["text_raw"] or post["text"] for post in posts] == contents
    assert [json.loads(post["extra"])["note"] for post in posts] == contents


pieces = st.lists(
    st.binary(max_size=8)
    | st.sampled_from([b"\n", b"\r", b",", b'"', b"'", b"\\", b"1", b"\xff", b"id,text\n", b"\0"]),
    max_size=40,
).map(b"".join)


LINE_END = re.compile(r"\r\n|\r|\n")


@settings(max_examples=200)
@given(pieces, st.booleans(), st.sampled_from([None, "utf-8", "utf-16", "latin-1", "shift_jis"]))
def test_any_bytes_as_csv_are_read_rejected_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, headed: bool, encoding: str | None
) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.csv"
    write(path, b"id,text\n" + junk if headed else junk)
    try:
        posts, rejected = read(path, encoding=encoding)
    except EmbedstoreError:
        return
    if not headed or encoding in ("utf-16", "shift_jis"):
        return
    covered: list[int] = []
    for line, raw in [(post["line"], post["raw"]) for post in posts] + [
        (row.line, row.raw) for row in rejected
    ]:
        covered += range(line, line + len(LINE_END.split(raw)))
    assert len(covered) == len(set(covered))
    lines = LINE_END.split(junk.decode(encoding or "utf-8", "backslashreplace"))
    filled = {n for n, line in enumerate(lines, 2) if line.strip().strip(",;|\"'\\\t ").strip()}
    assert filled <= set(covered)


objects = st.dictionaries(
    st.sampled_from(["id", "text", "likes", "date", "media", "user", "x"]) | st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=3,
    ),
    max_size=5,
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=60)
@given(
    st.lists(
        objects | st.binary(max_size=20).map(lambda junk: junk.replace(b"\n", b"")), max_size=8
    )
)
def test_every_line_of_json_lines_is_a_post_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.jsonl"
    write(path, b'{"id": "0", "text": "a"}\n' + b"\n".join(lines))
    posts, rejected = read(path)
    filled = [n for n, line in enumerate(lines, 2) if line.decode("utf-8", "replace").strip()]
    seen = sorted([post["line"] for post in posts] + [row.line for row in rejected])
    assert seen == [1, *filled]


@needs_data
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("train.csv", 14_275),
        ("behaviour_simulation_test_company.xlsx", 10_000),
        ("behaviour_simulation_test_time.xlsx", 10_000),
    ],
)
def test_the_challenges_own_files_are_read_without_loss(name: str, count: int) -> None:
    posts, rejected = read(DATA / "adobe" / name)
    assert rejected == []
    assert len(posts) == len({post["id"] for post in posts}) == count
    for post in posts:
        assert post["id"].isdecimal()
        assert post["text"]
        assert post["username"]
        assert post["company"]
        assert post["extra"] is None
        assert 2018 <= post["created_at"].year <= 2023
    if name == "train.csv":
        assert max(post["likes"] for post in posts) == 176_441
    else:
        assert all("url=" in post["media_raw"].lower() for post in posts)


@needs_data
def test_posts_of_pictures_alone_are_posts() -> None:
    path = DATA / "instagram20" / "posts.csv"
    posts, rejected = read(path)
    assert (len(posts), rejected) == (200, [])
    assert all(post["media_raw"].endswith(".jpg") for post in posts)
