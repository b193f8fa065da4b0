"""Progress reports of long work, and its seconds by stage."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Step:
    """One progress report.

    Attributes
    ----------
    stage : str
        Name of the stage, such as ``read train.csv`` or ``encode minilm``.
    done, total : float
        Units done, and units in all; a total of 0 is an unknown one.
    unit : str
        Units that are counted: ``posts``, ``texts``, ``images``, …
    note : str
        A sentence to show beside, such as why the work waits; usually empty.
    """

    stage: str
    done: float = 0
    total: float = 0
    unit: str = ""
    note: str = ""


Progress = Callable[[Step], None]
"""Receives reports, often, in the thread that does the work; it must be quick."""


def silent(step: Step) -> None:
    """Discard a report."""


def told(progress: Progress, stage: str, items: Sequence[Item], unit: str = "") -> Iterator[Item]:
    """Yield the items, and report before each, and at the end, how many are done."""
    for done, item in enumerate(items):
        progress(Step(stage, done, len(items), unit))
        yield item
    progress(Step(stage, len(items), len(items), unit))


@dataclass
class Stopwatch:
    """Seconds by stage, which show the bottleneck.

    Attributes
    ----------
    seconds : dict of str to float
        Stage to the seconds it has taken so far.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the seconds of a ``with`` block to the stage `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    def timed(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items, and add the seconds spent waiting for each to the stage `name`."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                item = next(iterator, None)
            if item is None:
                return
            yield item

    def add(self, name: str, seconds: float) -> None:
        """Add `seconds` to the stage `name`."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
