"""The type of options that take a time."""

from datetime import UTC, datetime

import click


class Timestamp(click.ParamType[datetime]):
    """A date, or a date and time, in ISO form; UTC unless it has a zone."""

    name = "timestamp"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse `value`; a datetime without zone, in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date: write 2020-06-15 or '2020-06-15 18:00'", param, ctx)
        if parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
        return parsed


TIMESTAMP = Timestamp()
