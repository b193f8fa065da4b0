"""The command `embedstore`."""

import click
from embedstore.cli.app import Group
from embedstore.cli.commands import Commands

COMMANDS = Commands(
    {
        "build": ("build:build", "Read POSTS into STORE and embed what it lacks."),
        "sample": ("sample:sample", "Write a made-up corpus to DIR, in the challenge's schema."),
        "sql": ("sql:sql", "Run one SQL QUERY on STORE."),
        "similar": (
            "similar:similar",
            "Find the posts of STORE nearest to a text, a picture or a post, or that have words.",
        ),
        "info": (
            "maintenance:info",
            "Show what STORE holds: sources, spaces, failures, builds and sizes.",
        ),
        "check": (
            "maintenance:check",
            "Check whether STORE keeps its promises; exit with status 1 when it doesn't.",
        ),
        "tokens": (
            "maintenance:tokens",
            "Show how long the texts of STORE are in a space's own tokens.",
        ),
        "remove": (
            "maintenance:remove",
            "Delete posts from STORE, with vectors and pictures that no other post uses.",
        ),
        "compact": (
            "maintenance:compact",
            "Give back the disk that STORE no longer needs.",
        ),
        "export": (
            "maintenance:export",
            "Write the vectors of STORE and their posts to FOLDER.",
        ),
        "import": (
            "maintenance:import_",
            "Store vectors that were made elsewhere, in a space of their own.",
        ),
        "backup": (
            "backup:backup",
            "Write STORE to a backup at TO, or bring a backup there up to date.",
        ),
        "restore": ("backup:restore", "Make STORE from the backup at FROM."),
        "rescue": (
            "backup:rescue",
            "Write what can be read of a damaged STORE to the new store NEW.",
        ),
        "models": ("models:models", "Show and install the encoders' weights."),
        "settings": (
            "settings_command:settings",
            "Show which options have a value without being typed, and where it comes from.",
        ),
        "watch": ("watch:watch", "Build into STORE what arrives in FOLDER, until Ctrl-C."),
        "serve": (
            "serve:serve",
            "Show STORES as pages in a browser, and as a REST service under /api/v1.",
        ),
        "mcp": (
            "mcp:mcp",
            (
                "Let an assistant ask STORE: a server of the Model Context Protocol on stdin and"
                " stdout."
            ),
        ),
        "topics": ("topics:topics", "Find what the posts of STORE are about, and show it."),
        "label": (
            "labels:label",
            "Give the posts of STORE classes of your own, under the label NAME.",
        ),
        "atlas": (
            "atlas:atlas",
            "Write a map of the posts of STORE as a page into FOLDER, for any web server.",
        ),
        "duplicates": (
            "duplicates:duplicates",
            "Find posts of STORE that say the same or nearly so, in groups.",
        ),
    }
)


@click.group(cls=Group, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embedstore")
def embedstore() -> None:
    """An embedding store for social-media posts.

    \b
    embedstore build tweets.store posts.csv      read posts, embed each text and picture once
    embedstore similar tweets.store --text "…"   the posts that say something like it
    embedstore sql tweets.store "SELECT …"       SQL over posts, vectors and predictions

    STORE is a directory; set EMBEDSTORE to leave it out.
    """
