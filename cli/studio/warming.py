"""What searches need is loaded before anyone searches, but after the first page.

Both at once would take the processor from the page, for which a person waits.
"""

import threading

from embedstore.cli.studio.stores import Stores

ALONE_S = 3.0
"""Seconds for which the first page is waited for; a service may be asked for none."""

DRAWN_S = 0.5
"""Seconds in which a browser fetches what a page refers to."""


class Warming:
    """Warms the stores of one application, once.

    Parameters
    ----------
    stores : Stores
        The stores.

    Attributes
    ----------
    done : bool
        Whether all is loaded.
    """

    def __init__(self, stores: Stores) -> None:
        self.done = False
        self._stores = stores
        self._shown = threading.Event()
        self._hurried = threading.Event()
        self._ended = False

    def run(self) -> None:
        """Wait for the first page, but not for long, and load what searches need."""
        if self._shown.wait(ALONE_S):
            self._hurried.wait(DRAWN_S)
        if not self._ended:
            self._stores.warm()
            self.done = True

    def shown(self) -> None:
        """Say that a page was made."""
        self._shown.set()

    def hurry(self) -> None:
        """Say that someone waits until all is loaded."""
        self._hurried.set()
        self._shown.set()

    def end(self) -> None:
        """Let `run` come to its end; what has not begun is left."""
        self._ended = True
        self.hurry()
