"""Output that can't be written ends in one line, or in signs that any terminal can print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import WriteCsv, build_once, post

PROGRAM = "from embedstore.cli.program import embedstore; embedstore()"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Posts in letters that ASCII lacks."""
    build_once(tmp_path / "s", write_csv([post(n, content=f"Käse {n} 🧀") for n in range(1, 200)]))
    return tmp_path / "s"


def _run(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", PROGRAM, *arguments],
        **{"cwd": ROOT, "capture_output": True, "check": False, "timeout": 60} | options,
    )


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_an_ascii_terminal_gets_tables_with_escapes_and_files_in_utf8(
    store: Path, form: str
) -> None:
    env = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = _run("sql", str(store), "SELECT text FROM posts", "--format", form, env=env)
    assert done.returncode == 0, done.stderr
    assert (b"K\\xe4se" if form == "table" else "Käse 1 🧀".encode()) in done.stdout
    assert done.stderr == b""


def test_a_closed_stdout_gives_no_traceback(store: Path) -> None:
    for form in ("table", "csv"):
        done = _run(
            "sql", str(store), "SELECT text FROM posts", "--format", form,
            preexec_fn=lambda: os.close(1),
        )  # fmt: skip
        assert b"Traceback" not in done.stderr


def test_a_reader_that_has_enough_gives_no_traceback(store: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = _run(
        "sql", str(store), "SELECT text FROM posts, range(500)", "--format", "csv",
        stdout=writing, stderr=subprocess.PIPE, capture_output=False,
    )  # fmt: skip
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_stdout_is_one_line(store: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = _run(
            "sql", str(store), "SELECT text FROM posts", "--format", "csv",
            stdout=full, stderr=subprocess.PIPE, capture_output=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"no space left" in done.stderr.lower()
    assert len(done.stderr.splitlines()) == 1
