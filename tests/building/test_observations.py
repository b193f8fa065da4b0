"""Counts over time: each reading is kept, and posts have the latest."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.maintenance.remove import remove

OBSERVED = "SELECT kpi, observed_at::VARCHAR, value FROM observations ORDER BY ALL"


def test_counts_read_at_a_known_time_are_observations_and_posts_have_the_latest(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1, likes=5)])
    build(tmp_path / "s", file, observed_at="2020-01-01")
    later = build(tmp_path / "s", write_csv([post(1, likes=9)]), observed_at="2020-02-01")
    assert later.observed == 1
    assert rows(tmp_path / "s", "SELECT likes FROM posts") == [(9,)]
    # The older file again: nothing new, and the newer count stays.
    again = build(tmp_path / "s", write_csv([post(1, likes=5)]), observed_at="2020-01-01")
    assert (again.posts.unchanged, again.observed) == (1, 0)
    # One that was read in between is a further observation.
    between = build(tmp_path / "s", write_csv([post(1, likes=7)]), observed_at="2020-01-15")
    assert (between.posts.unchanged, between.observed) == (1, 1)
    assert rows(tmp_path / "s", "SELECT likes FROM posts") == [(9,)]
    assert rows(tmp_path / "s", OBSERVED) == [
        ("likes", "2020-01-01 00:00:00", 5),
        ("likes", "2020-01-15 00:00:00", 7),
        ("likes", "2020-02-01 00:00:00", 9),
    ]


def test_without_any_time_the_last_count_that_was_read_wins(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1, likes=9)]))
    report = build(tmp_path / "s", write_csv([post(1, likes=5)]))
    assert report.observed == 0
    assert rows(tmp_path / "s", "SELECT likes FROM posts") == [(5,)]
    assert rows(tmp_path / "s", OBSERVED) == []


def test_an_older_row_still_tells_the_counts_that_nobody_has_read_since(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1, likes=9)]), observed_at="2020-02-01")
    build(tmp_path / "s", write_csv([post(1, likes=5, shares=2)]), observed_at="2020-01-01")
    assert rows(tmp_path / "s", "SELECT likes, shares FROM posts") == [(9, 2)]


def test_the_same_moment_read_again_with_another_count_corrects_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    for likes in (5, 6):
        build(tmp_path / "s", write_csv([post(1, likes=likes)]), observed_at="2020-01-01")
    assert rows(tmp_path / "s", OBSERVED) == [("likes", "2020-01-01 00:00:00", 6)]
    assert rows(tmp_path / "s", "SELECT likes FROM posts") == [(6,)]


def test_rows_may_say_when_they_were_read_in_any_order_of_the_file(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    times = ["2020-01-03", "2020-01-01", "2020-01-02"]
    posts = [post(1, likes=int(time[-2:]), observed_at=time) for time in times]
    assert build(tmp_path / "s", write_csv(posts)).observed == 3
    assert rows(tmp_path / "s", "SELECT likes FROM posts") == [(3,)]
    assert [value for *_, value in rows(tmp_path / "s", OBSERVED)] == [1, 2, 3]


def test_a_rejected_row_observes_nothing(tmp_path: Path, write_csv: WriteCsv) -> None:
    posts = [post(1, likes=5), post(1, likes=6, username="somebody_else")]
    build(tmp_path / "s", write_csv(posts), observed_at="2020-01-01")
    assert [value for *_, value in rows(tmp_path / "s", OBSERVED)] == [5]


def test_observations_of_a_removed_post_go_with_it(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(1), post(2)]), observed_at="2020-01-01")
    remove(embedstore.open(tmp_path / "s"), "id = '1'")
    assert rows(tmp_path / "s", "SELECT post_id FROM observations") == [(2,)]


def test_reactions_are_observed_by_kind(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    for day, love in (("02", 8), ("01", 3)):
        row = {"id": "1", "text": "hello", "reactions": {"love": love, "sad": 1}}
        file.write_text(json.dumps(row))
        build(tmp_path / "s", file, observed_at=f"2020-01-{day}")
    [(reactions,)] = rows(tmp_path / "s", "SELECT reactions FROM posts")
    assert json.loads(reactions) == {"love": 8, "sad": 1}
    assert rows(tmp_path / "s", OBSERVED) == [
        ("reactions.love", "2020-01-01 00:00:00", 3),
        ("reactions.love", "2020-01-02 00:00:00", 8),
        ("reactions.sad", "2020-01-01 00:00:00", 1),
        ("reactions.sad", "2020-01-02 00:00:00", 1),
    ]


def test_the_command_takes_the_time_of_the_file(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    os.utime(file, (1_600_000_000, 1_600_000_000))
    arguments = ["build", str(tmp_path / "s"), str(file), "--space", "words=hash"]
    done = CliRunner().invoke(command, [*arguments, "--images", "none", "--observed-at", "file"])
    assert done.exit_code == 0, done.output
    assert "counts with a time, in `observations`: 1" in done.stdout
    assert rows(tmp_path / "s", OBSERVED) == [("likes", "2020-09-13 12:26:40", 10)]


_ROW = st.fixed_dictionaries(
    {
        "id": st.integers(1, 2),
        "likes": st.one_of(st.none(), st.integers(0, 9)),
        "views": st.one_of(st.none(), st.integers(0, 9)),
        "day": st.integers(1, 6),
    }
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(_ROW, min_size=1, max_size=6), min_size=1, max_size=3))
@example(
    files=[
        [
            {"id": 1, "likes": 0, "views": None, "day": 1},
            {"id": 1, "likes": None, "views": None, "day": 2},
            {"id": 1, "likes": 1, "views": None, "day": 1},
        ]
    ]
)
def test_any_order_of_readings_ends_in_the_latest_of_each_count(
    files: list[list[dict[str, int | None]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    latest: dict[tuple[int | None, str], tuple[int, int]] = {}
    readings: dict[tuple[str, str, int], int] = {}
    for number, content in enumerate(files):
        file = folder / f"{number}.jsonl"
        with file.open("w") as out:
            for row in content:
                day = row["day"]
                assert day is not None
                counts = {k: v for k in ("likes", "views") if (v := row[k]) is not None}
                out.write(json.dumps({"id": row["id"], "text": "t", **counts,
                                      "observed_at": f"2020-01-0{day}"}) + "\n")  # fmt: skip
                for kpi, value in counts.items():
                    readings[str(row["id"]), kpi, day] = value
                    if day >= latest.get((row["id"], kpi), (0, 0))[0]:
                        latest[row["id"], kpi] = day, value
        build(folder / "s", file, source="one")
    for post_id, likes, views in rows(folder / "s", "SELECT id::INT, likes, views FROM posts"):
        assert likes == latest.get((post_id, "likes"), (0, None))[1]
        assert views == latest.get((post_id, "views"), (0, None))[1]
    found = rows(
        folder / "s",
        "SELECT id, kpi, day(observed_at), value FROM observations JOIN posts USING (post_id)",
    )
    assert len(found) == len(readings)
    assert {tuple(key): value for *key, value in found} == readings
