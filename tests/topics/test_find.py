"""Topics of a store: found, kept, found again, edited, over time, and by command."""

import json
import sys
from pathlib import Path
from typing import Any

import made_store
import numpy as np
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as program
from support import WriteCsv, post, rows
from topics_made import EACH, POSTS, THINGS, WORDS, made_posts

import embedstore
from embedstore.encoders.weights import smollm2
from embedstore.errors import InputError, QueryError
from embedstore.maintenance.remove import remove
from embedstore.topics.titles import Sketch


def _thing(words: list[str]) -> str:
    return next(thing for thing in THINGS if words[0] in WORDS[thing].split())


def _assigned(path: Path) -> dict[int, int | None]:
    return dict(rows(path, "SELECT post_id, topic_id FROM post_topics"))


def _run(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(program, ["topics", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_each_thing_that_posts_are_about_is_a_topic_named_by_its_words(store: Path) -> None:
    found = embedstore.find_topics(store, size="large")
    listed = found.topics.to_pylist()
    assert {_thing(row["words"]) for row in listed} == set(THINGS)
    assert found.assigned == found.posts == POSTS
    assert sum(row["size"] for row in listed) == POSTS - found.outliers
    assert found.outliers < POSTS / 3
    by_topic = {row["topic_id"]: _thing(row["words"]) for row in listed}
    for number, topic in _assigned(store).items():
        if topic is not None:
            assert by_topic[topic] == THINGS[(number - 1) % len(THINGS)]


def test_posts_that_come_are_assigned_and_no_other_post_moves(store: Path) -> None:
    embedstore.find_topics(store, size="large")
    before, names = _assigned(store), rows(store, "SELECT topic_id, name FROM topics")
    assert embedstore.find_topics(store).assigned == 0
    vectors, columns = made_posts(60, seed=5)
    made_store.add(store, vectors, **columns)
    found = embedstore.find_topics(store)
    assert found.assigned == 60
    after = _assigned(store)
    assert {post: after[post] for post in before} == before
    assert rows(store, "SELECT topic_id, name FROM topics") == names
    same = [after[POSTS + 1 + n] == after[1 + n] for n in range(60)
            if after[POSTS + 1 + n] and after[1 + n]]  # fmt: skip
    assert all(same)
    assert len(same) > 20


def test_a_post_whose_text_has_changed_is_looked_at_anew(store: Path) -> None:
    embedstore.find_topics(store, size="large")
    made_store.change(
        store,
        "UPDATE posts SET text_content_id = 2, text = (SELECT text FROM posts WHERE post_id = 2)"
        " WHERE post_id = 1",
    )
    assert embedstore.find_topics(store).assigned == 1
    after = _assigned(store)
    assert after[1] in (after[2], None)


def test_a_refit_keeps_ids_and_given_names_and_says_what_is_new(store: Path) -> None:
    first = embedstore.find_topics(store, size="large")
    chosen = first.topics["topic_id"][0].as_py()
    embedstore.rename_topic(store, chosen, "  what   I say ")
    vectors, columns = made_posts(POSTS, seed=3)
    random = np.random.default_rng(8)
    away = random.standard_normal(made_store.DIM) + 0.1 * random.standard_normal(vectors.shape)
    fresh = columns | {"text": [f"garden tulip rose shovel fresh{n}" for n in range(POSTS)]}
    made_store.add(store, away[:80].astype(np.float32), **{k: v[:80] for k, v in fresh.items()})
    found = embedstore.find_topics(store, refit=True)
    changes = found.changes.to_pylist()
    kept = {row["topic_id"] for row in changes if row["change"] == "kept"}
    assert kept == set(first.topics["topic_id"].to_pylist())
    [new] = [row for row in changes if row["change"] == "new"]
    assert new["topic_id"] > max(kept)
    assert "tulip" in found.topics.to_pylist()[
        found.topics["topic_id"].to_pylist().index(new["topic_id"])]["words"]  # fmt: skip
    named = {row["topic_id"]: row["name"] for row in found.topics.to_pylist()}
    assert named[chosen] == "what I say"


def test_titles_of_the_model_are_names_but_where_a_person_has_given_one(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm2, "is_here", lambda: False)
    with pytest.raises(InputError, match="embedstore models install smollm2"):
        embedstore.find_topics(store, names="smollm2")
    first = embedstore.find_topics(store, size="large").topics
    chosen = first["topic_id"][0].as_py()
    embedstore.rename_topic(store, chosen, "mine")
    seen: list[Sketch] = []

    def write(sketches: list[Sketch], _: object) -> list[str | None]:
        seen.extend(sketches)
        return [None, *(f"about {each.words[0]}" for each in sketches[1:])]

    monkeypatch.setattr(smollm2, "is_here", lambda: True)
    monkeypatch.setattr("embedstore.topics.find.write_titles", write)
    with pytest.raises(InputError, match="--refit finds and names them anew"):
        embedstore.find_topics(store, names="smollm2")
    found = embedstore.find_topics(store, refit=True, names="smollm2").topics.to_pylist()
    assert len(seen) == len(found) - 1
    assert all(1 <= len(each.posts) <= 3 for each in seen)
    names = {row["topic_id"]: row["name"] for row in found}
    assert names.pop(chosen) == "mine"
    assert sorted(name.startswith("about ") for name in names.values()) == [
        False, *[True] * (len(found) - 2)
    ]  # fmt: skip


def test_merged_topics_take_in_posts_that_come_and_dropped_ones_take_none(store: Path) -> None:
    found = embedstore.find_topics(store, size="large").topics
    first, second, third = found["topic_id"].to_pylist()[:3]
    sizes = dict(zip(found["topic_id"].to_pylist(), found["size"].to_pylist(), strict=True))
    embedstore.merge_topics(store, [first, second])
    embedstore.drop_topics(store, [third])
    after = dict(rows(store, "SELECT topic_id, size FROM topics WHERE level = 0"))
    assert after[first] == sizes[first] + sizes[second]
    assert second not in after
    assert third not in after
    vectors, columns = made_posts(120, seed=7)
    made_store.add(store, vectors, **columns)
    embedstore.find_topics(store)
    came = {topic for post, topic in _assigned(store).items() if post > POSTS}
    assert first in came
    assert not came & {second, third}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda path: embedstore.rename_topic(path, 999, "x"), "no topic 999"),
        (lambda path: embedstore.rename_topic(path, 1, " "), "1 to 200 characters"),
        (lambda path: embedstore.merge_topics(path, [1, 1]), "at least two"),
        (lambda path: embedstore.merge_topics(path, [1, 999]), "no topic 999"),
        (lambda path: embedstore.drop_topics(path, [999]), "no topic 999"),
        (lambda path: embedstore.find_topics(path, size="small"), "--refit makes them anew"),
        (lambda path: embedstore.find_topics(path, size="huge"), "small, medium, large"),
        (lambda path: embedstore.find_topics(path, where="likes > 1"), "--refit"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(store: Path, edit: Any, why: str) -> None:
    embedstore.find_topics(store, size="large")
    before = rows(store, "FROM topics ORDER BY ALL"), _assigned(store)
    with pytest.raises(InputError, match=why):
        edit(store)
    assert (rows(store, "FROM topics ORDER BY ALL"), _assigned(store)) == before


def test_a_filter_chooses_the_posts_that_have_topics(store: Path) -> None:
    embedstore.find_topics(store, size="large", where="likes > 120")
    assert set(_assigned(store)) == set(range(121, POSTS + 1))
    with pytest.raises(QueryError, match="can't be used"):
        embedstore.find_topics(store, refit=True, where="nothing = 1")
    with pytest.raises(InputError, match="topics need 50"):
        embedstore.find_topics(store, refit=True, where="likes < 20")


def test_without_the_package_the_extra_is_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sknetwork.clustering", None)
    with pytest.raises(InputError, match=r"pip install 'embedstore\[topics\]'"):
        embedstore.find_topics(store)


def test_posts_that_are_removed_leave_their_topics(store: Path) -> None:
    embedstore.find_topics(store, size="large")
    remove(embedstore.open(store, "rw"), "likes <= 6")
    assert min(_assigned(store)) == 7
    found = embedstore.find_topics(store)
    assert found.posts == POSTS - 6
    assert sum(found.topics["size"].to_pylist()) == POSTS - 6 - found.outliers


def test_a_topic_whose_share_grows_rises_and_one_with_more_likes_than_usual_shows_it(
    store: Path,
) -> None:
    # Posts about the first thing come late and get three times the likes of the others.
    made_store.change(
        store,
        "UPDATE posts SET created_at = CASE WHEN post_id % 6 = 1"
        " THEN TIMESTAMP '2020-10-01' + INTERVAL (post_id // 6) DAY"
        " ELSE TIMESTAMP '2020-01-01' + INTERVAL (post_id) DAY END,"
        " likes = CASE WHEN post_id % 6 = 1 THEN 300 ELSE 100 END",
    )
    embedstore.find_topics(store, size="large")
    over = embedstore.topics_over_time(store, by="month")
    trends = {row["topic_id"]: row for row in over.trends.to_pylist()}
    topic = {post % 6: topic for post, topic in _assigned(store).items() if topic is not None}
    first = trends[topic[1]]
    assert first["trend"] == "rises"
    assert 0 < first["change_low"] < first["change"] < first["change_high"]
    assert first["likes_low"] > 1.3
    others = [row for number, row in trends.items() if number != topic[1]]
    assert all(row["trend"] != "rises" for row in others)
    for row in over.periods.to_pylist():
        assert 0 <= row["share_low"] <= row["share"] <= row["share_high"] <= 1
        if row["likes"] is None:
            assert row["posts"] < 10
    counted = sum(over.periods["posts"].to_pylist())
    assert counted == sum(topic is not None for topic in _assigned(store).values())


def test_the_command_lists_edits_and_shows_time(store: Path) -> None:
    result = _run(store, "--size", "large", "--format", "json")
    listed = json.loads(result.stdout)
    assert len(listed) >= len(THINGS)
    assert f"{POSTS} posts looked at" in result.stderr
    first, second = listed[0]["topic_id"], listed[1]["topic_id"]
    assert "drinks" in _run(store, "--rename", f"{first}=drinks").stdout
    merged = json.loads(_run(store, "--merge", f"{first},{second}", "--format", "json").stdout)
    assert len(merged) == len(listed) - 1
    assert "since the last fit" in _run(store, "--refit").stdout
    assert "points a year" in _run(store, "--over", "quarter").stdout
    assert _run(store, "--over", "year", "--format", "csv").stdout.startswith(
        "topic_id,name,period"
    )
    assert "one thing at a time" in _run(store, "--drop", "1", "--refit", code=2).output
    assert "ID=NAME" in _run(store, "--rename", "drinks", code=2).output
    assert "ids of topics" in _run(store, "--merge", "a,b", code=2).output


def test_a_build_assigns_the_posts_that_it_brought(tmp_path: Path, write_csv: WriteCsv) -> None:
    def file(name: str, numbers: range) -> Path:
        texts = [f"{WORDS[THINGS[n % 6]]} {n}" for n in numbers]
        return write_csv([post(n, content=t) for n, t in zip(numbers, texts, strict=True)], name)

    def build(path: Path) -> Any:
        options = ["--space", "words=hash", "--source", "a", "--images", "none"]
        result = CliRunner().invoke(program, ["build", str(store), str(path), *options])
        assert result.exit_code == 0, result.output
        return result

    store = tmp_path / "a.store"
    assert "topics" not in build(file("a.csv", range(180))).stderr
    embedstore.find_topics(store, size="large", brands=True)
    assert "12 posts looked at for topics" in build(file("b.csv", range(180, 192))).stderr
    assert len(_assigned(store)) == 192
    assert "topics" not in build(file("b.csv", range(180, 192))).stderr


def test_over_time_needs_topics(planted: Path) -> None:
    assert "has no topics yet" in _run(planted, "--over", "month", code=1).output


def test_the_sizes_of_groups_are_those_of_their_topics(store: Path) -> None:
    embedstore.find_topics(store)
    made_store.change(
        store,
        "INSERT INTO topics SELECT 1000, NULL, 1, 'group', false, [], 0;"
        "UPDATE topics SET parent_id = 1000 WHERE level = 0",
    )
    vectors, columns = made_posts(6, seed=4)
    made_store.add(store, vectors, **columns)
    found = embedstore.find_topics(store)
    [[size]] = rows(store, "SELECT size FROM topics WHERE topic_id = 1000")
    assert size == found.posts - found.outliers
    assert EACH * len(THINGS) == POSTS
