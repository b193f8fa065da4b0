"""Peak memory and time of a command, its children included.

    python -m benchmarks.memory [--every 60] [--format json] -- heads fit tweets my.store

The command runs in a process of its own. Memory is what it has in RAM (the resident set),
measured by the kernel; `file` is the part of the peak's last sample that maps libraries and
data files, which the kernel can drop. Samples say at what time it grew.
"""

import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.common import report

_PROGRAM = "from embedstore.cli.program import {name}; {name}()"


@dataclass
class Usage:
    """What a command took.

    Attributes
    ----------
    seconds, cpu_seconds : float
        From start to end, and of computing.
    peak_mb, file_mb : float
        Largest resident set of the process (or of the largest of its children), and how much of
        the resident set was mapped files when it was last seen at its largest.
    samples : list of (seconds, MB)
        Resident set of the process itself, now and then.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    file_mb: float = 0.0
    samples: list[tuple[float, float]] = field(default_factory=list)


def measure(command: list[str], *, every: float = 60.0, **settings: Any) -> Usage:
    """Run a command and measure it.

    Parameters
    ----------
    command : list of str
        Program and arguments; `embedstore` and `heads` are those of this checkout.
    every : float
        Seconds between two samples that are kept.

    Raises
    ------
    subprocess.CalledProcessError
        The command failed.
    """
    if command[0] in ("embedstore", "heads"):
        command = [sys.executable, "-c", _PROGRAM.format(name=command[0]), *command[1:]]
    usage = Usage()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with subprocess.Popen(command, **settings) as process:
        ended = threading.Event()
        sampler = threading.Thread(
            target=_sample, args=(process.pid, usage, every, started, ended), daemon=True
        )
        sampler.start()
        status = process.wait()
        ended.set()
        sampler.join()
    if status:
        raise subprocess.CalledProcessError(status, command)
    usage.seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    usage.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return usage


def _sample(pid: int, usage: Usage, every: float, started: float, ended: threading.Event) -> None:
    """Read the resident set of a process until it ends."""
    kept = -every
    while not ended.wait(0.05):
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return
        found = {
            name: int(value.split()[0]) / 1024
            for name, _, value in (line.partition(":") for line in lines)
            if name in ("VmHWM", "VmRSS", "RssFile")
        }
        if not found:
            return  # it has ended, and nobody has waited for it yet
        passed = time.perf_counter() - started
        if found["VmHWM"] > usage.peak_mb:
            usage.peak_mb, usage.file_mb = found["VmHWM"], found["RssFile"]
        if passed - kept >= every:
            kept = passed
            usage.samples.append((round(passed, 1), round(found["VmRSS"])))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--every", default=60.0, show_default=True, help="Seconds between two samples.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(command: tuple[str, ...], every: float, form: str) -> None:
    """Measure COMMAND; what it prints goes to stderr."""
    usage = measure(list(command), every=every, stdout=sys.stderr)
    for passed, resident in usage.samples:
        click.echo(f"{passed:8.1f} s {resident:8.0f} MB", err=True)
    row = {
        "peak MB": usage.peak_mb,
        "of it files MB": usage.file_mb,
        "seconds": usage.seconds,
        "CPU seconds": usage.cpu_seconds,
    }
    report(" ".join(command), [row], form)


if __name__ == "__main__":
    main()
