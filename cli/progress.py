"""What long work tells while it runs: bars on a terminal, lines of JSON for machines, a log."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
from embedstore.cli.running import Running, running
from embedstore.cli.terminal import visible

import embedstore.progress as news

LOGGER = logging.getLogger("embedstore.progress")

JSON_EVERY_S = 0.5
"""Seconds between two lines of JSON of one stage."""


@contextmanager
def watched() -> Iterator[news.Progress]:
    """A callback for long work, which tells what the command's options ask for."""
    how = running()
    with _shown(how) as show, _Logged().watching() as log:

        def tell(step: news.Step) -> None:
            show(step)
            log(step)

        yield tell


@contextmanager
def _shown(how: Running) -> Iterator[news.Progress]:
    if how.progress == "json":
        yield _JsonLines().tell
    elif how.quiet:
        yield news.silent
    elif how.progress == "auto" and not how.verbose and sys.stderr.isatty():
        from embedstore.cli.progress_bars import drawn

        with drawn() as show:
            yield show
    else:
        yield news.silent if how.verbose else _print_notes


def _print_notes(step: news.Step) -> None:
    """Print only the sentences that a person should read."""
    if step.stage == "note":
        click.echo(visible(step.note), err=True)


@dataclass
class _JsonLines:
    """Prints steps as JSON: the first and the last of a stage, and some between."""

    printed: dict[str, float] = field(default_factory=dict)

    def tell(self, step: news.Step) -> None:
        now = time.monotonic()
        last = self.printed.get(step.stage)
        ends = bool(step.total) and step.done >= step.total
        if not (step.note or ends or last is None or now - last >= JSON_EVERY_S):
            return
        self.printed[step.stage] = now
        line = {
            "stage": step.stage,
            "done": round(step.done, 6),
            "total": step.total or None,
            "unit": step.unit or None,
            "note": step.note or None,
        }
        shown = {name: value for name, value in line.items() if value is not None}
        click.echo(json.dumps(shown, ensure_ascii=False), err=True)


@dataclass
class _Stage:
    started: float
    last: news.Step
    told: bool = False


@dataclass
class _Logged:
    """Logs when a stage begins and what it has done in the end."""

    stages: dict[str, _Stage] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[news.Progress]:
        """Log; stages that are still open in the end are said then."""
        try:
            yield self.log
        finally:
            for stage in self.stages.values():
                self._end(stage)

    def log(self, step: news.Step) -> None:
        if step.note:
            level = logging.WARNING if step.stage == "wait" else logging.INFO
            LOGGER.log(level, "%s", step.note, extra={"details": {"stage": step.stage}})
            return
        stage = self.stages.get(step.stage)
        if stage is None or (stage.told and step.done < stage.last.done):
            stage = self.stages[step.stage] = _Stage(time.monotonic(), step)
            LOGGER.info("%s: begins", step.stage, extra={"details": {"stage": step.stage}})
        stage.last = step
        if step.total and step.done >= step.total:
            self._end(stage)

    def _end(self, stage: _Stage) -> None:
        if stage.told:
            return
        stage.told = True
        step, seconds = stage.last, round(time.monotonic() - stage.started, 3)
        # Without a unit, `done` is a share.
        amount = f"{step.done:,.0f} {step.unit} in " if step.unit else ""
        details = {"stage": step.stage, "done": step.done, "unit": step.unit, "seconds": seconds}
        LOGGER.info("%s: %s%.1f s", step.stage, amount, seconds, extra={"details": details})
