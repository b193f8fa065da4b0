"""The command `heads`."""

import click
from embedstore.cli.app import Group
from embedstore.cli.commands import Commands

COMMANDS = Commands(
    {
        "list": ("runs:list_runs", "List the heads that were trained on STORE, the newest first."),
        "show": (
            "runs:show",
            "Show one trained head of STORE: its split, settings and metrics.",
        ),
        "pin": (
            "runs:pin",
            "Let the head RUN of STORE answer wherever --run is left out, instead of the newest.",
        ),
        "remove": (
            "runs:remove",
            "Delete the head RUN of STORE, with its files and its predictions of stored posts.",
        ),
        "rank": (
            "rank:rank",
            "Order drafts, one a line of the file DRAFTS, by the likes they would get.",
        ),
        "generate": (
            "tweets:generate",
            "Write posts for a company, an account and a time, in the manner of STORE's.",
        ),
        "report": (
            "reports:report",
            "Report what works for an account, a company, or several accounts of STORE.",
        ),
        "when": (
            "reports:when",
            "Ask a head of STORE when a post would do best: the same post at 168 hours.",
        ),
        "what-if": (
            "reports:what_if",
            "Ask a head of STORE what a draft would get in other forms.",
        ),
    }
)

FIT = Commands(
    {
        "likes": (
            "likes:fit_likes",
            "Train a head that predicts likes, and keep it in STORE.",
        ),
        "tweets": (
            "tweets:fit_tweets",
            "Train a decoder that writes posts, and keep it in STORE.",
        ),
        "label": (
            "labels:label",
            "Give the posts of STORE classes of your own, under the label NAME.",
        ),
        "column": (
            "labels:fit_column",
            "Train a head on STORE that tells the column NAME from a post's content.",
        ),
    }
)

EVALUATE = Commands(
    {
        "likes": (
            "likes:evaluate_likes",
            "Fit and score every model beside its baselines on STORE.",
        ),
        "tweets": (
            "tweets:evaluate_tweets",
            (
                "Score a decoder's texts beside baselines, on posts of STORE that it did not learn"
                " from."
            ),
        ),
    }
)

PREDICT = Commands(
    {
        "likes": (
            "likes:predict_likes",
            "Predict likes of the posts in STORE, or of new ones in files POSTS.",
        ),
        "column": (
            "labels:predict_column",
            "Predict the column NAME for every post of STORE with a vector.",
        ),
    }
)

EXPLAIN = Commands(
    {
        "likes": (
            "likes:explain_likes",
            "Say what one post's prediction rests on: associations in past data, not causes.",
        ),
    }
)

EXPORT = Commands(
    {
        "features": (
            "features:export_features",
            (
                "Write the matrix that heads learn from to FILE, .parquet or .arrow, for a model of"
                " your own."
            ),
        ),
    }
)


@click.group(cls=Group, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embedstore")
def heads() -> None:
    """Small models on the cached vectors of a store.

    \b
    heads eval likes tweets.store --split time:2020-01-01    every model beside its baselines
    heads fit likes tweets.store                             train one, keep it in the store
    heads predict likes tweets.store new.csv                 likes, their mean, an interval
    heads rank tweets.store drafts.txt --username U --date D which draft would do best
    heads report tweets.store --username U                   what works, as a page
    heads when tweets.store --username U                     the best hours for a post
    heads list tweets.store                                  the trained heads
    heads pin tweets.store RUN                               which of them answers
    """


@heads.group(commands=FIT)
def fit() -> None:
    """Train a head on a store."""


@heads.group("eval", commands=EVALUATE)
def evaluate() -> None:
    """Score heads beside their baselines."""


@heads.group(commands=PREDICT)
def predict() -> None:
    """Predict with a trained head."""


@heads.group(commands=EXPLAIN)
def explain() -> None:
    """Say what a prediction rests on."""


@heads.group(commands=EXPORT)
def export() -> None:
    """Write what heads learn from to a file."""
