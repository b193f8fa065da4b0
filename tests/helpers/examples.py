"""The examples of the README and of the pages under `docs/`: find, run, compare and rewrite them.

`python tests/helpers/examples.py` runs every example on the demo's store (`make demo` first) and
puts its real output into the pages; `tests/docs/test_examples.py` runs them and compares.
"""

import contextlib
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isclose
from pathlib import Path

import click
from click.testing import CliRunner
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").rglob("*.md")))
DEMO = Path("scratch") / "demo" / "posts.store"
FIT = ("heads", "fit", "likes", str(DEMO))
LEFT_OUT = "…"
"""A line of its own: here the page leaves out lines of the output."""

PROGRAMS: dict[str, click.Group] = {"embedstore": embedstore, "heads": heads}

_CONSOLE = re.compile(r"```console\n\$ (?P<command>.+)\n(?P<output>(?:.*\n)*?)```\n")
_SQL = re.compile(r"```sql\n(?P<query>(?:.*\n)+?)```\n\n```text\n(?P<output>(?:.*\n)*?)```\n")


@dataclass(frozen=True)
class Example:
    """A command or a query, and the output that a page shows below it."""

    page: Path
    arguments: tuple[str, ...]
    output: str
    span: tuple[int, int]
    """Where the output stands in the page's text."""

    def difference(self, printed: str) -> str | None:
        """Say where the page differs from what was printed; None if nowhere.

        Fitting magnifies the last digits of vectors, so figures of heads may differ by a fifth:
        fitted in float32, they differed from those in bfloat16 by up to a seventh.
        """
        of_head = self.arguments[0] == "heads" or "predict_likes" in self.arguments[-1]
        return difference(self.output, printed, of_head=of_head)


def examples(page: Path) -> list[Example]:
    """Every example of a page that shows its output."""
    text = page.read_text(encoding="utf-8")
    commands = [
        Example(page, tuple(shlex.split(found["command"])), found["output"], found.span("output"))
        for found in _CONSOLE.finditer(text)
    ]
    queries = [
        Example(page, _sql(found["query"]), found["output"], found.span("output"))
        for found in _SQL.finditer(text)
    ]
    return commands + queries


def every_example() -> list[Example]:
    """Examples of all pages; those of `heads` last, since they add runs to the store."""
    found = [example for page in PAGES for example in examples(page)]
    return sorted(found, key=lambda example: (example.arguments[0] == "heads", example.page))


def _sql(query: str) -> tuple[str, ...]:
    return ("embedstore", "sql", str(DEMO), query.strip())


def run(arguments: Sequence[str], folder: Path = ROOT) -> str:
    """Output of a command as a page shows it.

    Raises
    ------
    AssertionError
        The command failed.
    """
    with contextlib.chdir(folder):
        done = CliRunner().invoke(PROGRAMS[arguments[0]], list(arguments[1:]))
    assert done.exit_code == 0, done.output
    return _plain(done.stdout)


def _plain(output: str) -> str:
    return "\n".join(line.rstrip() for line in output.rstrip().splitlines()) + "\n"


def steps(demo: str) -> dict[tuple[str, ...], str]:
    """Output of each command in what the demo printed."""
    found = {}
    for part in re.split(r"^# .+\n\$ ", demo, flags=re.MULTILINE)[1:]:
        # A query is printed on several lines, in quotes.
        end = '\n"\n' if part.startswith("embedstore sql") else "\n"
        command, _, output = part.partition(end)
        arguments = shlex.split(command + end)
        found[_stripped(arguments)] = _plain(output.partition("\nThat took ")[0])
    return found


def _stripped(arguments: Sequence[str]) -> tuple[str, ...]:
    return tuple(argument.strip() for argument in arguments)


_VOLATILE = (
    (r"\b20(2[3-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d\b", "WHEN"),  # the sample ends in 2022
    (r"\b[0-9a-f]{32}\b", "HASH"),
    (r"\b(likes|tweets)-\d{8}-\d{6}-\d{3}\b", "RUN"),
    (r"\b[\d.]+ (bytes|kB|MB|GB)(?![^\s,])", "SIZE"),
    (r"\b\d+ files of SIZE\b", "FILES"),
    (r"\b[\d.]+ s(?!\S)", "SECONDS"),
    (r"(\[\"[^\"]+\"\](?:\s+\d+){3}\s+)[\d.,]+", r"\1SECONDS"),  # the last column of `builds`
    (r"\S+/\.cache/\S+", "CACHE"),
    # Which hours are best hangs on the last digits where an account's hours hardly matter.
    (r"\b[A-Z][a-z]+day\s+\d\d?:\d\d\s+20\d\d-\d\d-\d\d\b", "HOUR"),
    # Which of the words for a chance it is, too, where the chance is near the bound of one.
    (r"\b(clearly|likely) better\b", "BETTER"),
    (r"\b(cpu|cuda)(\s+)(bfloat16|float16|float32)\b", r"DEVICE\2DTYPE"),
    # What a model writes hangs on the last digits of its probabilities.
    (r"(?s)(?<=likes\n\n)1\. .*?(?=neighbours that were given|\Z)", "WRITTEN "),
)


