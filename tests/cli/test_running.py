"""What commands say while they work: progress, a log, and exit statuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore
from support import WriteCsv, post


@pytest.fixture
def posts(write_csv: WriteCsv) -> Path:
    return write_csv([post(n) for n in (1, 2, 3)])


def _run(*args: str | Path) -> Result:
    return CliRunner().invoke(embedstore, [str(arg) for arg in args])


def _build(store: Path, posts: Path, *options: str | Path) -> Result:
    return _run("build", store, posts, "--space", "words=hash", "--images", "none", *options)


def _lines(text: str) -> Iterator[dict[str, object]]:
    return (json.loads(line) for line in text.splitlines())


def test_a_log_of_a_build_has_begin_stages_report_and_end_as_json(
    tmp_path: Path, posts: Path
) -> None:
    log = tmp_path / "build.log"
    done = _build(tmp_path / "s", posts, "--log-file", log, "--log-format", "json")
    assert done.exit_code == 0, done.output
    lines = list(_lines(log.read_text()))
    assert lines[0]["message"] == "embedstore build: begins"
    assert lines[-1]["message"] == "embedstore build: done"
    assert lines[-1]["status"] == 0
    [report] = [line["report"] for line in lines if "report" in line]
    assert isinstance(report, dict)
    assert report["posts"]["new"] == 3
    [encoded] = [line for line in lines if line.get("stage") == "encode words" and "done" in line]
    assert (encoded["done"], encoded["unit"]) == (3, "texts")


def test_a_log_is_added_to_and_holds_the_reason_of_a_failure(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for _ in range(2):
        assert _run("info", tmp_path / "none", "--log-file", log).exit_code == 1
    errors = [line for line in log.read_text().splitlines() if " ERROR " in line]
    assert len(errors) == 2
    assert "there is no store at" in errors[0]


def test_text_of_users_can_not_break_the_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    _run("info", f"{tmp_path}/a\nERROR forged\x1b[2J", "--log-file", log)
    assert "\x1b" not in log.read_text()
    assert not any(line.startswith("ERROR") for line in log.read_text().splitlines())


def test_verbose_says_each_step_on_stderr_and_results_stay_alone_on_stdout(
    tmp_path: Path, posts: Path
) -> None:
    done = _build(tmp_path / "s", posts, "-v", "--format", "json")
    assert json.loads(done.stdout)["posts"]["new"] == 3
    assert "encode words: 3 texts in" in done.stderr


def test_quiet_says_nothing_but_errors(tmp_path: Path, posts: Path) -> None:
    assert "CSV; id ← id" in _build(tmp_path / "a", posts).stderr
    assert _build(tmp_path / "b", posts, "-q").stderr == ""
    assert _run("info", tmp_path / "none", "-q").stderr.startswith("Error: there is no store")


def test_progress_for_machines_is_a_line_of_json_for_each_stage(
    tmp_path: Path, posts: Path
) -> None:
    done = _build(tmp_path / "s", posts, "--progress", "json")
    ends = {
        str(line["stage"]): line
        for line in _lines(done.stderr)
        if line["done"] == line.get("total")
    }
    assert ends["encode words"]["unit"] == "texts"
    assert any(stage.startswith("read ") for stage in ends)


@pytest.mark.parametrize("options", [[], ["-v"], ["--progress", "json"]])
def test_a_log_that_can_not_be_written_is_one_sentence(tmp_path: Path, options: list[str]) -> None:
    done = _run("info", tmp_path, "--log-file", tmp_path / "no" / "folder.log", *options)
    assert done.exit_code == 1
    assert "no such file or directory; name another file with --log-file" in done.stderr


def test_a_usage_that_is_wrong_ends_with_status_2_and_half_a_build_with_3(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    assert _run("build", tmp_path / "s", "--nonsense").exit_code == 2
    bad = [post(n, id="") for n in (1, 2)]
    assert _build(tmp_path / "none", write_csv(bad)).exit_code == 1
    assert _build(tmp_path / "part", write_csv([*bad, post(3)])).exit_code == 3


def test_every_command_takes_these_options_and_says_so() -> None:
    for program, path in ((embedstore, ["sql"]), (heads, ["fit", "likes"]), (heads, ["list"])):
        shown = CliRunner().invoke(program, [*path, "--help"])
        assert "Exit status: 0 done" in shown.output
        assert shown.output.count("--log-file FILE") == 1
