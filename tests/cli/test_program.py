"""How a program ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

_WITH_A_THREAD_LEFT = """
import atexit, pathlib, sys, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
atexit.register(pathlib.Path(sys.argv.pop()).write_text, "done")
from embedstore.cli.program import embedstore
embedstore()
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITH_A_THREAD_LEFT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize(
    ("arguments", "status", "printed"),
    [
        (["--help"], 0, "An embedding store for social-media posts"),
        (["info"], 2, "Missing argument 'STORE'"),
        (["info", "no.store"], 1, "there is no store at no.store"),
    ],
)
def test_no_thread_that_a_library_leaves_holds_the_exit(
    tmp_path: Path, arguments: list[str], status: int, printed: str
) -> None:
    started = time.monotonic()
    done = run(*arguments, tmp_path / "mark")
    assert time.monotonic() - started < 40
    assert done.returncode == status
    assert printed in done.stdout + done.stderr
    assert (tmp_path / "mark").read_text() == "done"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_can_not_be_written_is_still_a_failure() -> None:
    code = "from embedstore.cli.program import embedstore; embedstore()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr or "no space left" in done.stderr
