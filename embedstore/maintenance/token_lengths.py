"""Count the tokens of a store's texts with the tokenizer of a space."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.base import TextEncoder
from embedstore.encoders.readability import Readability
from embedstore.errors import InputError
from embedstore.storage.spaces import Space
from embedstore.store import Store

PERCENTILES = (1, 5, 25, 50, 75, 90, 95, 99, 99.9, 100)


@dataclass(frozen=True)
class Distribution:
    """Token lengths of a store's distinct texts.

    Attributes
    ----------
    space : str
        Name of the space.
    encoder : str
        Name of the encoder whose tokenizer counted.
    lengths : array, shape (n,), int32
        Tokens of each distinct text, special tokens included, before truncation.
    max_length : int
        Tokens of a text that the space encodes; the rest is truncated.
    readability : Readability
        How many of the texts the encoder can't read.
    """

    space: str
    encoder: str
    lengths: NDArray[np.int32]
    max_length: int
    readability: Readability

    @property
    def texts(self) -> int:
        """Number of distinct texts."""
        return len(self.lengths)

    @property
    def cut(self) -> int:
        """Number of texts that are truncated."""
        return int((self.lengths > self.max_length).sum())

    @property
    def percentiles(self) -> dict[str, float]:
        """Mean and percentiles of the lengths."""
        values = np.percentile(self.lengths, PERCENTILES, method="higher")
        named = {f"{p:g}%": int(v) for p, v in zip(PERCENTILES, values, strict=True)}
        return {"mean": round(float(self.lengths.mean()), 1)} | named

    def histogram(self, bins: int = 24) -> list[tuple[int, int, int]]:
        """Count texts in bins of equal width, up to the longest text.

        Parameters
        ----------
        bins : int
            Most bins.

        Returns
        -------
        list of tuple
            First and last length of each bin, and the number of texts in it.
        """
        width = max(1, -(-int(self.lengths.max()) // bins))
        counts = np.bincount((self.lengths - 1) // width)
        return [
            (number * width + 1, (number + 1) * width, int(count))
            for number, count in enumerate(counts)
        ]

    def bars(self, width: int = 60) -> list[str]:
        """Draw the histogram as lines of text, and mark the maximum length.

        Parameters
        ----------
        width : int
            Characters of the longest bar.
        """
        rows = self.histogram()
        most = max(count for _, _, count in rows)
        lines = []
        for first, last, count in rows:
            # A bin with any text has a bar of at least one character.
            bar = "█" * max(round(width * count / most), 1 if count else 0)
            mark = "  ← maximum length" if first <= self.max_length <= last else ""
            lines.append(f"{first:>6}–{last:<6}{count:>8,}  {bar}{mark}")
        return lines

    def plot(self, file: Path) -> None:
        """Draw the histogram to a PNG file.

        Raises
        ------
        InputError
            matplotlib isn't installed.
        """
        try:
            import matplotlib
        except ImportError as error:
            raise InputError("drawing needs matplotlib: pip install 'embedstore[plot]'") from error
        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
        edges = np.arange(0.5, int(self.lengths.max()) + 1.5)
        axes.hist(self.lengths, bins=edges.tolist(), color="#4878a8")
        axes.axvline(self.max_length, color="#c44e52")
        axes.annotate(
            f"maximum length {self.max_length}",
            (self.max_length, 0.95),
            xycoords=("data", "axes fraction"),
            xytext=(6, 0),
            textcoords="offset points",
            color="#c44e52",
        )
        axes.set(
            xlabel=f"tokens of {self.encoder}, special tokens included",
            ylabel="distinct texts",
            title=f"{self.texts:,} texts, median {int(np.median(self.lengths))} tokens",
        )
        figure.savefig(file, dpi=120, format="png")
        pyplot.close(figure)

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of JSON types."""
        return {
            "space": self.space,
            "encoder": self.encoder,
            "texts": self.texts,
            "max_length": self.max_length,
            "cut": self.cut,
            "unreadable": self.readability.unreadable,
            "percentiles": self.percentiles,
            "histogram": [
                {"from": first, "to": last, "texts": count}
                for first, last, count in self.histogram()
            ],
        }


def distribution(store: Store, space: str | None = None) -> Distribution:
    """Count the tokens of every distinct text with the tokenizer of a space.

    Parameters
    ----------
    store : Store
        The store.
    space : str, optional
        Name of a text space; the first one if None.

    Raises
    ------
    InputError
        There is no such text space, or the store has no texts yet.
    """
    chosen = _text_space(store, space)
    encoder = store.encoder(chosen)
    assert isinstance(encoder, TextEncoder)
    column = chosen.content_column
    with store.connection() as connection:
        result = connection.sql(
            f"SELECT any_value({chosen.text_field}) AS text FROM posts"  # noqa: S608
            f" WHERE {column} IS NOT NULL GROUP BY {column}"
        )
        lengths = []
        readability = Readability()
        for batch in result.to_arrow_reader(10_000):
            texts = batch["text"].to_pylist()
            lengths.append(encoder.token_lengths(texts))
            readability += encoder.readability(texts)
    if not lengths:
        raise InputError(f"{store.path} has no texts yet: run `embedstore build {store.path}`")
    return Distribution(
        chosen.space,
        chosen.encoder,
        np.concatenate(lengths),
        chosen.max_length or encoder.max_length,
        readability,
    )


def _text_space(store: Store, name: str | None) -> Space:
    """Choose the named text space, or the first one."""
    found = [space for space in store.spaces() if space.texts and name in (None, space.space)]
    if not found:
        names = ", ".join(space.space for space in store.spaces() if space.texts) or "none"
        raise InputError(f"there is no text space {name!r} in {store.path}: it has {names}")
    return found[0]
