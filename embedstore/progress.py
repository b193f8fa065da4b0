"""What long work tells whoever watches it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Step:
    """One piece of news.

    Attributes
    ----------
    stage : str
        What is going on, such as ``read train.csv`` or ``encode minilm``.
    done, total : float
        How far it is, in `unit`; a total of 0 says that nobody knows.
    unit : str
        What is counted: ``posts``, ``texts``, ``images``, …
    note : str
        A sentence to show beside, such as why nothing happens; usually empty.
    """

    stage: str
    done: float = 0
    total: float = 0
    unit: str = ""
    note: str = ""


Progress = Callable[[Step], None]
"""Called often, from the thread that does the work; must be quick."""


def silent(step: Step) -> None:
    """Nobody watches."""


@dataclass
class Stopwatch:
    """Seconds by stage, so that the bottleneck shows."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    def timed(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items; the time that each takes to come goes to the stage `name`."""
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
