"""Progress on a terminal, silence elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import embedstore.progress as news


@contextmanager
def bars() -> Iterator[news.Progress]:
    """A callback that draws one bar for each stage it hears of, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield news.silent
        return
    from embedstore.cli.progress_bars import drawn

    with drawn() as show:
        yield show
