"""A store that many threads ask at once: encoders load once, and questions can be stopped."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from embedstore.cli.studio import work
from embedstore.cli.studio.batching import batched

from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder
from embedstore.storage import spaces
from embedstore.storage.spaces import Space
from embedstore.store import Store


class Encoders:
    """Encoders that the views of a store share, each loaded when it is used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, Encoder] = {}

    def get(self, space: Space) -> Encoder:
        """Return the encoder that fills a space."""
        key = json.dumps([space.encoder, space.weights, space.settings], sort_keys=True)
        with self._lock:
            if key not in self._loaded:
                encoder = load_encoder(space.encoder, space.weights, **space.settings)
                self._loaded[key] = batched(encoder)
            return self._loaded[key]


class SharedStore(Store):
    """A store opened read-only for the threads of a service.

    Parameters
    ----------
    path : Path
        The store's directory.
    encoders : Encoders
        Where encoders are kept.
    """

    def __init__(self, path: Path, encoders: Encoders) -> None:
        self._shared_encoders = encoders
        super().__init__(path, follow=True)

    def encoder(self, space: Space) -> Encoder:
        """Return the encoder of a space, which batches the calls of several threads."""
        if not space.has_encoder:
            return super().encoder(space)
        encoder = self._shared_encoders.get(space)
        spaces.output_of(space, encoder)
        return encoder

    @contextmanager
    def connection(
        self, *, external: bool = False, own: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use a connection; its queries end when nobody waits for the answer any more."""
        question = work.asked.get()
        with super().connection(external=external, own=own) as connection:
            if question is None:
                yield connection
                return
            question.use(connection)
            try:
                yield connection
            finally:
                question.leave(connection)
