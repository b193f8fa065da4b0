"""`embedstore settings`."""

import json

import click
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.settings import FILE, VARIABLE, general_store, settings_file, settings_of


@click.command()
@format_option
def settings(form: str) -> None:
    """Show which options have a value without being typed, and where it comes from.

    \b
    store = "tweets.store"           a file embedstore.toml in the current directory,
    [build]                          or the one that EMBEDSTORE_SETTINGS names
    posts = ["exports/*.csv"]
    models = "bundled"
    [heads.fit.likes]
    split = "time:2026-01-01"

    \b
    EMBEDSTORE_BUILD_MODELS=hub      an environment variable comes before the file
    HEADS_FIT_LIKES_SPLIT=…
    embedstore build --models hub    what is typed comes before both
    """
    import pyarrow as pa
    from embedstore.cli.heads import heads

    embedstore = click.get_current_context().find_root().command
    assert isinstance(embedstore, click.Group)
    columns = pa.schema([(name, pa.string()) for name in ("command", "option", "value", "from")])
    rows = [
        {
            "command": setting.command,
            "option": setting.option,
            "value": setting.value if isinstance(setting.value, str) else json.dumps(setting.value),
            "from": setting.source,
        }
        for setting in (
            *filter(None, [general_store()]),
            *settings_of(embedstore, "embedstore"),
            *settings_of(heads, "heads"),
        )
    ]
    if not rows and form == "table":
        place = settings_file()
        nothing = f"{place} sets nothing" if place else f"there is no {FILE} here"
        click.echo(f"{nothing}, {VARIABLE} names none, and no variable is set: all as in --help")
        return
    print_rows(pa.Table.from_pylist(rows, schema=columns), form)
