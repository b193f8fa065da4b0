"""Progress bars with rates and time left, drawn on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

import embedstore.progress as news


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        if not task.speed or not task.fields["unit"]:
            return Text("")
        return Text(f"{task.speed:,.0f} {task.fields['unit']}/s", style="progress.data.speed")


@contextmanager
def drawn() -> Iterator[news.Progress]:
    """A callback that draws one bar for each stage it hears of."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        _Rate(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, refresh_per_second=5) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: news.Step) -> None:
            if step.note:
                progress.console.print(step.note, style="yellow")
                return
            if step.stage not in tasks:
                for task in tasks.values():
                    progress.update(
                        task,
                        completed=progress.tasks[task].total or 1,
                        total=progress.tasks[task].total or 1,
                    )
                tasks[step.stage] = progress.add_task(
                    step.stage, total=step.total or None, unit=step.unit
                )
            progress.update(tasks[step.stage], completed=step.done, total=step.total or None)

        yield show
