"""`embedstore serve`: where it listens, whom it asks for a token, and how it ends."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore
from made_store import clustered, make

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of a few posts."""
    path = tmp_path / "few.store"
    make(path, clustered(5))
    return path


def said(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(embedstore, ["serve", *arguments])
    return found.exit_code, found.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_another_address_needs_a_token_or_a_proxy(store: Path, host: str) -> None:
    status, output = said(str(store), "--host", host)
    assert status == 2
    assert "--token auto" in output


def test_a_token_that_can_be_guessed_is_refused(store: Path) -> None:
    status, output = said(str(store), "--token", "secret")
    assert status == 2
    assert "16 characters" in output


def test_a_port_that_is_taken_is_said(store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, output = said(str(store), "--port", str(taken.getsockname()[1]))
    assert status == 1
    assert "--port" in output


def test_it_says_its_address_answers_and_ends_with_ctrl_c(store: Path, tmp_path: Path) -> None:
    command = "import sys, embedstore; from embedstore.cli.program import embedstore as run; run()"
    arguments = ["serve", str(store), "--port", "0", "--audit", str(tmp_path / "audit.jsonl")]
    with subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert address is not None
        with urllib.request.urlopen(f"{address[0]}api/v1/stores") as answer:
            assert answer.read() == b'["few"]'
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert "Traceback" not in process.stderr.read()
