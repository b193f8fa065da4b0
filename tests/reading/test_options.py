"""What options say of a file: mappings, values for all posts, times, automatic ids."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from embedstore.errors import ColumnsError, InputError
from embedstore.reading import FieldProblem, ReadOptions, Rejected, describe, read_posts


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def read(
    path: Path, **options: Any
) -> tuple[list[dict[str, Any]], list[Rejected], list[FieldProblem]]:
    posts: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    problems: list[FieldProblem] = []
    for batch in read_posts(path, options=ReadOptions(**options)):
        posts += batch.posts.to_pylist()
        rejected += batch.rejected
        problems += batch.problems
    return posts, rejected, problems


NESTED = {
    "key": 7,
    "body": {"long": None, "short": "a text"},
    "counts": {"hearts": 3, "seen": "1.2K"},
    "pictures": [{"src": {"url": "https://p/1.jpg"}}, {"src": {"url": "https://p/2.jpg"}}],
}


def test_paths_lead_into_nested_values_and_bars_name_fallbacks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(NESTED))
    mapping = {
        "id": "key",
        "text": "body.long|body.short",
        "likes": "counts.hearts",
        "views": "counts.seen",
        "media_raw": "pictures[].src.url",
        "permalink": "pictures[1].src.url",
    }
    (post,), _, problems = read(path, mapping=mapping)
    assert (post["id"], post["text"], post["likes"], post["views"]) == ("7", "a text", 3, 1200)
    assert json.loads(post["media_raw"]) == ["https://p/1.jpg", "https://p/2.jpg"]
    assert post["permalink"] == "https://p/2.jpg"
    assert problems == []
    reading = describe(path, ReadOptions(mapping=mapping))
    assert reading.fields["likes"] == "counts.hearts"
    assert reading.fields["text"] == "body.long | body.short"
    assert reading.missing == ["created_at", "username", "comments", "shares"]
    assert reading.sample[0]["likes"] == 3


def test_a_path_goes_into_json_in_a_cell_and_names_with_dots_and_bars(tmp_path: Path) -> None:
    content = 'id,text,metrics,a.b,c|d\n1,x,"{""likes"": 4}",5,6\n'
    path = write(tmp_path / "a.csv", content)
    mapping = {"likes": "metrics.likes", "shares": "a.b", "comments": "c|d"}
    (post,), _, _ = read(path, mapping=mapping)
    assert (post["likes"], post["shares"], post["comments"]) == (4, 5, 6)


def test_counts_in_nested_objects_are_found_and_those_of_others_are_not(tmp_path: Path) -> None:
    document = {
        "id": "1",
        "text": "a",
        "stats": {"like_count": 3, "comments": 4},
        "author": {"username": "u", "followers_count": 9, "likes": 99},
        "quoted": {"shares": 77},
    }
    path = write(tmp_path / "a.jsonl", json.dumps(document))
    (post,), _, _ = read(path)
    assert (post["likes"], post["comments"], post["shares"]) == (3, 4, None)
    assert (post["username"], post["followers"]) == ("u", 9)
    assert describe(path).fields["likes"] == "stats.like_count"
    assert json.loads(post["extra"]) == {"author": document["author"], "quoted": {"shares": 77}}


def test_a_flattened_table_has_nested_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,stats/likeCount,author.username\n1,x,5,u\n")
    (post,), _, _ = read(path)
    assert (post["likes"], post["username"]) == (5, "u")


def test_a_path_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,x\n")
    with pytest.raises(ColumnsError, match=r'no column "a\.b", which --map likes=a.b asks for'):
        read(path, mapping={"likes": "a.b"})
    with pytest.raises(InputError, match="is no path"):
        read(path, mapping={"likes": "text..b]"})


def test_a_value_may_be_set_for_all_posts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,username\n1,x,other\n")
    options = {"username": "made_up", "created_at": "2020-05-01", "platform": "Twitter"}
    (post,), _, _ = read(path, set=options)
    assert (post["username"], post["platform"]) == ("made_up", "x")
    assert (post["created_at"], post["created_precision"]) == (datetime(2020, 5, 1), "day")
    assert describe(path, ReadOptions(set=options)).fields["username"] == '"made_up"'
    with pytest.raises(InputError, match='--set likes=many: "many" is not a whole number'):
        read(path, set={"likes": "many"})


def test_ignored_columns_are_no_fields_and_not_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,likes,note\n1,x,5,secret\n")
    (post,), _, _ = read(path, ignore=("likes", "note"))
    assert (post["likes"], post["extra"]) == (None, None)


def test_automatic_ids_are_stable_and_offered_where_there_is_no_id(tmp_path: Path) -> None:
    content = "date,username,text\n2020-01-01,@U,a\n2020-01-02,u,b\n2020-01-03,u,\n"
    path = write(tmp_path / "a.csv", content)
    with pytest.raises(ColumnsError, match="--id auto makes one of account, time and text"):
        read(path)
    posts, rejected, _ = read(path, id="auto")
    assert [post["id"][:5] for post in posts] == ["auto-", "auto-"]
    assert [row.reason for row in rejected] == ["neither text nor media"]
    other = write(tmp_path / "b.csv", "post,when,user\na,2020-01-01 00:00:00,u\n")
    (post,), _, _ = read(other, id="auto", mapping={"created_at": "when"})
    assert post["id"] == posts[0]["id"]


def test_a_day_and_a_clock_in_two_columns_are_one_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,Date,Time\n1,x,05/13/2021,1:08 PM\n")
    (post,), _, _ = read(path)
    assert post["created_at"] == datetime(2021, 5, 13, 13, 8)
    assert describe(path).fields["created_at"] == "Date + Time"


def test_an_undecided_column_is_decided_by_the_end_of_a_long_file(tmp_path: Path) -> None:
    lines = [f"{n},x,03/04/2021 10:00,{n % 9}" for n in range(4000)]
    path = write(tmp_path / "a.csv", "id,text,date,likes\n" + "\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r'the dates of "date" can be read in two ways'):
        read(path)
    with path.open("a") as file:
        file.write("9999,x,25/04/2021 10:00,5\n")
    posts, _, problems = read(path)
    assert problems == []
    assert posts[0]["created_at"] == datetime(2021, 4, 3, 10)
    posts, _, _ = read(path, date_format="day-first", timezone="Europe/Paris")
    assert posts[0]["created_at"] == datetime(2021, 4, 3, 8)


def test_dotted_thousands_are_decided_by_the_end_of_a_long_file(tmp_path: Path) -> None:
    lines = [f"{n},x,12.000" for n in range(3000)]
    path = write(tmp_path / "a.csv", "id,text,likes\n" + "\n".join(lines) + "\n9999,x,407.137\n")
    posts, _, _ = read(path)
    assert (posts[0]["likes"], posts[-1]["likes"]) == (12_000, 407_137)


def test_counts_are_observed_when_the_option_the_file_or_its_rows_say(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,scraped_at\n1,x,2021-01-02 03:04:05\n2,y,\n")
    posts, _, _ = read(path)
    assert [post["observed_at"] for post in posts] == [datetime(2021, 1, 2, 3, 4, 5), None]
    posts, _, _ = read(path, observed_at="2022-01-01")
    assert [post["observed_at"] for post in posts] == [
        datetime(2021, 1, 2, 3, 4, 5),
        datetime(2022, 1, 1),
    ]
    os.utime(path, (1_640_995_200, 1_640_995_200))
    posts, _, _ = read(path, observed_at="file")
    assert posts[1]["observed_at"] == datetime(2022, 1, 1)
    with pytest.raises(InputError, match="--observed-at soon"):
        read(path, observed_at="soon")


def test_kinds_parents_and_platforms_of_plain_tables(tmp_path: Path) -> None:
    content = (
        "id,text,in_reply_to_status_id,url\n"
        "1,hello,,https://x.com/a/status/1\n"
        "2,yes,1,https://x.com/b/status/2\n"
        "3,RT @a: hello,,\n"
    )
    posts, _, _ = read(write(tmp_path / "a.csv", content))
    found = [(post["kind"], post["parent_id"], post["platform"]) for post in posts]
    assert found == [(None, None, "x"), ("reply", "1", "x"), ("repost", None, None)]
    assert [post["username"] for post in posts] == ["a", "b", None]


def test_an_id_is_taken_from_the_posts_address(tmp_path: Path) -> None:
    content = "text,link,likes\nhello,https://www.tiktok.com/@a/video/7200000000000000001,3\n"
    (post,), _, _ = read(write(tmp_path / "a.csv", content))
    assert (post["id"], post["username"]) == ("7200000000000000001", "a")


@pytest.mark.parametrize(
    "rounded", ["1.7E+18", "1.70000000000001E+18", "1700000000000010000", "1.7e18"]
)
def test_an_id_that_was_rounded_is_taken_from_the_posts_address(
    tmp_path: Path, rounded: str
) -> None:
    link = "https://x.com/a/status/1700000000000012341"
    (post,), rejected, _ = read(write(tmp_path / "a.csv", f"id,text,url\n{rounded},x,{link}\n"))
    assert (post["id"], rejected) == ("1700000000000012341", [])


@pytest.mark.parametrize("identity", ["1800000000000010000", "42", "1700000000000012342"])
def test_an_id_that_is_another_than_the_addresss_stays(tmp_path: Path, identity: str) -> None:
    link = "https://x.com/a/status/1700000000000012341"
    (post,), _, _ = read(write(tmp_path / "a.csv", f"id,text,url\n{identity},x,{link}\n"))
    assert post["id"] == identity


def test_names_that_mean_other_things_are_fields_only_if_their_values_fit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,data,saved,quotes\n1,x,payload,True,7\n")
    (post,), _, problems = read(path)
    assert problems == []
    assert (post["created_at"], post["bookmarks"], post["quotes"]) == (None, None, 7)
    assert json.loads(post["extra"]) == {"data": "payload", "saved": "True"}


def test_a_file_of_files_put_together_has_its_headers_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,a\nid,text\n2,b\n")
    posts, (rejected,), _ = read(path)
    assert [post["id"] for post in posts] == ["1", "2"]
    assert (rejected.line, rejected.reason) == (3, "the header again")


def test_long_ids_that_end_in_zeros_are_warned_of(tmp_path: Path) -> None:
    rows = "".join(f"1700000000000{n}0000,x\n" for n in range(10, 20))
    (warning,) = describe(write(tmp_path / "a.csv", "id,text\n" + rows)).warnings
    assert "10 of 10 long ids end in zeros" in warning


MAPPING = """
date-format = "day-first"
timezone = "Europe/Paris"
ignore = ["Notes"]
skip-rows = 2
id = "auto"

[map]
text = "body|caption"
date = "when"

[set]
username = "made_up"
"""


def test_a_mapping_file_says_what_options_say(tmp_path: Path) -> None:
    options = ReadOptions.from_toml(write(tmp_path / "a.toml", MAPPING))
    assert options == ReadOptions(
        mapping={"text": "body|caption", "created_at": "when"},
        set={"username": "made_up"},
        date_format="day-first",
        timezone="Europe/Paris",
        ignore=("Notes",),
        skip_rows=2,
        id="auto",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("dates = 1", '"dates", which is no option'),
        ("ignore = 'a'", "ignore must be a list of texts"),
        ("header = 'no'", "header must be true or false"),
        ("id = 'none'", 'id must be "column" or "auto"'),
        ("[map]\nblurb = 'a'", '"blurb" is no field'),
        ("[map", "is not a mapping file that can be read"),
    ],
)
def test_a_mapping_file_that_says_something_else_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        ReadOptions.from_toml(write(tmp_path / "a.toml", content))
