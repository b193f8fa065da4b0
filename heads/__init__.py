"""Heads: small models on the cached vectors and the history of a store."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heads.likes.explain import explain_likes
    from heads.likes.fit import fit_likes
    from heads.likes.ladder import evaluate_likes
    from heads.likes.predict import predict_likes
    from heads.likes.rank import rank_likes

__all__ = ["evaluate_likes", "explain_likes", "fit_likes", "predict_likes", "rank_likes"]

_WHERE = {
    "evaluate_likes": "ladder",
    "explain_likes": "explain",
    "fit_likes": "fit",
    "predict_likes": "predict",
    "rank_likes": "rank",
}


def __getattr__(name: str) -> Any:
    """Import a function when it is asked for, so that `import heads` stays quick."""
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module 'heads' has no attribute {name!r}")
    return getattr(import_module(f"heads.likes.{_WHERE[name]}"), name)
