"""Heads: small models on the cached vectors and the history of a store."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heads.likes.evaluate import evaluate_likes
    from heads.likes.explain import explain_likes
    from heads.likes.fit import fit_likes
    from heads.likes.predict import predict_likes
    from heads.likes.rank import rank_likes
    from heads.tweets.evaluate import evaluate_tweets
    from heads.tweets.fit import fit_tweets
    from heads.tweets.generate import generate

__all__ = [
    "evaluate_likes",
    "evaluate_tweets",
    "explain_likes",
    "fit_likes",
    "fit_tweets",
    "generate",
    "predict_likes",
    "rank_likes",
]

_WHERE = {
    "evaluate_likes": "likes.evaluate",
    "evaluate_tweets": "tweets.evaluate",
    "explain_likes": "likes.explain",
    "fit_likes": "likes.fit",
    "fit_tweets": "tweets.fit",
    "generate": "tweets.generate",
    "predict_likes": "likes.predict",
    "rank_likes": "likes.rank",
}


def __getattr__(name: str) -> Any:
    """Import a function when it is asked for, so that `import heads` stays quick."""
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module 'heads' has no attribute {name!r}")
    return getattr(import_module(f"heads.{_WHERE[name]}"), name)
