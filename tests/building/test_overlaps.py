"""The same posts in two sources are noticed before they are stored; copies elsewhere are found."""

from pathlib import Path

from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from support import WriteCsv, build, post, rows

from embedstore.progress import Step


def test_posts_of_another_source_are_said_before_anything_is_stored(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(n) for n in range(1, 7)], "may.csv"))
    june = write_csv([post(n) for n in range(5, 11)], "june.csv")
    stored_when_said: list[int] = []

    def watch(step: Step) -> None:
        if "are in source 'may' too" in step.note:
            stored_when_said.append(rows(tmp_path / "s", "SELECT count(*) FROM posts")[0][0])

    report = build(tmp_path / "s", june, progress=watch)
    assert stored_when_said == [6]
    [overlap] = report.overlaps
    assert (overlap.source, overlap.other, overlap.posts, overlap.looked_at) == (
        "june",
        "may",
        2,
        6,
    )
    assert rows(tmp_path / "s", "SELECT * FROM shared_posts") == [("june", "may", 2)]
    # They are stored by now: nothing new to say.
    assert build(tmp_path / "s", june).overlaps == []


def test_the_option_that_is_named_mends_it(tmp_path: Path, write_csv: WriteCsv) -> None:
    build(tmp_path / "s", write_csv([post(n) for n in range(1, 7)], "may.csv"))
    june = write_csv([post(n) for n in range(5, 11)], "june.csv")
    report = build(tmp_path / "s", june, source="may")
    assert report.overlaps == []
    assert (report.posts.new, report.posts.unchanged) == (4, 2)
    assert rows(tmp_path / "s", "SELECT * FROM shared_posts") == []


def test_files_of_one_build_that_overlap_are_said(tmp_path: Path, write_csv: WriteCsv) -> None:
    files = [write_csv([post(n) for n in (k, k + 1)], f"day{k}.csv") for k in (1, 2)]
    arguments = ["build", str(tmp_path / "s"), *map(str, files), "--space", "words=hash"]
    done = CliRunner().invoke(command, [*arguments, "--images", "none"])
    assert done.exit_code == 0, done.output
    assert (
        "1 of the first 2 new posts of source 'day2' are in source 'day1' too and will be stored"
        " twice: --source day1 reads them as the same posts"
    ) in done.stderr


def test_the_same_number_of_other_accounts_or_platforms_is_no_overlap(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1, platform="x"), post(2), post(3)], "a.csv"))
    others = [
        post(1, platform="instagram"),
        post(2, username="somebody_else"),
        post(3, content="another text", date="2021-01-01"),
    ]
    assert build(tmp_path / "s", write_csv(others, "b.csv")).overlaps == []


def test_one_platforms_id_is_one_post_whatever_its_text_has_become(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    first = post(1, platform="x", username="@Roastery")
    build(tmp_path / "s", write_csv([first], "a.csv"))
    edited = post(1, platform="x", content="edited", date="", username="roastery")
    [overlap] = build(tmp_path / "s", write_csv([edited], "b.csv")).overlaps
    assert overlap.posts == 1


def test_copies_on_other_platforms_are_a_view(tmp_path: Path, write_csv: WriteCsv) -> None:
    words = "Our NEW roast is here: three beans, one cup!"
    build(tmp_path / "s", write_csv([post(1, content=f"{words} https://x.example/1")], "x.csv"))
    build(
        tmp_path / "s",
        write_csv(
            [
                post(77, content="our new roast is here ☕ three beans one cup"),
                post(78, content="Thanks!"),
            ],
            "insta.csv",
        ),
    )
    build(tmp_path / "s", write_csv([post(5, content="Thanks!")], "y.csv"))
    found = rows(tmp_path / "s", "SELECT crosspost, sources, source, id FROM crossposts")
    assert sorted(found) == [(1, 2, "insta", "77"), (1, 2, "x", "1")]
