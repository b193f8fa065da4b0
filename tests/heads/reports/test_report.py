"""A report of a store as data."""

import json
import shutil
from pathlib import Path

import pytest
from made_store import change
from support import WriteCsv, build, post

import embedstore
from embedstore.errors import InputError
from heads.reports.data import Report
from heads.reports.gather import gather_posts
from heads.reports.report import report


def test_a_report_holds_everything_and_becomes_json(made: Report, busiest: str) -> None:
    [subject] = made.subjects
    assert subject.name == busiest
    assert made.levels[0].account == busiest
    assert {one.role for one in made.levels[1:]} <= {"company", "similar"}
    assert len(subject.times) == 168
    assert subject.latest
    assert sum(one.everyone for one in subject.shares) == pytest.approx(1)
    assert {"hour", "weekday", "media", "hashtags"} <= {part.question for part in subject.answers}
    assert json.loads(json.dumps(made.to_json(), default=str))["subjects"][0]["name"] == busiest


def test_posts_are_listed_by_how_far_they_are_from_what_was_expected(made: Report) -> None:
    [subject] = made.subjects
    multiples = [line.multiple or 0 for line in subject.better]
    assert multiples == sorted(multiples, reverse=True)
    assert all(line.multiple is not None and line.multiple < 1 for line in subject.worse)


def test_what_the_head_has_learned_from_is_marked(made: Report, store_path: Path) -> None:
    rows = embedstore.open(store_path).sql("SELECT max(created_at) AS last FROM posts")
    assert rows["last"][0].as_py() >= made.subjects[0].latest[0].created_at
    assert not any(line.learned for line in made.subjects[0].latest)


def test_accounts_are_compared_and_companies_are_taken_whole(
    store_path: Path, fitted: str, busiest: str
) -> None:
    store = embedstore.open(store_path)
    rows = store.sql("SELECT username, company FROM posts WHERE username IS NOT NULL").to_pylist()
    company = next(row["company"] for row in rows if row["username"] == busiest)
    other = next(row["username"] for row in rows if row["username"] != busiest)
    both = report(store, compare=[busiest, f"@{other.upper()}", busiest], run=fitted)
    assert [subject.name for subject in both.subjects] == [busiest, other]
    whole = report(store, company=company.upper(), run=fitted)
    accounts = {row["username"] for row in rows if row["company"] == company}
    assert set(whole.subjects[0].accounts) == accounts


def test_a_report_without_a_head_says_so_and_holds_the_rest(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    rows = [
        post(
            number,
            date=f"2019-{number % 12 + 1:02d}-{number % 27 + 1:02d} {number % 24:02d}:15:00",
            content=f"{'the same words as ever' if number > 80 else number} about the weather",
        )
        for number in range(1, 90)
    ]
    build(tmp_path / "s", write_csv(rows))
    found = report(tmp_path / "s", username="roastery", timezone="Europe/Berlin")
    [subject] = found.subjects
    assert subject.times == ()
    assert "heads fit likes" in subject.notes[0]
    assert subject.quality.posts == 89
    assert subject.repeats.posts >= 8
    with pytest.raises(InputError, match="no time zone 'Mars/Olympus'"):
        report(tmp_path / "s", username="roastery", timezone="Mars/Olympus")


def test_whom_a_report_is_about_has_to_be_there(store_path: Path, busiest: str) -> None:
    with pytest.raises(InputError, match="one of username, company and compare"):
        report(store_path)
    with pytest.raises(InputError, match=f"no posts of {busiest[:5]}: did you mean"):
        report(store_path, username=busiest[:5])
    with pytest.raises(InputError, match=f"did you mean {busiest}"):
        report(store_path, username=f"{busiest}x")
    with pytest.raises(InputError, match="no post of the company 'nobody'"):
        report(store_path, company="nobody")


def test_topics_of_the_store_are_asked_about(tmp_path: Path, store_path: Path) -> None:
    path = tmp_path / "s"
    shutil.copytree(store_path, path)
    assert gather_posts(embedstore.open(path)).topics is None
    change(
        path,
        "CREATE TABLE IF NOT EXISTS topics (topic_id BIGINT, parent_id BIGINT, level INTEGER,"
        " name VARCHAR, named BOOLEAN, words VARCHAR[], size BIGINT);"
        "CREATE TABLE IF NOT EXISTS post_topics"
        " (post_id BIGINT, topic_id BIGINT, score DOUBLE, content_id BIGINT);"
        "INSERT INTO topics VALUES"
        " (1, 3, 0, 'odd', false, [], 0), (2, 3, 0, 'even', false, [], 0),"
        " (3, NULL, 1, 'numbers', false, [], 0);"
        "INSERT INTO post_topics SELECT post_id,"
        " CASE WHEN post_id % 10 = 0 THEN NULL ELSE 2 - post_id % 2 END, 0.5, 1 FROM posts",
    )
    gathered = gather_posts(embedstore.open(path))
    assert gathered.topics is not None
    assert gathered.topics[1] == "odd"
    assert 10 not in gathered.topics
    [question] = [one for one in gathered.design.questions if one.name == "topic"]
    assert question.kinds == ("no topic", "even", "odd")
