"""Commands of a program, each imported when it is asked for.

A program has dozens, and a call needs one of them: its start would else wait for the imports of
all.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click
from embedstore.cli.running import take_running_options


class Commands(MutableMapping[str, click.Command]):
    """Commands by name.

    Parameters
    ----------
    known : mapping of str to (str, str)
        By the command's name: its place in this package, ``module:variable``, and the first
        sentence of its help, which the list of all commands shows.
    """

    def __init__(self, known: Mapping[str, tuple[str, str]]) -> None:
        self._known = dict(known)
        self._imported: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._imported:
            module, _, variable = self._known[name][0].partition(":")
            command = getattr(import_module(f"embedstore.cli.{module}"), variable)
            take_running_options(command)
            self._imported[name] = command
        return self._imported[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._imported[name] = command

    def __delitem__(self, name: str) -> None:
        self._known.pop(name, None)
        self._imported.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._imported})

    def __len__(self) -> int:
        return len({**self._known, **self._imported})

    def summary(self, name: str, limit: int = 1000) -> str:
        """Return the first sentence of a command's help, shortened, without importing it."""
        if name in self._known:
            return click.Command(name, help=self._known[name][1]).get_short_help_str(limit)
        return self[name].get_short_help_str(limit)
