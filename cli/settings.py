"""Settings that stand for options: a file, and environment variables above it.

A job that runs every day is then one word::

    # embedstore.toml
    store = "tweets.store"

    [build]
    posts = ["exports/*.csv"]
    models = "bundled"

    [heads.fit.likes]
    split = "time:2026-01-01"

The file is ``embedstore.toml`` of the current directory, or what EMBEDSTORE_SETTINGS names. An
option on the command line comes first, then its environment variable, then the file.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from embedstore.cli.running import LOGGER

FILE = "embedstore.toml"
VARIABLE = "EMBEDSTORE_SETTINGS"

_SECRET = ("token",)
"""Options whose values are not shown."""


@dataclass(frozen=True)
class Setting:
    """One option that has a value without being on the command line.

    Attributes
    ----------
    command, option : str
        As one would type them; the option without its dashes.
    value : object
        Its value.
    source : str
        The file, or the environment variable.
    """

    command: str
    option: str
    value: Any
    source: str


def settings_file() -> Path | None:
    """Find the file of settings, if there is one.

    Raises
    ------
    click.ClickException
        EMBEDSTORE_SETTINGS names a file that is not there.
    """
    if named := os.environ.get(VARIABLE):
        if not Path(named).is_file():
            raise click.ClickException(f"{VARIABLE} names {named}, which is no file")
        return Path(named)
    return Path(FILE) if Path(FILE).is_file() else None


def default_map(program: click.Group, name: str) -> dict[str, Any]:
    """Read the settings of a program, in click's form.

    Parameters
    ----------
    program : click.Group
        `embedstore` or `heads`.
    name : str
        Which of them: settings of `heads` stand under ``[heads]``.

    Raises
    ------
    click.ClickException
        The file can't be read, or names what isn't there.
    """
    file = settings_file()
    if file is None:
        return {}
    LOGGER.debug("settings from %s", file)
    values = _read(file)
    store = values.pop("store", None)
    of_heads = values.pop("heads", {})
    table = of_heads if name == "heads" else values
    return _of_group(program, table, store, [name] if name == "heads" else [], file)


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.ClickException(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is no TOML: {error}") from error


def _of_group(
    group: click.Group, table: Any, store: Any, path: list[str], file: Path
) -> dict[str, Any]:
    _require_table(table, path, file)
    _require_known(table, group.commands, path, "command", file)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        below = table.get(name, {})
        if isinstance(command, click.Group):
            found[name] = _of_group(command, below, store, [*path, name], file)
        else:
            found[name] = _of_command(command, below, store, [*path, name], file)
    return found


def _of_command(
    command: click.Command, table: Any, store: Any, path: list[str], file: Path
) -> dict[str, Any]:
    _require_table(table, path, file)
    params = options_of(command)
    _require_known(table, params, path, "option", file)
    values = {
        str(params[name].name): _value(params[name], value, [*path, name], file)
        for name, value in table.items()
    }
    if store is not None and "store" in params:
        values.setdefault("store", store)
    return values


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    """The options and arguments of a command by the names that they have in the file."""
    found: dict[str, click.Parameter] = {}
    for param in command.params:
        if isinstance(param, click.Option):
            names = [option for option in param.opts if option.startswith("--")]
            found |= {name.removeprefix("--"): param for name in names}
        else:
            found[str(param.name).rstrip("_")] = param
    return found


def _value(param: click.Parameter, value: Any, path: list[str], file: Path) -> Any:
    several = param.multiple if isinstance(param, click.Option) else param.nargs == -1
    if several and not isinstance(value, list):
        value = [value]
    parts = value if isinstance(value, list) else [value]
    if isinstance(value, list) != several or any(isinstance(one, list | dict) for one in parts):
        wanted = "a list" if several else "one value"
        raise click.ClickException(f"{file}: {'.'.join(path)} takes {wanted}, not {value!r}")
    # A number or a date where an option takes words.
    words = [one if isinstance(one, bool) or one is None else str(one) for one in parts]
    return words if several else words[0]


def _require_table(table: Any, path: list[str], file: Path) -> None:
    if not isinstance(table, Mapping):
        raise click.ClickException(
            f"{file}: {'.'.join(path)} is a command; its options stand under [{'.'.join(path)}]"
        )


def _require_known(
    table: Mapping[str, Any], known: Mapping[str, Any], path: list[str], what: str, file: Path
) -> None:
    for name in table:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            place = f"[{'.'.join(path)}]" if path else "it"
            raise click.ClickException(f"{file}: {place} has no {what} {name}: {advice}")


def settings_of(program: click.Group, name: str) -> Iterator[Setting]:
    """Tell which options of a program have a value from the file or the environment.

    The store of all commands, which `general_store` tells, is left out.
    """
    general = general_store()
    for setting in _settings(program, default_map(program, name), [name], name.upper()):
        if general is None or (setting.option, setting.value) != ("store", general.value):
            yield setting


def general_store() -> Setting | None:
    """Tell which store commands use that name none, if a setting says so."""
    if value := os.environ.get("EMBEDSTORE"):
        return Setting("every command", "store", value, "EMBEDSTORE")
    file = settings_file()
    value = None if file is None else _read(file).get("store")
    return None if value is None else Setting("every command", "store", value, str(file))


def _settings(
    group: click.Group, table: Mapping[str, Any], path: list[str], prefix: str
) -> Iterator[Setting]:
    file = str(settings_file())
    for name, command in group.commands.items():
        below, place = table.get(name, {}), [*path, name]
        variable = f"{prefix}_{name}".upper().replace("-", "_")
        if isinstance(command, click.Group):
            yield from _settings(command, below, place, variable)
            continue
        for option, param in options_of(command).items():
            named = f"{variable}_{param.name}".upper()
            if param.name == "store":
                named = "EMBEDSTORE"
            elif not isinstance(param, click.Option):
                named = ""
            if named and (value := os.environ.get(named)):
                yield Setting(" ".join(place), option, _shown(option, value), named)
            elif param.name in below:
                value = below[str(param.name)]
                yield Setting(" ".join(place), option, _shown(option, value), file)


def _shown(option: str, value: Any) -> Any:
    return "…" if option in _SECRET else value
