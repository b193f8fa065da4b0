"""Builds that were started over the service: each a process, followed and stopped from here."""

import asyncio
import json
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from embedstore.cli.studio import problems

State = Literal["running", "done", "failed", "cancelled"]

KEPT = 100
"""Jobs that are remembered; the oldest that has ended makes room."""

GRACE_S = 5.0
"""Seconds that a build gets to end by itself; killed, it leaves no trace of what was not done."""

NOTES = 50


@dataclass
class Job:
    """One build.

    Attributes
    ----------
    job : str
        Its name.
    store : str
        Name of the store.
    file : str
        Name of the file that is read.
    state : str
        running, done, failed or cancelled.
    started_at, ended_at : datetime
        UTC.
    step : dict, optional
        The last step of the build.
    notes : list of str
        What a person should know.
    report : dict, optional
        What it did.
    error : str, optional
        Why it failed.
    """

    job: str
    store: str
    file: str
    state: State = "running"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    step: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    report: dict[str, Any] | None = None
    error: str | None = None
    _process: asyncio.subprocess.Process | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types and times."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def tell(self) -> None:
        """Wake whoever follows it."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait for the next news."""
        await self._changed.wait()


class Jobs:
    """The builds of one application.

    Parameters
    ----------
    stores : mapping
        Directories of the stores, by name.
    """

    def __init__(self, stores: Mapping[str, Path]) -> None:
        self._stores = stores
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, store: str) -> list[Job]:
        """List the builds of a store, the newest first."""
        return [job for job in reversed(self._jobs.values()) if job.store == store]

    def find(self, store: str, job: str) -> Job:
        """Return a build.

        Raises
        ------
        ProblemError
            There is none of that name.
        """
        found = self._jobs.get(job)
        if found is None or found.store != store:
            raise problems.ProblemError(404, f"no build is called {job!r}")
        return found

    @property
    def running(self) -> int:
        """Number of builds that are at work."""
        return sum(job.state == "running" for job in self._jobs.values())

    async def start(
        self, store: str, file: str, posts: Sequence[Path], options: Mapping[str, Any]
    ) -> Job:
        """Start a build.

        Raises
        ------
        ProblemError
            One is at work on the store already.
        """
        if any(job.state == "running" for job in self.of(store)):
            raise problems.ProblemError(
                409, "a build is at work on this store: wait until it has finished, or cancel it"
            )
        job = Job(secrets.token_hex(8), store, file)
        self._jobs[job.job] = job
        ended = [name for name, each in self._jobs.items() if each.state != "running"]
        for name in ended[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[name]
        job._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            # In a checkout, `embedstore` makes `embedstore.cli` importable.
            "import sys, embedstore; from embedstore.cli.studio.build_process import main;"
            " sys.exit(main())",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 2**20,
            cwd=Path(__file__).parents[2],
            # Out of reach of Ctrl-C, in the same session: Linux weighs priorities only within one.
            process_group=0,
        )
        order = {
            "store": str(self._stores[store]),
            "posts": [str(path) for path in posts],
            "options": dict(options),
        }
        assert job._process.stdin is not None
        job._process.stdin.write(json.dumps(order).encode())
        job._process.stdin.close()
        task = asyncio.create_task(self._follow(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def cancel(self, job: Job) -> None:
        """Stop a build; what it has committed is kept."""
        process = job._process
        if job.state != "running" or process is None:
            return
        job.state = "cancelled"
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), GRACE_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._end(job)

    async def close(self) -> None:
        """Stop all builds."""
        for job in list(self._jobs.values()):
            await self.cancel(job)
        for task in list(self._tasks):
            task.cancel()

    async def _follow(self, job: Job) -> None:
        process = job._process
        assert process is not None
        assert process.stdout is not None
        async for line in process.stdout:
            self._hear(job, json.loads(line))
            job.tell()
        status = await process.wait()
        if job.state == "running":
            job.state = "done" if job.report is not None else "failed"
            if job.report is None and job.error is None:
                job.error = f"the build ended with status {status}: the server's log says more"
            self._end(job)

    def _hear(self, job: Job, said: dict[str, Any]) -> None:
        kind = said.pop("kind")
        if kind == "step":
            if said["note"] and len(job.notes) < NOTES:
                job.notes.append(problems.without_paths(said["note"], self._stores))
            if said["stage"] != "note":
                job.step = said | {"note": ""}
        elif kind == "report":
            job.report = _summary(said["report"])
            if said["complaint"]:
                job.notes.append(problems.without_paths(said["complaint"], self._stores))
        else:
            job.error = problems.without_paths(said["error"], self._stores)

    def _end(self, job: Job) -> None:
        job.ended_at = datetime.now(UTC)
        job.tell()


def _summary(report: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a report what names files of the server."""
    names = ("build_id", "posts", "encoded", "images", "failures", "seconds", "total_seconds")
    return {name: report[name] for name in (*names, "rejections", "problems", "left_out")}
