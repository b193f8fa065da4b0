"""Search many queries exactly in blocks, on a GPU or a CPU.

A block of queries is multiplied with a block of vectors, and only the best so far are kept:
memory holds one block of scores, however many queries and vectors there are.
"""

from collections.abc import Callable, Sequence
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

_SPARE_GPU_BYTES = 16 * 2**30
"""Free GPU memory above which blocks of vectors stay there for the next block of queries."""


@dataclass(frozen=True)
class Barred:
    """Groups of queries and vectors; a query never finds a vector of its own group.

    Attributes
    ----------
    query : array, shape (q,), int64
        Group of each query.
    vector : array, shape (n,), int64
        Group of each vector.
    """

    query: Indices
    vector: Indices


@cache
def has_gpu() -> bool:
    """Tell whether torch can compute on a GPU."""
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
    """Find the k vectors with the largest inner product with each query.

    Parameters
    ----------
    queries : array, shape (q, dim), float32
        Queries.
    vectors : array, shape (n, dim), float32
        Vectors to search.
    k : int
        Vectors to find for each query.
    reach : array, shape (q,), int64, optional
        Number of vectors, from the first on, that each query may find; all if None. With
        vectors in the order of time, these are the ones before the query's own.
    barred : sequence of Barred
        Groups that exclude each other.
    below : float, optional
        Only find products below this.
    device : {"cpu", "cuda"}
        Device that computes, in float32.

    Returns
    -------
    scores : array, shape (q, k), float32
        Descending; -inf where fewer than k are found.
    rows : array, shape (q, k), int64
        Rows of the vectors; -1 where fewer than k are found. Of equal scores the earlier
        row comes first.
    """
    import torch

    scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    load = _block_loader(vectors, device)
    with torch.inference_mode():
        for first in range(0, len(queries), _QUERIES[device]):
            some = slice(first, first + _QUERIES[device])
            count = len(vectors) if reach is None else int(reach[some].max(initial=0))
            mask = _Mask(
                groups=[(to_device(pair.query[some], device), pair.vector) for pair in barred],
                reach=None if reach is None else to_device(reach[some], device),
                below=below,
                device=device,
            )
            asked = to_device(np.ascontiguousarray(queries[some]), device)
            best, places = _nearest_of_block(asked, load, count, k, mask)
            width = best.shape[1]
            scores[some, :width] = best.cpu().numpy()
            rows[some, :width] = places.cpu().numpy()
    rows[np.isneginf(scores)] = -1
    return scores, rows


_LoadBlock = Callable[[int], "Tensor"]
"""From the first row of a block of vectors to the block on the device."""


def _block_loader(vectors: Vectors, device: str) -> _LoadBlock:
    """Copy blocks of vectors to the device; on a GPU with room to spare, each only once."""
    import torch

    copied: dict[int, Tensor] = {}

    def load(start: int) -> "Tensor":
        if start in copied:
            return copied[start]
        block = np.ascontiguousarray(vectors[start : start + _VECTORS[device]])
        tensor = to_device(block, device)
        if device == "cuda" and torch.cuda.mem_get_info()[0] > _SPARE_GPU_BYTES:
            copied[start] = tensor
        return tensor

    return load


def _nearest_of_block(
    queries: "Tensor", load: _LoadBlock, count: int, k: int, mask: "_Mask"
) -> tuple["Tensor", "Tensor"]:
    """Find the k best of the first `count` vectors for one block of queries.

    Returns
    -------
    scores, rows : tensors, shape (q, min(k, count))
        Descending by score.
    """
    import torch

    best = queries.new_full((len(queries), 0), -torch.inf)
    rows = torch.zeros((len(queries), 0), dtype=torch.int64, device=queries.device)
    for start in range(0, count, _VECTORS[mask.device]):
        scores = queries @ load(start)[: count - start].T
        mask.apply(scores, start)
        values, at = _top(scores, min(k, scores.shape[1]))
        merged = torch.cat([best, values], dim=1)
        merged_rows = torch.cat([rows, at + start], dim=1)
        # A stable sort: of equal scores the earlier row stays.
        best, order = merged.sort(dim=1, descending=True, stable=True)
        best, rows = best[:, :k], merged_rows.gather(1, order)[:, :k]
    return best, rows


def _top(scores: "Tensor", k: int) -> tuple["Tensor", "Tensor"]:
    """Find the k largest of each row; of equal ones at the edge the first, which topk leaves open.

    What a query finds would otherwise depend on the queries that it is asked with.
    """
    values, at = scores.topk(k, dim=1)
    if not k:
        return values, at
    edge = values[:, -1:]
    tied = ((scores >= edge).sum(dim=1) > k) & ~edge[:, 0].isneginf()
    if tied.any():
        some, edge = scores[tied], edge[tied]
        above, equal = some > edge, some == edge
        left = k - above.sum(dim=1, keepdim=True)
        chosen = above | (equal & (equal.cumsum(dim=1) <= left))
        places = chosen.nonzero()[:, 1].view(-1, k)
        best, order = some.gather(1, places).sort(dim=1, descending=True, stable=True)
        values, at = values.clone(), at.clone()
        values[tied], at[tied] = best, places.gather(1, order)
    return values, at


@dataclass(frozen=True)
class _Mask:
    """Pairs of a block's queries and the vectors that they may not find.

    Attributes
    ----------
    groups : list
        For each `Barred`: a tensor with the group of each query of the block, and an array
        with the group of each vector.
    reach : tensor, shape (q,), int64, optional
        Number of vectors that each query may find.
    below : float, optional
        Only scores below this may be found.
    device : str
        Where the tensors are.
    """

    groups: list[tuple["Tensor", Indices]]
    reach: "Tensor | None"
    below: float | None
    device: str

    def apply(self, scores: "Tensor", start: int) -> None:
        """Set the scores of masked pairs to -inf, for vectors from row `start` on."""
        import torch

        end = start + scores.shape[1]
        for ours, groups in self.groups:
            theirs = to_device(groups[start:end], self.device)
            scores.masked_fill_(ours[:, None] == theirs[None], -torch.inf)
        if self.below is not None:
            scores.masked_fill_(scores >= self.below, -torch.inf)
        if self.reach is not None and int(self.reach.min()) < end:
            rows = torch.arange(start, end, device=scores.device)
            scores.masked_fill_(rows[None] >= self.reach[:, None], -torch.inf)
