"""Every command under a full disk, a read-only disk, a closed stdout and an ASCII terminal.

The disks are real ones in memory, which only root may mount; elsewhere these cases are skipped.
"""

import csv
import gc
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.main import embedstore as command
from support import build, post

import embedstore
from embedstore.maintenance.backup import backup
from embedstore.maintenance.check import check
from embedstore.maintenance.remove import remove

PROGRAM = "from embedstore.cli.program import embedstore; embedstore()"
ROOT = Path(__file__).parents[2]

COMMANDS = {
    "build": ["build", "STORE", "MORE", "--images", "none"],
    "first build": ["build", "DISK/new", "MORE", "--space", "words=hash", "--images", "none"],
    "plan": ["build", "STORE", "MORE", "--images", "none", "--plan"],
    "explain": ["build", "STORE", "MORE", "--explain"],
    "sql": ["sql", "STORE", "FROM posts", "--format", "csv"],
    "sql --write": ["sql", "STORE", "CREATE TABLE t AS SELECT repeat('x', 999) FROM range(99999)",
                    "--write"],
    "similar": ["similar", "STORE", "--text", "coffee"],
    "similar --html": ["similar", "STORE", "--text", "coffee", "--html", "DISK/page.html"],
    "info": ["info", "STORE"],
    "check": ["check", "STORE"],
    "repair": ["check", "STORE", "--repair", "--yes"],
    "tokens": ["tokens", "STORE", "--plot", "DISK/plot.png"],
    "remove": ["remove", "STORE", "--yes", "--where", "likes > 15"],
    "export": ["export", "STORE", "DISK/out"],
    "import": ["import", "STORE", "MORE", "--space", "mine"],
    "sample": ["sample", "DISK/sample", "--posts", "20"],
    "models": ["models", "list"],
    "duplicates": ["duplicates", "STORE"],
    "topics": ["topics", "STORE"],
    "label": ["label", "STORE", "kind", "--examples", "LABELS"],
    "compact": ["compact", "STORE"],
    "backup": ["backup", "STORE", "DISK/backup"],
    "restore": ["restore", "BACKUP", "DISK/restored"],
    "rescue": ["rescue", "STORE", "into", "DISK/rescued"],
    "watch": ["watch", "STORE", "INBOX", "--once", "--images", "none"],
    "settings": ["settings"],
}  # fmt: skip
"""Words of each command; some can do their work under each fault, and some can't."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that needs a repair, and a file with more posts."""
    folder = tmp_path_factory.mktemp("made")
    for name, numbers in (("posts", range(1, 6)), ("more", range(6, 60))):
        rows = [post(n, content=f"Käse {n} {'x' * 4000 * (n > 5)}") for n in numbers]
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    build(folder / "s", folder / "posts.csv")
    backup(embedstore.open(folder / "s"), folder / "backup")
    embedstore.open(folder / "s", "rw").sql("DELETE FROM contents WHERE content_id = 1")
    labels = [f"posts:{number},{number % 2}" for number in range(1, 6)]
    (folder / "labels.csv").write_text("\n".join(["post,label", *labels, ""]))
    return folder


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An own disk of a few megabytes with the store on it."""
    place = tmp_path_factory.mktemp("disk")
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no disk may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _words(name: str, made: Path, disk: Path) -> list[str]:
    (made / "inbox").mkdir(exist_ok=True)
    shutil.copy(made / "more.csv", made / "inbox")
    places = {
        "STORE": disk / "s", "MORE": made / "more.csv", "LABELS": made / "labels.csv",
        "BACKUP": made / "backup", "INBOX": made / "inbox",
    }  # fmt: skip
    return [str(places.get(word, word.replace("DISK", str(disk)))) for word in COMMANDS[name]]


def _ends_well(done: Result) -> None:
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    if done.exit_code == 1 and "Error" in done.stderr:
        [line] = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        assert len(line) > 30, "it says what to do"


def _make_read_only(disk: Path) -> None:
    """Mount the disk anew; files that the test before had open may take a moment to be closed."""
    for _ in range(20):
        gc.collect()
        if subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=False).returncode == 0:
            return
        time.sleep(0.25)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_no_command_ends_in_a_traceback_on_such_a_disk(
    made: Path, disk: Path, kind: str, name: str
) -> None:
    for left in disk.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    shutil.copytree(made / "s", disk / "s")
    if kind == "full":
        with suppress(OSError), (disk / "filler").open("wb", buffering=0) as out:
            while True:
                out.write(bytes(4096))
    else:
        _make_read_only(disk)
    try:
        _ends_well(CliRunner().invoke(command, _words(name, made, disk)))
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    (disk / "filler").unlink(missing_ok=True)
    # What was there is there, and the same work goes on once there is room.
    rows = embedstore.open(disk / "s").sql("SELECT count(*) AS n FROM posts WHERE likes < 15")
    assert rows["n"].to_pylist() == [1]


@pytest.mark.parametrize("fault", ["closed stdout", "ASCII terminal"])
def test_no_command_ends_in_a_traceback_with_such_an_output(
    made: Path, tmp_path: Path, fault: str
) -> None:
    """All commands in one process after the other, each from the program's own entry."""
    shutil.copytree(made / "s", tmp_path / "s")
    # One process for all commands: importing takes longer than they do.
    program = (
        "import sys\n"
        "from embedstore.cli.main import embedstore\n"
        "for words in eval(sys.argv[1]):\n"
        "    try:\n"
        "        embedstore(words, prog_name='embedstore')\n"
        "    except SystemExit:\n"
        "        pass\n"
    )
    words = [_words(name, made, tmp_path) for name in COMMANDS]
    env = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    closed = fault == "closed stdout"
    done = subprocess.run(
        [sys.executable, "-c", program, repr(words)],
        cwd=ROOT, env=os.environ if closed else env, check=False, timeout=120,
        stdout=None if closed else subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=(lambda: os.close(1)) if closed else None,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert embedstore.open(tmp_path / "s").sql("FROM posts").num_rows


def test_a_removal_and_a_repair_go_on_when_there_is_room(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "s", tmp_path / "s")
    remove(embedstore.open(tmp_path / "s", "rw"), "likes > 15")
    assert CliRunner().invoke(command, ["check", str(tmp_path / "s"), "--repair", "--yes"])
    build(tmp_path / "s")
    assert [each.promise for each in check(embedstore.open(tmp_path / "s")) if each.broken] == []


@pytest.mark.parametrize(
    "words",
    [
        ["build", "FILE/s", "FILE"],
        ["export", "STORE", "FILE/out"],
        ["similar", "STORE", "--text", "x", "--html", "FILE/page.html"],
        ["similar", "STORE", "--text", "x", "--html", "nosuch/page.html"],
        ["similar", "STORE", "--text", "x", "--where", "'a'"],
        ["similar", "STORE", "--text", "x", "--where", "text::INT > 1"],
        ["remove", "STORE", "--yes", "--where", "text::INT > 1"],
        ["export", "STORE", "out", "--where", "text::INT > 1"],
    ],
    ids=" ".join,
)
def test_a_place_or_filter_that_cannot_be_is_one_line(made: Path, words: list[str]) -> None:
    file = str(made / "posts.csv")
    words = [word.replace("FILE", file).replace("STORE", str(made / "s")) for word in words]
    done = CliRunner().invoke(command, words)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error")]) == 1
