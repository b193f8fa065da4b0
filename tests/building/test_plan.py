"""What a build will do, before it does it: counts, choices, arithmetic, and plan beside fact."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from made_store import change
from support import WriteCsv, build, post

import embedstore
from embedstore.building.forecast import plan, planning
from embedstore.building.forecast.plan import Rate, SpaceWork, Work
from embedstore.errors import InputError
from embedstore.index import inverted_lists
from embedstore.maintenance.info import info

WORDS = SpaceWork("words", "hash", "texts", "encode words", 64, stored=0, cached=0, new=1000)
WORK = Work(
    rows=1000,
    exact=True,
    known=0,
    row_bytes=300.0,
    stored_posts=0,
    pictures=0,
    fetched=0,
    spaces=(WORDS,),
)
RATES = {
    "read": Rate(1000.0, "sample"),
    "store": Rate(500.0, "build 1"),
    "encode words": Rate(100.0, "calibration"),
    "write": Rate(256_000.0, "calibration"),
    "index numbers": Rate(64_000.0, "calibration"),
    "index products": Rate(1e9, "calibration"),
}


def test_stages_that_run_beside_each_other_count_once() -> None:
    made = plan.plan(WORK, RATES)
    assert {stage.stage: stage.seconds for stage in made.stages} == {
        "read": 1.0,
        "store": 2.0,
        "encode words": 10.0,
        "write": 1.0,
        "index": 1.0,
    }
    assert made.seconds == 2 + 10 + 1


def test_a_stage_that_nobody_has_measured_is_not_known_and_not_guessed() -> None:
    made = plan.plan(WORK, {"read": RATES["read"]})
    unknown = [stage for stage in made.stages if stage.seconds is None]
    assert [stage.stage for stage in unknown] == ["store", "encode words", "write", "index"]
    assert {stage.source for stage in unknown} == {"not measured yet"}
    assert made.seconds == 1.0


@pytest.mark.parametrize(
    ("stored", "new", "lists", "trained", "written"),
    [
        (0, 1000, 0, False, 1000),
        (0, 1_000_000, 2048, True, 1_000_000),
        (1_000_000, 1000, 2048, False, 1000),
        (300_000, 50_000, 1024, True, 350_000),  # exact until now
        (1_000_000, 0, 2048, False, 0),
    ],
)
def test_an_index_is_planned_as_it_will_be_built(
    stored: int, new: int, lists: int, trained: bool, written: int
) -> None:
    made = plan.index_of(replace(WORDS, stored=stored, new=new))
    assert (made.lists, made.trained, made.written) == (lists, trained, written)
    assert (made.products > 0) == (lists > 0 and new > 0)
    assert inverted_lists.fits(made.lists, stored + new, 64)


def test_ten_million_posts_are_planned_by_arithmetic_alone() -> None:
    spaces = (replace(WORDS, new=10_000_000),)
    made = plan.plan(replace(WORK, rows=10_000_000, spaces=spaces), RATES)
    assert made.indexes["words-texts"].lists == 8192
    assert 4e9 < made.disk_bytes < 12e9
    assert 1e9 < made.memory_bytes < 4e9


def _plan(tmp_path: Path, *files: Path) -> embedstore.Plan:
    return embedstore.plan_build(tmp_path / "s", files, space=["words=hash"], images="none")


def test_a_small_input_is_counted_and_nothing_is_written(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    posts = [post(n) for n in range(1, 41)] + [post(41, content=post(1)["content"])]
    made = _plan(tmp_path, write_csv(posts))
    assert (made.work.rows, made.work.exact, made.work.known) == (41, True, 0)
    assert [(space.new, space.cached) for space in made.work.spaces] == [(40, 0)]
    assert all(stage.seconds is not None for stage in made.stages if stage.stage != "read")
    assert not (tmp_path / "s").exists()


def test_what_a_store_has_already_is_planned_as_cached(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(n) for n in range(1, 36)]))
    # As a build leaves it that was killed.
    change(tmp_path / "s", "DELETE FROM vectors WHERE content_id > 30")
    changed = [post(1, content="edited"), post(2), post(90)]
    made = _plan(tmp_path, write_csv(changed))
    [words] = made.work.spaces
    assert (made.work.known, made.work.stored_posts) == (2, 35)
    assert (words.stored, words.cached, words.new) == (30, 1, 2 + 5)


def test_a_large_input_is_estimated_from_its_beginning(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(n, likes=n) for n in range(1, 10_001)])
    work = _plan(tmp_path, file).work
    assert not work.exact
    assert work.rows == pytest.approx(10_000, rel=0.03)
    assert work.spaces[0].new == pytest.approx(10_000, rel=0.03)


def test_pictures_are_planned_by_their_addresses(tmp_path: Path, write_csv: WriteCsv) -> None:
    media = "[Photo(previewUrl='https://x.example/a', fullUrl='https://x.example/{}')]"
    posts = [post(n, media=media.format(n % 3)) for n in range(1, 10)]
    made = embedstore.plan_build(tmp_path / "s", [write_csv(posts)], space=["words=hash"])
    assert (made.work.pictures, made.work.fetched) == (3, 0)
    [fetch] = [stage for stage in made.stages if stage.stage == "fetch"]
    assert (fetch.amount, fetch.seconds, fetch.source) == (3, None, "not measured yet")


def test_a_plan_without_a_store_or_posts_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="say which posts to plan for"):
        _plan(tmp_path)


def test_rates_of_earlier_builds_are_named_and_info_shows_plan_beside_fact(
    tmp_path: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PLANNED_BYTES", 0)
    monkeypatch.setattr("embedstore.building.forecast.rates.LEAST_SECONDS", 0.0)
    build(tmp_path / "s", write_csv([post(n) for n in range(1, 31)]))
    report = build(tmp_path / "s", write_csv([post(n) for n in range(31, 71)], "more.csv"))
    assert report.plan is not None
    sources = {stage["stage"]: stage["source"] for stage in report.plan["stages"]}
    assert sources["store"] == sources["encode words"] == sources["index"] == "build 1"
    [(build_id, rows)] = info(embedstore.open(tmp_path / "s")).planned.items()
    assert build_id == 2
    by_name = {row["what"]: row for row in rows}
    assert (by_name["encode words"]["planned"], by_name["encode words"]["done"]) == (40, 40)
    assert by_name["store"]["planned_s"] > 0
    assert by_name["whole build"]["took_s"] == report.total_seconds
    assert by_name["memory"]["done"] > 0


def test_the_command_prints_a_plan_and_info_prints_what_came_of_it(
    tmp_path: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_csv([post(n) for n in range(1, 31)])
    arguments = ["build", str(tmp_path / "s"), str(file), "--space", "words=hash"]
    arguments += ["--images", "none"]
    shown = CliRunner().invoke(command, [*arguments, "--plan"])
    assert shown.exit_code == 0, shown.output
    assert "30 rows, 0 of posts that are known; 0 posts in the store" in shown.output
    assert "words (hash, 64 dimensions): 30 texts to encode, 0 have vectors" in shown.output
    assert "index words-texts: exact, 30 vectors to write" in shown.output
    assert "store from calibration" in shown.output
    as_json = CliRunner().invoke(command, [*arguments, "--plan", "--format", "json"])
    assert json.loads(as_json.stdout)["work"]["rows"] == 30
    monkeypatch.setattr(planning, "PLANNED_BYTES", 0)
    assert CliRunner().invoke(command, arguments).exit_code == 0
    found = CliRunner().invoke(command, ["info", str(tmp_path / "s")])
    assert "plan beside fact, build 1" in found.output
