"""The command `embedstore`."""

import click
from embedstore.cli import (
    atlas,
    backup,
    build,
    duplicates,
    labels,
    maintenance,
    mcp,
    models,
    sample,
    serve,
    settings_command,
    similar,
    sql,
    topics,
    watch,
)
from embedstore.cli.app import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embedstore")
def embedstore() -> None:
    """An embedding store for social-media posts.

    \b
    embedstore build tweets.store posts.csv      read posts, embed each text and picture once
    embedstore similar tweets.store --text "…"   the posts that say something like it
    embedstore sql tweets.store "SELECT …"       SQL over posts, vectors and predictions

    STORE is a directory; set EMBEDSTORE to leave it out.
    """


for command in (
    build.build,
    sample.sample,
    sql.sql,
    similar.similar,
    maintenance.info,
    maintenance.check,
    maintenance.tokens,
    maintenance.remove,
    maintenance.compact,
    maintenance.export,
    maintenance.import_,
    backup.backup,
    backup.restore,
    backup.rescue,
    models.models,
    settings_command.settings,
    watch.watch,
    serve.serve,
    mcp.mcp,
    topics.topics,
    labels.label,
    atlas.atlas,
    duplicates.duplicates,
):
    embedstore.add_command(command)
