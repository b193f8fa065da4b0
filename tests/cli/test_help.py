"""The help of every command can be read and learned from."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from embedstore.cli.commands import Commands
from embedstore.cli.heads import heads
from embedstore.cli.main import embedstore


def _commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)
        yield (*before, name)


ALL = [(embedstore, path) for path in [(), *_commands(embedstore)]] + [
    (heads, path) for path in [(), *_commands(heads)]
]


def _help(program: click.Group, path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(program, [*path, "--help"], terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("program", "path"), ALL)
def test_help_prints_no_marks_of_formatting(program: click.Group, path: tuple[str, ...]) -> None:
    shown = _help(program, path)
    assert "\\b" not in shown
    assert "\b" not in shown


@pytest.mark.parametrize(("program", "path"), ALL)
def test_each_example_of_a_help_has_a_line_of_its_own(
    program: click.Group, path: tuple[str, ...]
) -> None:
    for line in _help(program, path).splitlines():
        if line.lstrip().startswith(("embedstore ", "heads ")):
            assert line.count("embedstore ") + line.count("heads ") == 1, line


@pytest.mark.parametrize(("program", "path"), ALL)
def test_every_option_says_what_it_does(program: click.Group, path: tuple[str, ...]) -> None:
    command: click.Command = program
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{' '.join(path)} {param.opts[0]} has no help"


@pytest.mark.parametrize(("program", "path"), ALL)
def test_the_list_of_commands_has_the_first_sentence_of_each_commands_own_help(
    program: click.Group, path: tuple[str, ...]
) -> None:
    command: click.Command = program
    for name in path:
        assert isinstance(command, click.Group)
        group, command = command, command.commands[name]
        if isinstance(group.commands, Commands):
            assert group.commands.summary(name) == command.get_short_help_str(1000)
