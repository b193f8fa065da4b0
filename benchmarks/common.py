"""What every benchmark needs: the machine's name, medians with spread, one way to print."""

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = next(
    (
        folder / "shared" / "data"
        for folder in Path(__file__).parents
        if (folder / "shared").is_dir()
    ),
    Path("shared", "data"),
)
"""Where the real posts are, if they are here: beside the project, or above it."""


def machine() -> str:
    """Processor, cores, native bfloat16 and load, in one line."""
    model, flags = platform.processor() or platform.machine(), ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line.partition(":") for line in info.read_text().splitlines()]
        fields = {key.strip(): value.strip() for key, _, value in lines}
        model, flags = fields.get("model name", model), fields.get("flags", "")
    native = "native" if {"avx512_bf16", "amx_bf16"} & set(flags.split()) else "not native"
    return (
        f"{model}, {os.cpu_count()} cores, bfloat16 {native}, load {os.getloadavg()[0]:.1f},"
        f" Python {platform.python_version()}"
    )


def spread(values: Sequence[float]) -> str:
    """Median with the smallest and largest value: ``4.1 (3.9–4.4)``."""
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


_MEASURED = (
    "import resource, subprocess, sys;"
    "status = subprocess.run(sys.argv[1:]).returncode;"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
    "sys.exit(status)"
)


@dataclass(frozen=True)
class Ran:
    """What a process printed, its seconds from start to end, and its peak memory in GB."""

    output: str
    seconds: float
    peak: float


def run_measured(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    limit_s: float | None = None,
) -> Ran:
    """Run a process and wait for it.

    Raises
    ------
    RuntimeError
        It failed; the end of what it said is the message.
    TimeoutError
        It was ended after `limit_s` seconds, with the processes that it started.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", _MEASURED, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=None if environment is None else {**os.environ, **environment},
    ) as process:
        try:
            said, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise TimeoutError(f"{' '.join(command[:4])}: {limit_s:g} s are over") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{errors[-2000:]}")
    output, _, peak = said.strip().rpartition("\n")
    return Ran(output, seconds, int(peak) / 2**20)


def report(title: str, rows: Sequence[dict[str, Any]], form: str = "table") -> None:
    """Print rows as a table or as JSON, with the machine they were measured on."""
    if form == "json":
        print(json.dumps({"title": title, "machine": machine(), "rows": rows}, indent=2))
        return
    print(f"{title}\n{machine()}\n")
    columns = list(rows[0])
    cells = [columns] + [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    print()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