def words(text: str) -> list[str]:
    """The words of an output, volatile ones masked: however wide a column is, it says the same."""
    for pattern, name in _VOLATILE:
        text = re.sub(pattern, name, text)
    return text.split()


def difference(shown: str, printed: str, *, of_head: bool = False) -> str | None:
    """Say where the output that a page shows differs from what was printed; None if nowhere.

    Parameters
    ----------
    shown, printed : str
        The outputs.
    of_head : bool
        What was printed are predictions. Numbers with decimals may differ by a fiftieth or by
        0.01, since their last digits depend on the processor; those of predictions by three
        tenths or by 0.05, and so may their whole numbers from 10 on: large predictions are whole.
    """
    alike = partial(_alike, of_head=of_head)
    have, place = words(printed), 0
    parts = [words(part) for part in re.split(rf"^{LEFT_OUT}$", shown, flags=re.MULTILINE)]
    for number, part in enumerate(parts):
        end = len(have) - len(part)
        places = range(place, end + 1)
        if number == 0:
            places = places[:1]
        if number == len(parts) - 1 and part:
            places = range(end, end + 1) if end in places else range(0)
        fits = (place for place in places if all(map(alike, part, have[place:])))
        found = next(fits, None)
        if found is None:
            return _first_difference(part, have[place:], alike)
        place = found + len(part)
    return None


def _alike(a: str, b: str, *, of_head: bool) -> bool:
    if a == b:
        return True
    numbers = [re.sub(r"[\[\](),]", "", word) for word in (a, b)]
    if not all(re.fullmatch(r"-?\d*\.?\d+(e-?\d+)?", word) for word in numbers):
        return False
    whole = not any(mark in word for word in numbers for mark in ".e")
    if whole and not (of_head and min(map(len, numbers)) > 1):
        return False
    share, least = (0.3, 0.05) if of_head else (0.02, 0.01)
    return isclose(
        float(numbers[0]), float(numbers[1]), rel_tol=share, abs_tol=0 if whole else least
    )


def _first_difference(wanted: list[str], have: list[str], alike: Callable[[str, str], bool]) -> str:
    same = [alike(a, b) for a, b in zip(wanted, have, strict=False)]
    place = same.index(False) if False in same else len(same)
    shown, printed = (" ".join(side[max(0, place - 4) : place + 5]) for side in (wanted, have))
    return f"the page shows “… {shown} …”; printed was “… {printed} …”"


class Outputs:
    """What commands print, each run once in a folder where the demo has run.

    Parameters
    ----------
    folder : Path
        Where `scratch/demo` is.
    demo : str
        What the demo printed.
    """

    def __init__(self, folder: Path, demo: str) -> None:
        self.folder = folder
        self._printed = steps(demo)

    def of(self, arguments: tuple[str, ...]) -> str:
        """Output of a command; a head is fitted before it is asked for anything."""
        if arguments not in self._printed:
            if arguments[0] == "heads" and arguments[1] != "fit":
                self.of(FIT)
            self._printed[arguments] = run(arguments, self.folder)
        return self._printed[arguments]


def rewrite(page: Path, outputs: Outputs) -> str:
    """Text of a page with every example's real output; shortened ones are only checked."""
    text = page.read_text(encoding="utf-8")
    for example in sorted(examples(page), key=lambda example: example.span, reverse=True):
        printed = outputs.of(example.arguments)
        start, end = example.span
        if LEFT_OUT not in example.output.splitlines():
            text = text[:start] + printed + text[end:]
        elif found := example.difference(printed):
            click.echo(f"{page}: {' '.join(example.arguments)[:60]}: {found}", err=True)
    return text


if __name__ == "__main__":
    outputs = Outputs(ROOT, (DEMO.parent / "demo.txt").read_text(encoding="utf-8"))
    for page in PAGES:
        page.write_text(rewrite(page, outputs), encoding="utf-8")
