"""Heads: small models on the cached vectors and the history of a store.

>>> import heads
>>> run = heads.fit_likes("tweets.store", split="time:2020-01-01")  # doctest: +SKIP
>>> heads.predict_likes("tweets.store", ["drafts.csv"], run=run.run_id)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from embedstore.search.registry import register

if TYPE_CHECKING:
    from heads.generation import generate
    from heads.labels.apply import label_posts, predict_column, suggest_posts, update_labels
    from heads.labels.fit import fit_column, fit_label
    from heads.likes.evaluate import evaluate_likes
    from heads.likes.evaluate import evaluate_predictions as evaluate
    from heads.likes.explain import explain_likes
    from heads.likes.export import export_features, features
    from heads.likes.fit import fit_likes
    from heads.likes.predict import predict_likes
    from heads.likes.rank import rank_likes
    from heads.reports.report import report
    from heads.reports.times import when
    from heads.reports.variants import what_if
    from heads.runs import list_runs, pin_run, remove_run
    from heads.tweets.evaluate import evaluate_tweets
    from heads.tweets.fit import fit_tweets

__all__ = [
    "evaluate",
    "evaluate_likes",
    "evaluate_tweets",
    "explain_likes",
    "export_features",
    "features",
    "fit_column",
    "fit_label",
    "fit_likes",
    "fit_tweets",
    "generate",
    "label_posts",
    "list_runs",
    "pin_run",
    "predict_column",
    "predict_likes",
    "rank_likes",
    "remove_run",
    "report",
    "suggest_posts",
    "update_labels",
    "what_if",
    "when",
]

_HOMES = {
    "evaluate": "heads.likes.evaluate:evaluate_predictions",
    "evaluate_likes": "heads.likes.evaluate",
    "evaluate_tweets": "heads.tweets.evaluate",
    "explain_likes": "heads.likes.explain",
    "export_features": "heads.likes.export",
    "features": "heads.likes.export",
    "fit_column": "heads.labels.fit",
    "fit_label": "heads.labels.fit",
    "fit_likes": "heads.likes.fit",
    "fit_tweets": "heads.tweets.fit",
    "generate": "heads.generation",
    "label_posts": "heads.labels.apply",
    "list_runs": "heads.runs",
    "pin_run": "heads.runs",
    "predict_column": "heads.labels.apply",
    "predict_likes": "heads.likes.predict",
    "rank_likes": "heads.likes.rank",
    "remove_run": "heads.runs",
    "report": "heads.reports.report",
    "suggest_posts": "heads.labels.apply",
    "update_labels": "heads.labels.apply",
    "what_if": "heads.reports.variants",
    "when": "heads.reports.times",
}
"""Public name → the module that has it, imported when the name is used first; after a colon, its
name there."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        module, _, there = _HOMES[name].partition(":")
        return getattr(import_module(module), there or name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)


def _sql_functions(store: Any) -> Any:
    return import_module("heads.sql_functions").define(store)


# From now on, `Store.sql` knows them.
register(("predict_likes", "expected"), _sql_functions)
