"""Ctrl-C ends every command within a second or so, with status 130 and without a traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from embedstore.cli import program
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore
from support import WriteCsv, build_once, post

from benchmarks.attacks.interrupts import COMMANDS

ENDLESS = {("embedstore", "serve"), ("embedstore", "mcp")}
"""Servers: Ctrl-C is their ordinary end, which the studio's tests bring about."""

PROGRAM = "from embedstore.cli.program import embedstore; embedstore()"
SAYING_WHEN = PROGRAM.replace("; ", "; print('begun', flush=True); ")
FOREVER = (
    "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000)"
    " SELECT max(n) FROM t) > 0"
)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Three posts."""
    build_once(tmp_path / "s", write_csv([post(n) for n in (1, 2, 3)]))
    return tmp_path / "s"


def _interrupted(*arguments: str, after_s: float, opened: Path | None = None) -> tuple[float, str]:
    """Seconds that a command took to end after Ctrl-C, and what it said.

    Ctrl-C comes `after_s` seconds after the program has begun or, if named, `opened` a store.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SAYING_WHEN, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A job in the background is started with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    if opened is not None:
        _wait_until_open(process, opened / "store.duckdb")
    time.sleep(after_s)
    assert process.poll() is None, process.communicate()
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    took = time.monotonic() - sent
    assert process.returncode == 130, said
    assert "Traceback" not in said
    return took, said


def test_a_module_that_is_half_loaded_does_not_keep_the_process() -> None:
    """The thread that stops queries may come while the module that knows them is imported."""
    said = _interrupted_in(
        "import hashlib, sys, types\n"
        "sys.modules['embedstore.storage.database'] = types.ModuleType('half')\n",
        "hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)",  # asks for no signals
    )
    assert said.startswith("interrupted: ")


def test_a_compiler_that_calls_python_back_does_not_swallow_it() -> None:
    said = _interrupted_in(
        "import ctypes, time\n"
        "back = compile('time.sleep(30) or 0', 'llvmlite/binding/executionengine.py', 'eval')\n",
        "ctypes.CFUNCTYPE(ctypes.c_int)(lambda: eval(back))()",
    )
    assert said.startswith("interrupted: ")


def _interrupted_in(before: str, statement: str) -> str:
    """What a program says that gets Ctrl-C in a statement; it has to end with status 130."""
    program = (
        f"{before}from embedstore.cli.interrupt import interruptible\n"
        f"with interruptible():\n    print('begun', flush=True)\n    {statement}\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(1)  # until it is in the statement
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130, said
    return said.strip()


def _wait_until_open(process: "subprocess.Popen[str]", file: Path) -> None:
    """Wait until a process has a file open; where that can't be seen, longer than it takes."""
    handles = Path(f"/proc/{process.pid}/fd")
    if not handles.is_dir():
        time.sleep(3)
        return
    until = time.monotonic() + 60
    while process.poll() is None:
        # Handles come and go while they are looked at.
        with suppress(OSError):
            if file.resolve() in [handle.readlink() for handle in handles.iterdir()]:
                return
        assert time.monotonic() < until, "the store was not opened"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "command",
    [
        ["sql", "STORE", f"SELECT 1 WHERE {FOREVER}"],
        ["sql", "STORE", f"FROM search('coffee', 3, where := '{FOREVER}')"],
        ["similar", "STORE", "--text", "coffee", "--where", FOREVER],
        ["remove", "STORE", "--yes", "--where", FOREVER],
        ["export", "STORE", "OUT", "--where", FOREVER],
    ],
    ids=["sql", "search in sql", "similar", "remove", "export"],
)
def test_a_query_without_an_end_is_stopped(store: Path, tmp_path: Path, command: list[str]) -> None:
    places = {"STORE": str(store), "OUT": str(tmp_path / "out")}
    words = [places.get(word, word) for word in command]
    took, said = _interrupted(*words, after_s=1, opened=store)
    assert took < 3, "a second, and what a busy machine adds"
    assert "interrupted" in said


def _leaves(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from _leaves(command.get_command(context, name), *path, name)


def test_the_benchmark_interrupts_every_command() -> None:
    attacked = [tuple(words) for words in COMMANDS.values()]
    missed = {
        path
        for group in (embedstore, heads)
        for path in _leaves(group, str(group.name))
        if not any(words[: len(path)] == path for words in attacked)
    }
    assert missed == ENDLESS


@pytest.mark.parametrize("after_s", [0.2, 0.5, 0.9])
def test_a_command_is_stopped_while_it_imports(store: Path, after_s: float) -> None:
    took, _ = _interrupted(
        "similar", str(store), "--text", "x", "--where", FOREVER, after_s=after_s
    )
    assert took < 3


class _Interrupted:
    """As part of a class that is being made when Ctrl-C comes."""

    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def _make_a_class(**_: object) -> None:
    type("Large", (), {"part": _Interrupted()})


def _wrap(**_: object) -> None:
    raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()


@pytest.mark.parametrize("command", [_make_a_class, _wrap])
def test_an_interruption_of_a_class_being_made_in_an_import_is_one(
    command: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.11 raises a RuntimeError in place of the interruption."""
    monkeypatch.setitem(sys.modules, "embedstore.cli.main", SimpleNamespace(embedstore=command))
    with pytest.raises(SystemExit) as ended:
        program.embedstore()
    assert ended.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_an_error_that_is_no_interruption_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(**_: object) -> None:
        raise RuntimeError("a fault of ours") from ValueError()

    monkeypatch.setitem(sys.modules, "embedstore.cli.main", SimpleNamespace(embedstore=fails))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        program.embedstore()


def test_ctrl_c_while_a_command_that_is_done_leaves_changes_nothing() -> None:
    """Libraries tidy up then, and an interruption in the middle would be their traceback."""
    at_exit = "import atexit, os, signal; atexit.register(os.kill, os.getpid(), signal.SIGINT); "
    done = subprocess.run(
        [sys.executable, "-c", at_exit + PROGRAM, "--version"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "version" in done.stdout


HEARD_AT_ONCE = """
import os, signal
from embedstore.cli.interrupt import HEARD, interruptible
with interruptible():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        print(HEARD.is_set())
"""


def test_ctrl_c_is_known_by_the_time_an_error_of_duckdb_takes_its_place() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEARD_AT_ONCE],
        cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert done.stdout == "True\n"


IN_AN_IMPORT = """
from embedstore.cli.interrupt import interruptible
with interruptible():
    try:
        import presses_ctrl_c
    except BaseException as error:
        print("an exception went through the import:", repr(error))
"""


def test_no_exception_goes_through_an_import(tmp_path: Path) -> None:
    """Where a library in C++ imports a module while it is loaded, one would abort the process."""
    (tmp_path / "presses_ctrl_c.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('went on')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", IN_AN_IMPORT],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert "interrupted" in done.stderr
