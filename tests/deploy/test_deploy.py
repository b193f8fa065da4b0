"""The files under `deploy/`: what they copy is there, and what they run is a command."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore
from support import WriteCsv, post, rows

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def parsed(file: Path) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    return content


def commands() -> Iterator[list[str]]:
    """Every call of `embedstore` in the files, without its name."""
    for unit in (DEPLOY / "systemd").glob("*.service"):
        for line in unit.read_text().splitlines():
            if line.startswith("ExecStart="):
                program, *arguments = shlex.split(line.removeprefix("ExecStart="))
                assert Path(program).name == "embedstore"
                yield arguments
    workflow = parsed(DEPLOY / "github" / "build-store.yml")
    for step in workflow["jobs"]["build"]["steps"]:
        for line in step.get("run", "").splitlines():
            if line.startswith("embedstore "):
                yield shlex.split(line)[1:]
    for service in parsed(DEPLOY / "compose.yaml")["services"].values():
        if "command" in service:
            yield service["command"]


def _made(arguments: list[str], root: Path) -> list[str]:
    """Arguments whose folders are there, below another root."""
    (root / "srv" / "embedstore" / "inbox").mkdir(parents=True, exist_ok=True)
    return [each.replace("/srv/", f"{root}/srv/") for each in arguments]


def test_every_command_is_one_with_options_that_it_has(tmp_path: Path) -> None:
    found = list(commands())
    assert len(found) == 7
    for name, *arguments in found:
        command = embedstore.get_command(click.Context(embedstore), name)
        assert command is not None
        command.make_context(name, _made(arguments, tmp_path))


def test_the_builds_read_a_folder_of_posts(tmp_path: Path, write_csv: WriteCsv) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    write_csv([post(1), post(2)], "may.csv").rename(folder / "may.csv")
    builds = [arguments for arguments in commands() if arguments[0] == "build"]
    assert len(builds) == 3
    for number, (name, _, posts, *options) in enumerate(builds):
        assert Path(posts).name == "posts"
        store = str(tmp_path / f"{number}.store")
        done = CliRunner().invoke(embedstore, [name, store, str(folder), *options])
        assert done.exit_code == 0, done.output
        assert rows(Path(store), "SELECT source, count(*) FROM posts GROUP BY 1") == [("may", 2)]


def test_the_image_gets_every_folder_of_the_package_and_nothing_else() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert {"embedstore", "cli", "sql", "heads", "pyproject.toml"} <= copied
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert allowed == copied


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    # The program is not installed where the unit expects it: any that is there serves.
    for unit in UNITS:
        text = unit.read_text().replace("/opt/embedstore/bin/embedstore", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "embedstore-build" in line] == []
