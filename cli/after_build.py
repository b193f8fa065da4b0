"""What follows a build: the posts that it brought get their topics and labels."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.terminal import visible

from embedstore.errors import EmbedstoreError, counted

if TYPE_CHECKING:
    from embedstore.building.report import BuildReport


def update_after_build(store: str, report: "BuildReport") -> None:
    """Assign the posts of a build to the topics, and give them the labels, that are there.

    Says on stderr how many, or why it can't be.
    """
    if not report.posts.accepted:
        return
    _topics(store)
    _labels(store, changed=report.posts.updated > 0)


def _topics(store: str) -> None:
    from embedstore.topics.find import count_waiting, find_topics

    if not count_waiting(store):
        return
    try:
        found = find_topics(store)
    except EmbedstoreError as error:
        click.echo(visible(f"no post was assigned to a topic: {error}"), err=True)
        return
    if found.assigned:
        click.echo(f"{counted(found.assigned, 'post')} looked at for topics", err=True)


def _labels(store: str, *, changed: bool) -> None:
    from heads.labels.apply import update_labels

    try:
        found = update_labels(store, changed=changed)
    except EmbedstoreError as error:
        click.echo(visible(f"no post was labelled: {error}"), err=True)
        return
    for name, posts in found.items():
        if posts:
            click.echo(visible(f"{counted(posts, 'post')} labelled by {name}"), err=True)
