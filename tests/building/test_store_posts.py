"""Which rows are one post: accounts and times known to different precision, updates, kinds."""

import json
from pathlib import Path

import duckdb
import pytest
from support import WriteCsv, build, post, rows

import embedstore
from embedstore import sql
from embedstore.storage import database
from embedstore.storage.database import FORMAT
from embedstore.storage.layout import database_file

CREATED = "SELECT created_at::VARCHAR, created_precision FROM posts"


def test_a_handle_with_a_sign_or_other_capitals_is_the_same_account(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1, username="@Roastery")]))
    report = build(tmp_path / "s", write_csv([post(1, username="roastery", likes=11)]))
    assert (report.posts.updated, report.posts.rejected) == (1, 0)
    # Shown as it was written, whichever file comes next.
    assert rows(tmp_path / "s", "SELECT username, likes FROM posts") == [("@Roastery", 11)]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("2019-03-02", "2019-03-02 14:05:06", ("2019-03-02 14:05:06", "second")),
        ("2019-03-02 14:05:06", "2019-03-02", ("2019-03-02 14:05:06", "second")),
        ("2019-03-02 14:05", "2019-03-02 14:05:59", ("2019-03-02 14:05:59", "second")),
        ("2019-03-02 14:05:59", "2019-03-02 14:05", ("2019-03-02 14:05:59", "second")),
        ("2019-03-02", "2019-03-02 14:05", ("2019-03-02 14:05:00", "minute")),
        # The evening of a day in America is the next one in UTC.
        ("2019-03-02", "2019-03-03T03:30:00Z", ("2019-03-03 03:30:00", "second")),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_finer_time_replaces_a_coarser_one_and_never_the_other_way_round(
    tmp_path: Path,
    write_csv: WriteCsv,
    first: str,
    second: str,
    kept: tuple[str, str],
    together: bool,
) -> None:
    posts = [post(1, date=first), post(1, date=second)]
    for part in [posts] if together else [posts[:1], posts[1:]]:
        assert build(tmp_path / "s", write_csv(part)).posts.rejected == 0
    assert rows(tmp_path / "s", CREATED) == [kept]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2019-03-02", "2019-03-04 12:00:00"),
        ("2019-03-02", "2019-03-01 06:00:00"),
        ("2019-03-02", "2019-03-03"),
        ("2019-03-02 14:05", "2019-03-02 14:06:01"),
        ("2019-03-02 14:05:06", "2019-03-02 14:05:07"),
    ],
)
def test_times_that_cannot_be_one_moment_are_a_conflict(
    tmp_path: Path, write_csv: WriteCsv, first: str, second: str
) -> None:
    build(tmp_path / "s", write_csv([post(1, date=first)]))
    assert build(tmp_path / "s", write_csv([post(1, date=second)])).posts.rejected == 1
    [(reason,)] = rows(tmp_path / "s", "SELECT reason FROM failures")
    assert "the key posts:1 belongs to a post of" in reason


def test_once_a_finer_time_is_known_later_rows_have_to_agree_with_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    posts = [post(1, date=f"2019-03-02{clock}") for clock in ("", " 09:00:00", " 10:00:00")]
    assert build(tmp_path / "s", write_csv(posts)).posts.rejected == 1
    assert rows(tmp_path / "s", "SELECT line FROM failures") == [(4,)]
    assert rows(tmp_path / "s", CREATED) == [("2019-03-02 09:00:00", "second")]


def test_a_row_of_counts_alone_updates_a_known_post_and_is_rejected_for_an_unknown_one(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2)]))
    counts = {"content": "", "date": "", "username": "", "company": ""}
    updates = write_csv([post(1, likes=500, **counts), post(3, likes=7, **counts)], "new.csv")
    report = build(tmp_path / "s", updates, source="posts")
    assert (report.posts.updated, report.posts.rejected) == (1, 1)
    assert report.encoded == {"words": 0}
    stored = rows(tmp_path / "s", "SELECT id, likes, text FROM posts ORDER BY post_id")
    assert stored == [("1", 500, post(1)["content"]), ("2", 20, post(2)["content"])]
    assert rows(tmp_path / "s", "SELECT stage, class, id, line, reason FROM failures") == [
        ("read", "unknown", "3", 3, "no text, and no post with this key is stored")
    ]


