"""Processes that take turns: each loads its way of doing a thing once, then runs when told to.

python -m benchmarks.peers.turns MODULE:FUNCTION ARGUMENTS      (what `Turn` starts)
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class SkippedError(Exception):
    """A way can't be run here; the message says why."""


class Turn:
    """A process with one way of doing a thing.

    Parameters
    ----------
    python : Path
        Interpreter.
    way : str
        ``module:function``; the function takes `arguments` and returns what is to be run: a
        function of one task, both of JSON types.
    arguments : mapping
        Of JSON types.

    Raises
    ------
    SkippedError
        It can't be set up.
    """

    def __init__(self, python: Path, way: str, arguments: Mapping[str, Any]) -> None:
        self.way = way
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.peers.turns", way, json.dumps(dict(arguments))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = str(self._answer()["value"])

    def ask(self, task: Any = None) -> tuple[float, Any]:
        """Run a task: its seconds, and what it returned.

        Raises
        ------
        SkippedError
            It failed.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SkippedError("its process ended") from error
        answer = self._answer()
        return float(answer["seconds"]), answer["value"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "its process ended"}
        if "error" in answer:
            self.close()
            raise SkippedError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def main(way: str, arguments: str) -> None:
    """Set a way up, then run it for each line of the standard input."""
    # Libraries print; the answers have the standard output to themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    module, function = way.split(":")
    try:
        run = getattr(import_module(module), function)(**json.loads(arguments))
        answer(value=getattr(run, "about", ""))
        for line in sys.stdin:
            task = json.loads(line)
            started = time.perf_counter()
            value = run(task)
            answer(seconds=time.perf_counter() - started, value=value)
    except Exception as error:  # whatever it is, the row says so
        answer(error=f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}")
        raise


def peak_gb() -> float:
    """Memory of this process at its peak."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main(*sys.argv[1:])
