"""The small made-up inputs that an earlier version got wrong read as their README says."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from embedstore.errors import InputError
from embedstore.reading import FieldProblem, ReadOptions, Rejected, describe, read_posts

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES}")

MOMENT = datetime(2008, 8, 27, 13, 8)


def read(
    name: str, **options: Any
) -> tuple[list[dict[str, Any]], list[Rejected], list[FieldProblem]]:
    posts: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    problems: list[FieldProblem] = []
    for batch in read_posts(CASES / name, options=ReadOptions(**options)):
        posts += batch.posts.to_pylist()
        rejected += batch.rejected
        problems += batch.problems
    return posts, rejected, problems


def test_01_the_exact_id_wins() -> None:
    posts, _, _ = read("01-id-rounded-beside-exact-id_str.jsonl")
    assert [post["id"] for post in posts] == ["1700000000000012341", "1700000000000012357"]


def test_02_an_array_is_read() -> None:
    posts, _, _ = read("02-array-of-tweets.json")
    assert [post["id"] for post in posts] == ["1700000000000012341", "1700000000000012357"]


def test_03_wrappers_are_undone_and_rounded_ids_refused() -> None:
    posts, rejected, _ = read("03-ids-of-excel-and-java.csv")
    ids = {post["text"]: post["id"] for post in posts}
    assert ids["grouped"] == ids["with a needless fraction"] == "1700000000000012341"
    assert ids["guarded for Excel as a formula"] == "1700000000000012342"
    assert ids["guarded for Excel by an apostrophe"] == "1700000000000012343"
    assert [row.line for row in rejected] == [5, 6, 12]
    assert describe(CASES / "03-ids-of-excel-and-java.csv").warnings


def test_04_unambiguous_times_are_read() -> None:
    posts, rejected, problems = read("04-dates.csv")
    assert rejected == []
    assert [problem.line for problem in problems] == [22, 25]
    moments = {post["id"]: post["created_at"] for post in posts}
    named = {f"a{number}" for number in (1, 2, 3, *range(9, 17), *range(18, 21), 22, 23, 25)}
    assert {moments[name].replace(second=0) for name in named} == {MOMENT}
    assert moments["a5"] == datetime(2023, 11, 6, 3, 56, 36)
    assert abs((moments["a17"] - MOMENT).total_seconds()) < 60


def test_05_counts_in_all_spellings() -> None:
    posts, rejected, problems = read("05-counts.csv")
    assert rejected == []
    assert [problem.line for problem in problems] == [17]
    assert [post["likes"] for post in posts] == [
        *(1200, 12345, 407137, 12345, 3_000_000, 1_500_000, 12_000, None, 12, None),
        *(None, 12, 123456, 12345, 407, None, None, None, 12, 12345),
    ]


def test_06_a_column_has_one_reading() -> None:
    posts, _, _ = read("06-dotted-thousands.csv")
    assert [post["likes"] for post in posts] == [407137, 144000, 12000]


@pytest.mark.parametrize("name", ["07-nested-metrics-and-media.jsonl", "08-api-v2-page.jsonl"])
def test_07_08_metrics_media_kinds_and_accounts_of_version_2(name: str) -> None:
    (own, repost), _, _ = read(name)
    assert (own["likes"], own["comments"], own["shares"]) == (34, 1, 2)
    assert "https://pictures.example/one.jpg" in own["media_raw"]
    assert own["username"] == repost["username"] == "made_up"
    assert (own["kind"], repost["kind"]) == ("own", "repost")
    assert repost["text"].endswith("a text that someone else wrote, and that goes on")
    assert describe(CASES / name).fields["likes"] == "public_metrics.like_count"
    (mapped, _), _, _ = read(name, mapping={"likes": "public_metrics.like_count"})
    assert mapped["likes"] == 34


def test_09_an_archive_is_read() -> None:
    (post,), _, _ = read("09-archive-tweets.js")
    assert (post["id"], post["text"], post["likes"]) == (
        "1600000000000000001",
        "Fish & chips <3",
        7,
    )
    assert "https://pictures.example/one.jpg" in post["media_raw"]


def test_10_the_longest_text_is_taken() -> None:
    posts, rejected, _ = read("10-text-in-several-places.jsonl")
    assert rejected == []
    assert not any("…" in post["text"] for post in posts)


def test_12_a_missing_header_is_said() -> None:
    with pytest.raises(InputError, match="--no-header --columns"):
        read("12-no-header.csv")
    posts, _, _ = read("12-no-header.csv", header=False, columns=("id", "date", "text", "likes"))
    assert [post["likes"] for post in posts] == [5, 6, 7]


def test_13_a_line_that_names_the_separator_is_skipped() -> None:
    posts, _, _ = read("13-sep-line.csv")
    assert [post["likes"] for post in posts] == [5, 6]


def test_15_another_encoding_is_read_when_named() -> None:
    posts, _, _ = read("15-cp1252.csv", encoding="cp1252")
    assert posts[0]["text"] == "Café crème € 5"


def test_19_analytics_of_today() -> None:
    posts, rejected, problems = read("19-x-analytics-of-today.csv")
    assert (rejected, problems) == ([], [])
    assert posts[0]["created_at"] == datetime(2026, 7, 14)
    assert (posts[0]["likes"], posts[0]["shares"], posts[0]["impressions"]) == (12, 7, 122978)


def test_20_business_suite() -> None:
    posts, rejected, problems = read("20-business-suite.csv")
    assert (rejected, problems) == ([], [])
    assert [post["created_at"] for post in posts] == [
        datetime(2025, 11, 10, 21),
        datetime(2025, 11, 11, 9, 30),
    ]
    assert [(post["kind"], post["bookmarks"], post["reach"]) for post in posts] == [
        ("own", 1, 700),
        ("reel", 2, 900),
    ]


def test_24_entities_are_one_text() -> None:
    posts, _, _ = read("24-html-entities.csv")
    assert {post["text"] for post in posts} == {"Fish & chips"}
    assert [post["text_raw"] for post in posts] == ["Fish &amp; chips", None]


def test_25_the_sheet_that_has_posts_is_found() -> None:
    posts, _, _ = read("25-posts-on-second-sheet.xlsx")
    assert posts[0]["id"] == "7200000000000000001"
    assert describe(CASES / "25-posts-on-second-sheet.xlsx").sheet == "POSTS"


def test_26_a_stray_cell_costs_nothing() -> None:
    posts, _, _ = read("26-stray-cell-in-the-last-corner.xlsx")
    assert [post["text"] for post in posts] == ["hello"]