def test_counts_alone_may_stand_before_their_post_in_the_same_file(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    report = build(tmp_path / "s", write_csv([post(1, content="", shares=5), post(1)]))
    assert (report.posts.new, report.posts.rejected) == (1, 0)
    assert rows(tmp_path / "s", "SELECT likes, shares FROM posts") == [(10, 5)]


def test_counts_whose_only_post_was_refused_are_refused_too(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    posts = [post(1, content=""), post(1, username="somebody_else")]
    assert build(tmp_path / "s", write_csv(posts)).posts.rejected == 2
    assert rows(tmp_path / "s", "SELECT class FROM failures ORDER BY line") == [
        ("unknown",),
        ("conflict",),
    ]


def test_an_unreadable_count_costs_the_count_and_is_on_record_until_it_is_mended(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    report = build(tmp_path / "s", write_csv([post(1, likes="many"), post(2)]))
    assert (report.posts.new, report.posts.rejected) == (2, 0)
    assert report.failures == {"field": 1}
    assert rows(tmp_path / "s", "SELECT likes FROM posts ORDER BY post_id") == [(None,), (20,)]
    [(kind, line, reason, raw)] = rows(
        tmp_path / "s", "SELECT class, line, reason, raw FROM failures"
    )
    assert (kind, line) == ("likes", 2)
    assert reason.startswith("likes: ")
    assert "many" in raw
    assert build(tmp_path / "s", write_csv([post(1, likes=3), post(2)])).failures == {}


def test_what_platforms_tell_is_stored_and_an_empty_cell_never_erases_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    told = {
        "platform": "instagram",
        "kind": "reel",
        "lang": "en",
        "parent_id": "17",
        "permalink": "https://x.example/p/1",
        "followers": 900,
        "bookmarks": 4,
        "reach": 1000,
        "clicks": 8,
        "video_views": 77,
    }
    build(tmp_path / "s", write_csv([post(1, **told)]))
    assert build(tmp_path / "s", write_csv([post(1)])).posts.unchanged == 1
    [row] = embedstore.open(tmp_path / "s").sql("SELECT * FROM posts").to_pylist()
    assert {name: row[name] for name in told} == told
    assert row["text_raw"] is None
    build(tmp_path / "s", write_csv([post(1, bookmarks=5)]))
    assert rows(tmp_path / "s", "SELECT bookmarks, reach FROM posts") == [(5, 1000)]


def test_only_some_kinds_are_stored_and_the_others_counted(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    kinds = ["own", "repost", "repost", "quote", "reply", ""]
    file = write_csv([post(n, kind=kind) for n, kind in enumerate(kinds, 1)])
    report = build(tmp_path / "s", file, only=["own", "quote"])
    assert report.posts.new == 3
    assert report.left_out == {"repost": 2, "reply": 1}
    # A post whose kind is not told counts as own.
    assert rows(tmp_path / "s", "SELECT id, kind FROM posts ORDER BY post_id") == [
        ("1", "own"),
        ("4", "quote"),
        ("6", None),
    ]
    assert report.complaint is None


def _store_of_schema_3(path: Path) -> None:
    """A store as it was before platforms, observations and precision."""
    path.mkdir()
    with duckdb.connect(str(database_file(path))) as connection:
        for number, statements in sql.migrations():
            if number <= 3:
                connection.execute(statements)
        connection.execute(
            f"INSERT INTO meta VALUES ('format', '{FORMAT}'), ('store_id', 'old'),"
            " ('generation', '0'), ('schema', '3');"
            "INSERT INTO contents VALUES"
            " (1, sha256('midnight'), 'text'), (2, sha256('noon'), 'text');"
            "INSERT INTO posts (post_id, source, id, username, created_at, text, likes,"
            " text_content_id) VALUES"
            " (1, 'posts', '1', 'roastery', '2019-03-02', 'midnight', 4, 1),"
            " (2, 'posts', '2', 'roastery', '2019-03-02 12:00:00', 'noon', 5, 2);"
            "UPDATE counters SET next = 3;"
            "INSERT INTO spaces (space, position, encoder, texts, images, text_field, settings)"
            " VALUES ('words', 0, 'hash', true, false, 'text', '{}');"
            "INSERT INTO builds VALUES (1, now(), now(), '[]', NULL)"
        )


def test_a_store_made_before_migrates_and_its_posts_are_known_again(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    _store_of_schema_3(tmp_path / "s")
    file = write_csv(
        [
            post(1, content="midnight", date="2019-03-02 17:30:00", likes=4),
            post(2, content="noon", date="2019-03-02 13:00:00", likes=5),
            post(2, content="noon", date="2019-03-02 12:00:00", likes=6),
        ]
    )
    report = build(tmp_path / "s", file, space=[])
    # A time without a precision is exact, unless it is midnight.
    assert (report.posts.new, report.posts.updated, report.posts.rejected) == (0, 2, 1)
    assert report.encoded == {"words": 2}
    assert rows(
        tmp_path / "s",
        "SELECT post_id, created_at::VARCHAR, created_precision, likes FROM posts ORDER BY 1",
    ) == [(1, "2019-03-02 17:30:00", "second", 4), (2, "2019-03-02 12:00:00", "second", 6)]
    with database.connect(tmp_path / "s") as connection:
        assert database.schema_version(connection) == sql.migrations()[-1][0]


def test_a_nested_null_does_not_erase_what_is_stored(tmp_path: Path) -> None:
    def line(**extra: object) -> str:
        return json.dumps(
            {"id": "1", "date": "2019-03-02", "text": "coffee", "username": "a", **extra}
        )

    file = tmp_path / "posts.jsonl"
    for extra in (
        {"meta": {"a": 1, "b": {"c": "kept"}, "list": [1, None]}},
        {"meta": {"a": None, "b": {"c": None, "d": 1.5}, "list": [None, 2]}},
        {"meta": {"a": None, "words": "a null", "b": {"e": 1e300}}},
    ):
        file.write_text(line(**extra))
        assert build(tmp_path / "s", file).posts.rejected == 0
    [[extra]] = rows(tmp_path / "s", "SELECT extra::VARCHAR FROM posts")
    assert json.loads(extra)["meta"] == {
        "a": 1,
        "b": {"c": "kept", "d": 1.5, "e": 1e300},
        "list": [None, 2],
        "words": "a null",
    }


def test_a_number_beyond_all_floats_beside_a_null_stops_no_build(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    for meta in (
        '{"a": 1}',
        '{"a": null, "b": 1e999}',
        '{"a": ' + "[" * 200 + "null" + "]" * 200 + "}",
    ):
        file.write_text(
            '{"id": "1", "date": "2019-03-02", "text": "coffee", "username": "a", "meta": '
            + meta
            + "}"
        )
        assert build(tmp_path / "s", file).posts.rejected == 0
