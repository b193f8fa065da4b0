"""Write posts and predict their likes: the one place where both heads meet."""

from datetime import datetime
from os import PathLike
from pathlib import Path

from embedstore.progress import Progress, silent
from embedstore.store import Store
from heads.likes.drafts import show
from heads.likes.predict import predict_likes
from heads.runs import has_run
from heads.stores import StoreLike, as_store
from heads.tweets.generate import Condition, Generated, Predict, write_posts
from heads.tweets.saved import load_decoder


def generate(
    store: StoreLike,
    *,
    company: str | None = None,
    username: str | None = None,
    date: datetime | None = None,
    likes: float | None = None,
    image: str | PathLike[str] | None = None,
    caption: str | None = None,
    run: str | None = None,
    decoder: str | None = None,
    device: str = "auto",
    seed: int = 0,
    n: int = 5,
    candidates: int | None = None,
    progress: Progress = silent,
) -> Generated:
    """Write posts, with likes predicted by the store's pinned or newest head.

    Parameters
    ----------
    store : Store or path
        Whose posts are looked at; never one at `date` or later.
    company : str, optional
        For whom; that of the account's posts by default. One that the store has never seen is
        written for from similar ones.
    username : str, optional
        The account.
    date : datetime, optional
        When it would be posted (UTC if it has no zone); now by default.
    likes : float, optional
        Number of likes that are wanted.
    image : path, optional
        The picture that it goes with.
    caption : str, optional
        Content of the picture, in words.
    run, decoder : str, optional
        The decoder: a run, or a pretrained model by name; the pinned run or the newest by default.
    device : {"auto", "cpu", "cuda"}
        Device to compute on.
    seed : int
        The same seed gives the same texts.
    n : int
        Posts to return, at most.
    candidates : int, optional
        Texts to draw and choose from; the number that the decoder was tried with, or 3 n.
    progress : callable
        Told of every step.

    Returns
    -------
    Generated
        The posts, the best first, and what they were written from.

    Raises
    ------
    InputError
        There is no decoder, or an option can't be used.
    """
    store = as_store(store)
    condition = Condition(company, username, date, likes, image, caption)
    condition.check(n)
    return write_posts(
        store,
        load_decoder(store, run=run, decoder=decoder, device=device),
        condition,
        n=n,
        candidates=candidates,
        seed=seed,
        predict=_predictor(store, image),
        progress=progress,
    )


def _predictor(store: Store, image: str | PathLike[str] | None) -> Predict | None:
    """Return the likes head's prediction of drafts; None where there is no such head."""
    if not has_run(store, "likes"):
        return None
    if image is None:
        return lambda drafts: predict_likes(store, drafts)
    return lambda drafts: predict_likes(store, show(drafts, Path(image)), images="local")
