"""Settings of a file and of the environment, which stand for options."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore
from support import WriteCsv, build, post


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("EMBEDSTORE", "EMBEDSTORE_SETTINGS", "EMBEDSTORE_BUILD_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _say(folder: Path, text: str) -> None:
    (folder / "embedstore.toml").write_text(text, encoding="utf-8")


def _run(*args: str) -> Result:
    return CliRunner().invoke(embedstore, list(args))


JOB = """
store = "a.store"
[build]
posts = "posts.csv"
space = ["words=hash"]
images = "none"
source = "ours"
[sql]
max-rows = 1
"""


def test_a_job_is_one_word(here: Path, write_csv: WriteCsv) -> None:
    write_csv([post(1), post(2)])
    _say(here, JOB)
    done = _run("build")
    assert done.exit_code == 0, done.output
    assert "2 new posts" in done.output
    assert _run("sql", "SELECT DISTINCT source FROM posts", "--format", "csv").stdout == (
        "source\nours\n"
    )


def test_what_is_typed_comes_before_the_environment_and_that_before_the_file(
    here: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv([post(1)])
    _say(here, JOB)
    monkeypatch.setenv("EMBEDSTORE_BUILD_SOURCE", "theirs")
    assert _run("build").exit_code == 0
    assert _run("build", "--source", "typed").exit_code == 0
    sources = _run("sql", "SELECT source FROM posts ORDER BY 1", "--format", "csv", "--max-rows=9")
    assert sources.stdout.split() == ["source", "theirs", "typed"]
    rows = json.loads(_run("settings", "--format", "json").stdout)
    [source] = [row for row in rows if row["option"] == "source"]
    assert (source["value"], source["from"]) == ("theirs", "EMBEDSTORE_BUILD_SOURCE")


def test_a_number_of_the_file_is_an_option_and_a_typed_store_comes_first(
    here: Path, write_csv: WriteCsv
) -> None:
    build(here / "b.store", write_csv([post(1), post(2)]))
    _say(here, JOB)
    refused = _run("sql", "b.store", "SELECT id FROM posts")
    assert refused.exit_code == 1
    assert "more than 1 rows" in refused.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[biuld]\n", "it has no command biuld: did you mean build?"),
        ("[build]\nmodles = 'hub'\n", "[build] has no option modles: did you mean models?"),
        ("[heads.fit.like]\n", ""),
        ("build = 3\n", "build is a command; its options stand under [build]"),
        ("[build]\nmodels = ['hub', 'bundled']\n", "build.models takes one value"),
        ("[build]\nmap = [['a']]\n", "build.map takes a list"),
        ("[build\n", "embedstore.toml is no TOML"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(here: Path, text: str, message: str) -> None:
    _say(here, text)
    program = embedstore if message else heads
    done = CliRunner().invoke(program, ["list" if not message else "settings"])
    assert done.exit_code == 1
    assert (message or "[heads.fit] has no command like: did you mean likes?") in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("here")
def test_a_file_elsewhere_is_named_by_a_variable(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("etc")
    _say(elsewhere, 'store = "x.store"\n[heads.list]\nformat = "json"\n')
    monkeypatch.setenv("EMBEDSTORE_SETTINGS", str(elsewhere / "embedstore.toml"))
    rows = json.loads(_run("settings", "--format", "json").stdout)
    assert [(row["command"], row["option"], row["value"]) for row in rows] == [
        ("every command", "store", "x.store"),
        ("heads list", "format", "json"),
    ]
    monkeypatch.setenv("EMBEDSTORE_SETTINGS", str(elsewhere / "gone.toml"))
    assert "which is no file" in _run("settings").output


def test_without_settings_that_is_said(here: Path) -> None:
    assert "there is no embedstore.toml here" in _run("settings").output
    assert here.is_dir()
