"""A store whose pages are served to a browser."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """A served store.

    Attributes
    ----------
    address : str
        Where its pages begin.
    path : Path
        The store.
    files : Path
        Folder of the posts and pictures that it was built from.
    """

    address: str
    path: Path
    files: Path
