"""The command `heads`."""

import click
from embedstore.cli import likes, tweets
from embedstore.cli.app import Group, store_argument
from embedstore.cli.output import format_option, print_rows


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embedstore")
def heads() -> None:
    """Small models on the cached vectors of a store.

    \b
    heads eval likes tweets.store --split time:2020-01-01    every model beside its baselines
    heads fit likes tweets.store                             train one, keep it in the store
    heads predict likes tweets.store new.csv                 likes, their mean, an interval
    heads rank tweets.store drafts.txt --username U --date D which draft would do best
    heads list tweets.store                                  the trained heads
    """


@heads.group()
def fit() -> None:
    """Train a head on a store."""


@heads.group("eval")
def evaluate() -> None:
    """Score heads beside their baselines."""


@heads.group()
def predict() -> None:
    """Predict with a trained head."""


@heads.group()
def explain() -> None:
    """Say what a prediction rests on."""


@heads.command("list")
@store_argument
@format_option
def list_runs(store: str, form: str) -> None:
    """List the heads that were trained on STORE."""
    from embedstore.store import Store
    from heads.runs import list_runs as runs

    print_rows(runs(Store(store)), form)


@heads.command()
@store_argument
@click.argument("run")
@format_option
def show(store: str, run: str, form: str) -> None:
    """Show one trained head of STORE: its split, settings and metrics."""
    from embedstore.store import Store
    from heads.runs import show_run

    print_rows(show_run(Store(store), run), form)


fit.add_command(likes.fit_likes)
fit.add_command(tweets.fit_tweets)
evaluate.add_command(likes.evaluate_likes)
evaluate.add_command(tweets.evaluate_tweets)
predict.add_command(likes.predict_likes)
explain.add_command(likes.explain_likes)
heads.add_command(likes.rank)
heads.add_command(tweets.generate)
