"""Exact nearest neighbours of many queries at once, in blocks, on a GPU or a CPU.

A block of queries is multiplied with a block of vectors, and only the best so far are kept:
memory holds one block of scores, however many queries and vectors there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.runtime.transfer import to_device

if TYPE_CHECKING:
    from torch import Tensor

_QUERIES = {"cpu": 1024, "cuda": 8192}
_VECTORS = {"cpu": 16_384, "cuda": 131_072}
"""Rows of a block: its scores take 64 MB on a CPU, 4 GB on a GPU."""


@dataclass(frozen=True)
class Barred:
    """Pairs of a query and a vector that may not find each other, whatever their scores.

    Attributes
    ----------
    query, vector : array of int64
        A group of each query and of each vector; equal groups don't find each other.
    """

    query: Indices
    vector: Indices


def has_gpu() -> bool:
    """Whether torch can compute on a GPU here."""
    return _has_gpu()


@cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def nearest(
    queries: Vectors,
    vectors: Vectors,
    k: int,
    *,
    reach: Indices | None = None,
    barred: Sequence[Barred] = (),
    below: float | None = None,
    device: str = "cpu",
) -> tuple[Vectors, Indices]:
    """The k vectors with the largest products with each query.

    Parameters
    ----------
    queries : array, shape (q, dim), float32
    vectors : array, shape (n, dim), float32
    k : int
    reach : array, shape (q,), int64, optional
        How many of the vectors each query may find, from the first on: with vectors in the order
        of time, those before its own. All of them if None.
    barred : sequence of Barred
        Pairs that may not find each other.
    below : float, optional
        Only products below this count.
    device : {"cpu", "cuda"}
        Where to compute, in float32.

    Returns
    -------
    scores : array, shape (q, k), float32
        Descending; -inf where there is nothing more.
    rows : array, shape (q, k), int64
        Rows of the vectors; -1 where there is nothing more. Of equal scores the earlier row
        comes first.
    """
    import torch

    scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    # On a GPU the vectors are copied once if they fit beside their blocks.
    kept: dict[int, Tensor] = {}

    def block(start: int) -> "Tensor":
        if start in kept:
            return kept[start]
        part = np.ascontiguousarray(vectors[start : start + _VECTORS[device]])
        tensor = to_device(part, device)
        if device == "cuda" and torch.cuda.mem_get_info()[0] > 16 * 2**30:
            kept[start] = tensor
        return tensor

    with torch.inference_mode():
        for first in range(0, len(queries), _QUERIES[device]):
            some = slice(first, first + _QUERIES[device])
            asked = to_device(np.ascontiguousarray(queries[some]), device)
            limit = None if reach is None else to_device(reach[some], device)
            last = len(vectors) if reach is None else int(reach[some].max(initial=0))
            best = asked.new_full((len(asked), 0), -torch.inf)
            where = torch.zeros((len(asked), 0), dtype=torch.int64, device=asked.device)
            for start in range(0, last, _VECTORS[device]):
                alike = asked @ block(start)[: last - start].T
                for pairs in barred:
                    theirs = pairs.vector[start : start + alike.shape[1]]
                    one, other = (
                        to_device(groups, device) for groups in (pairs.query[some], theirs)
                    )
                    alike.masked_fill_(one[:, None] == other[None], -torch.inf)
                _bar(alike, start, limit, below)
                values, at = alike.topk(min(k, alike.shape[1]), dim=1)
                both = torch.cat([best, values], dim=1)
                places = torch.cat([where, at + start], dim=1)
                # Stable, so that of equal scores the earlier row stays.
                best, order = both.sort(dim=1, descending=True, stable=True)
                best, where = best[:, :k], places.gather(1, order)[:, :k]
            width = best.shape[1]
            scores[some, :width] = best.cpu().numpy()
            rows[some, :width] = where.cpu().numpy()
    rows[np.isneginf(scores)] = -1
    return scores, rows


def _bar(alike: "Tensor", start: int, limit: "Tensor | None", below: float | None) -> None:
    """Let the scores of a block that don't count be -inf."""
    import torch

    if below is not None:
        alike.masked_fill_(alike >= below, -torch.inf)
    if limit is not None and int(limit.min()) < start + alike.shape[1]:
        place = torch.arange(start, start + alike.shape[1], device=alike.device)
        alike.masked_fill_(place[None] >= limit[:, None], -torch.inf)
