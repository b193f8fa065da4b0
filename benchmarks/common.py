"""What every benchmark needs: the machine's name, medians with spread, one way to print."""

import json
import os
import platform
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


_MEASURED = """
import resource, subprocess, sys
limit = float(sys.argv[1]) or None
try:
    status = subprocess.run(sys.argv[2:], timeout=limit).returncode
except subprocess.TimeoutExpired:
    status = 124
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime, status)
sys.exit(0 if status == 124 else status)
"""
"""A small process between: the peak of a new process is at first that of the one that made it."""


@dataclass(frozen=True)
class Ran:
    """What a process printed, and what it took.

    Attributes
    ----------
    output : str
        What it printed.
    seconds, cpu_seconds : float
        From start to end, and of computing on all cores.
    peak : float
        Largest resident set, GB, of the process or of one of its children.
    ended : bool
        Whether it was ended at the limit.
    """

    output: str
    seconds: float
    peak: float
    cpu_seconds: float
    ended: bool


def run_measured(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> Ran:
    """Run a process and wait for it, for `limit` seconds at most.

    Raises
    ------
    RuntimeError
        It failed; the end of what it said is the message.
    """
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(limit or 0), *command],
        capture_output=True,
        text=True,
        check=False,
        env=None if environment is None else {**os.environ, **environment},
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}")
    output, _, used = done.stdout.strip().rpartition("\n")
    peak, cpu, status = used.split()
    return Ran(output, seconds, int(peak) / 2**20, float(cpu), status == "124")


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
