"""Options that every command takes: how much it says while it works, and where.

Results go to stdout. Progress, notes and the log go to stderr, so that a pipe sees results alone.
"""

import functools
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import click
from embedstore.cli.interrupt import HEARD
from embedstore.cli.terminal import visible

from embedstore.errors import EmbedstoreError

DONE, REFUSED, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses: all done; nothing done, with the reason; options that can't be understood; some
of it done, with what was not; stopped by Ctrl-C."""

LOGGER = logging.getLogger("embedstore.command")


class PartlyDone(click.ClickException):
    """Some of it was done; the message says what was not."""

    exit_code = PARTLY


ProgressKind = Literal["auto", "json", "off"]


@dataclass
class Running:
    """How a command says what it does.

    Attributes
    ----------
    verbose : int
        0: results and notes; 1: each step; 2: also what libraries say.
    quiet : bool
        Only errors.
    progress : {"auto", "json", "off"}
        Bars on a terminal; lines of JSON; none.
    log_file : str, optional
        File to which the steps are added.
    log_format : {"text", "json"}
        How they are written, there and on stderr.
    """

    verbose: int = 0
    quiet: bool = False
    progress: ProgressKind = "auto"
    log_file: str | None = None
    log_format: str = "text"


def running() -> Running:
    """How the present command is to say what it does; the default outside of one."""
    context = click.get_current_context(silent=True)
    found = context.meta.get(_KEY) if context is not None else None
    return found if isinstance(found, Running) else Running()


def take_running_options(command: click.Command) -> None:
    """Give a command these options, and log its begin, its errors and its end; not a group."""
    if isinstance(command, click.Group) or command.epilog == EPILOG or command.callback is None:
        return
    command.params.extend(_options())
    command.epilog = EPILOG
    command.callback = _logged(command.callback)


_KEY = "embedstore.running"


class RunningOption(click.Option):
    """An option that stands in the epilog of each command instead of its list."""

    def get_help_record(self, ctx: click.Context) -> None:  # noqa: ARG002  # click's signature
        """Return nothing, so that the list of options leaves it out."""
        return


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    found = context.meta.setdefault(_KEY, Running())
    setattr(found, str(option.name), value)


def _options() -> list[click.Option]:
    shared: dict[str, Any] = {"expose_value": False, "callback": _remember, "is_eager": True}
    return [
        RunningOption(
            ["-v", "--verbose"],
            count=True,
            help="say each step on stderr; -vv: also what libraries say",
            **shared,
        ),
        RunningOption(
            ["-q", "--quiet"], is_flag=True, help="say nothing on stderr but errors", **shared
        ),
        RunningOption(
            ["--progress"],
            type=click.Choice(["auto", "json", "off"]),
            default="auto",
            metavar="KIND",
            help="auto: bars on a terminal; json: lines of JSON on stderr; off",
            **shared,
        ),
        RunningOption(
            ["--log-file"],
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="add each step to a file, whatever the terminal shows",
            **shared,
        ),
        RunningOption(
            ["--log-format"],
            type=click.Choice(["text", "json"]),
            default="text",
            metavar="KIND",
            help="text, or json: one object a line",
            **shared,
        ),
    ]


def _epilog() -> str:
    rows = [f"  {', '.join(option.opts)} {option.metavar or ''}" for option in _options()]
    width = max(map(len, rows)) + 2
    said = [f"{row:<{width}}{option.help}" for row, option in zip(rows, _options(), strict=True)]
    statuses = "Exit status: 0 done, 1 not done, 2 wrong usage, 3 done in part, 130 interrupted."
    return "\n".join(["\b", "Every command also takes", *said, "", "\b", statuses])


EPILOG = _epilog()
"""What the help of every command ends with."""


def _logged(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def logged(*args: Any, **values: Any) -> Any:
        name = click.get_current_context().command_path
        started = time.perf_counter()

        def end(level: int, said: str, status: int, *, trace: bool = False) -> None:
            seconds = round(time.perf_counter() - started, 3)
            details = {"command": name, "status": status, "seconds": seconds}
            LOGGER.log(
                level, "%s: %s", name, said, extra={"details": details}, exc_info=trace or None
            )

        with _logging(running()):
            LOGGER.info("%s: begins", name, extra={"details": {"command": name}})
            try:
                result = callback(*args, **values)
            except KeyboardInterrupt:
                end(logging.WARNING, "interrupted", INTERRUPTED)
                raise
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else REFUSED if left.code else DONE
                end(logging.INFO, "done" if status == DONE else "ended", status)
                raise
            except click.ClickException as error:
                end(logging.ERROR, error.format_message(), error.exit_code)
                raise
            except EmbedstoreError as error:
                end(logging.ERROR, str(error), REFUSED)
                raise
            except click.exceptions.Exit as left:
                end(logging.INFO, "ended", left.exit_code)
                raise
            except Exception as error:
                if HEARD.is_set():
                    end(logging.WARNING, "interrupted", INTERRUPTED)
                    raise
                end(logging.ERROR, str(error) or type(error).__name__, REFUSED, trace=True)
                raise
            end(logging.INFO, "done", DONE)
            return result

    return logged


@contextmanager
def _logging(how: Running) -> Iterator[None]:
    """Send what is logged to stderr and to a file while a command runs."""
    level = logging.DEBUG if how.verbose > 1 else logging.INFO
    # With -vv also what libraries say.
    logger = logging.getLogger() if how.verbose > 1 else logging.getLogger("embedstore")
    # Without any handler, Python itself would print warnings.
    handlers: list[logging.Handler] = [logging.NullHandler()]
    if how.verbose and not how.quiet:
        handlers.append(logging.StreamHandler(sys.stderr))
    if how.log_file is not None:
        try:
            handlers.append(logging.FileHandler(how.log_file, encoding="utf-8", delay=False))
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
            raise click.ClickException(
                f"{how.log_file}: {problem}; name another file with --log-file"
            ) from error
    formatter = _JsonLines() if how.log_format == "json" else _Lines()
    before, passes_on = logger.level, logger.propagate
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    if len(handlers) > 1:
        logger.setLevel(level)
    if len(handlers) > 1 and logger.name != "root":
        logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = passes_on
        logger.setLevel(before)
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()


class _Lines(logging.Formatter):
    """One line for people: ``2026-11-26T21:40:05Z INFO encode minilm: 14,275 texts in 41.2 s``."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {visible(record.getMessage())}"
        if record.exc_info:
            line += "\n" + visible(self.formatException(record.exc_info), keep="\n")
        return line


class _JsonLines(logging.Formatter):
    """One object a line for machines: time, level, logger, message, and details of the step."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "details", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log_report(message: str, report: dict[str, Any]) -> None:
    """Log what a command did: a sentence, and in JSON all figures."""
    LOGGER.info("%s", message, extra={"details": {"report": report}})
