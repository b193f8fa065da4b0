"""The README's examples: where they are, and how to put their real output below them.

`python tests/helpers/readme.py` runs every example on the demo's store and rewrites the README;
`test_readme.py` runs them too and compares.
"""

import os
import re
import shlex
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import click
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DEMO = Path("scratch") / "demo" / "posts.store"

_CONSOLE = re.compile(r"```console\n\$ (?P<command>.+)\n(?P<output>(?:.*\n)*?)```\n")
_SQL = re.compile(r"```sql\n(?P<query>(?:.*\n)+?)```\n(?:\n```text\n(?P<output>(?:.*\n)*?)```\n)?")
_TABLE = re.compile(r"\| command \| what it does \|\n\|---\|---\|\n(?:\|.*\n)*")


@dataclass(frozen=True)
class Example:
    """A command or a query, and the output that the README shows below it."""

    arguments: list[str]
    output: str


def examples(text: str) -> list[Example]:
    """Every example in the README's order of kind: commands, then queries."""
    commands = [
        Example(shlex.split(found["command"]), found["output"]) for found in _CONSOLE.finditer(text)
    ]
    queries = [
        Example(_sql(found["query"]), found["output"] or "") for found in _SQL.finditer(text)
    ]
    return commands + queries


def _sql(query: str) -> list[str]:
    return ["embedstore", "sql", str(DEMO), query.strip()]


def command_table() -> str:
    """The table of commands, from their own help."""
    rows = ["| command | what it does |", "|---|---|"]
    for program in (embedstore, heads):
        rows += _rows(program, program.name or "")
    return "\n".join(rows) + "\n"


def _rows(group: click.Group, prefix: str) -> list[str]:
    rows = []
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            rows += _rows(command, f"{prefix} {name}")
            continue
        arguments = " ".join(
            param.make_metavar(click.Context(command))
            for param in command.params
            if isinstance(param, click.Argument)
        )
        help_line = (command.help or "").strip().partition("\n\n")[0].replace("\n", " ")
        rows.append(f"| `{prefix} {name} {arguments}` | {' '.join(help_line.split())} |")
    return rows


def run(arguments: list[str], folder: Path = ROOT) -> str:
    """Output of a command as the README shows it.

    Raises
    ------
    CalledProcessError
        The command failed.
    """
    program = Path(sysconfig.get_path("scripts")) / arguments[0]
    done = subprocess.run(
        [str(program), *arguments[1:]], cwd=folder, env=os.environ | {"COLUMNS": "120"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()) + "\n"


def rewrite(text: str) -> str:
    """The README with every example's real output, and the table of commands."""
    text = _CONSOLE.sub(
        lambda found: (
            f"```console\n$ {found['command']}\n{run(shlex.split(found['command']))}```\n"
        ),
        text,
    )
    text = _SQL.sub(
        lambda found: f"```sql\n{found['query']}```\n\n```text\n{run(_sql(found['query']))}```\n",
        text,
    )
    return _TABLE.sub(lambda _: command_table(), text)


if __name__ == "__main__":
    README.write_text(rewrite(README.read_text(encoding="utf-8")), encoding="utf-8")
