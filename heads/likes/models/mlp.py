"""A feed-forward network on the matrix: the method's original heads, in torch.

With ``--inputs text:distilbert --no-residual`` it is the classic text head, a [CLS] vector
through a feed-forward network under mean squared error; with ``--inputs image:clip,text:clip``
the classic regression head on concatenated CLIP embeddings.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from embedstore.progress import Progress, silent, told
from heads.arrays import Floats, Indices, Vectors

if TYPE_CHECKING:
    from torch import Tensor, nn

WIDTH = 192
DEPTH = 2
EPOCHS = 24
"""Largest number of passes over the rows."""

PATIENCE = 5
"""Passes without a better prediction of the held-out rows after which the search ends."""

BATCH = 256
RATE = 1e-3
DECAY = 0.05
DROPOUT = 0.3
BLANK = 0.1
"""Share of training rows that lose a whole group of inputs, so that absent ones are survived."""


@dataclass(frozen=True)
class Scaling:
    """Mean and scale that bring columns to mean 0 and variance about 1.

    Attributes
    ----------
    mean, scale : array, shape (columns,), float32
    """

    mean: Vectors
    scale: Vectors

    def apply(self, values: Vectors) -> Vectors:
        """Scale columns, 0 where nothing is known; a flag beside each says so.

        Returns
        -------
        array, shape (n, 2 · columns), float32
        """
        scaled = (values - self.mean) / self.scale
        # Five deviations: an outlier of a test post must not leave what was learned.
        bounded = np.clip(np.nan_to_num(scaled), -5, 5)
        return np.hstack([bounded, np.isnan(values)]).astype(np.float32)


def scaling(values: Vectors, rows: Indices, spaces: Sequence[str]) -> Scaling:
    """Learn the scaling from some rows; coordinates of one space keep their proportions."""
    some = values[rows].astype(np.float64)
    known = np.isfinite(some)
    count = np.maximum(1, known.sum(axis=0))
    mean = np.where(known, some, 0).sum(axis=0) / count
    variance = (np.where(known, some - mean, 0) ** 2).sum(axis=0) / count
    for space in {space for space in spaces if space}:
        mine = np.array([name == space for name in spaces])
        variance[mine] = variance[mine].mean()
    scale = np.where(variance > 1e-12, np.sqrt(variance), 1)
    return Scaling(mean.astype(np.float32), scale.astype(np.float32))


@dataclass(frozen=True)
class Network:
    """A trained network with its scaling.

    Attributes
    ----------
    scaling : Scaling
    arrays : dict
        Weights by name, float32.
    """

    scaling: Scaling
    arrays: dict[str, Vectors]

    @cached_property
    def _loaded(self) -> "nn.Module":
        import torch

        layers = _layers(2 * len(self.scaling.mean))
        layers.load_state_dict({name: torch.from_numpy(a) for name, a in self.arrays.items()})
        return layers

    def output(self, values: Vectors) -> Floats:
        """Compute the network's output for each row of a matrix, shape (n,)."""
        import torch

        return _predict(self._loaded, torch.from_numpy(self.scaling.apply(values)))

    def contributions(self, values: Vectors, groups: Sequence[str]) -> dict[str, float]:
        """Compute what each group of columns adds to one row's output.

        Exact Shapley values (Shapley, 1953) over groups; a group that is left out stands at
        its training mean.

        Parameters
        ----------
        values : array, shape (columns,), float32
            The row.
        groups : sequence of str
            Of each column.

        Returns
        -------
        dict
            By group, and ``start``: the output at the training mean. They add up to the output.
        """
        names = list(dict.fromkeys(groups))
        inside = np.array([[name == group for group in groups] for name in names])
        subsets = np.arange(2 ** len(names))
        chosen = (subsets[:, None] >> np.arange(len(names))) & 1
        outputs = self.output(np.where(chosen @ inside > 0, values, self.scaling.mean))
        found = {"start": float(outputs[0])}
        size = chosen.sum(axis=1)
        for place, name in enumerate(names):
            without = subsets[chosen[:, place] == 0]
            weight = np.array([1 / (len(names) * comb(len(names) - 1, s)) for s in size[without]])
            found[name] = float(weight @ (outputs[without | (1 << place)] - outputs[without]))
        return found


def train(
    values: Vectors,
    residual: Floats,
    weight: Floats,
    rows: Indices,
    *,
    groups: Sequence[str],
    spaces: Sequence[str],
    epochs: int,
    seed: int,
) -> Network:
    """Train a network for so many passes over the given rows.

    Parameters
    ----------
    values, residual, weight, rows
        As for the trees (`heads.likes.models.gbm.train`).
    groups : sequence of str
        The group of each column; one of them is blanked now and then.
    spaces : sequence of str
        Of each column, the space it is a coordinate of, or an empty name.
    epochs : int
        Passes.
    seed : int
        Of the weights, the order and the dropout.
    """
    scaled = scaling(values, rows, spaces)
    *_, (_, layers) = _epochs(
        scaled.apply(values), residual, weight, rows, groups, epochs=epochs, seed=seed
    )
    arrays = {name: tensor.numpy().copy() for name, tensor in layers.state_dict().items()}
    return Network(scaled, arrays)


def search(
    values: Vectors,
    residual: Floats,
    weight: Floats,
    parts: Sequence[tuple[Indices, Indices]],
    *,
    groups: Sequence[str],
    spaces: Sequence[str],
    seed: int,
    progress: Progress = silent,
) -> tuple[int, list[Floats]]:
    """Find the number of passes that predicts held-out rows best, and the predictions.

    Parameters and results are those of `heads.likes.models.gbm.search`; the median of what the
    parts find counts.
    """
    import torch

    best, outputs = [], []
    for rows, held in told(progress, "train the network", parts, "slices"):
        prepared = scaling(values, rows, spaces).apply(values)
        there = torch.from_numpy(prepared[held])
        after, errors = [], []
        for epoch, layers in _epochs(
            prepared, residual, weight, rows, groups, epochs=EPOCHS, seed=seed
        ):
            after.append(_predict(layers, there))
            errors.append(float(weight[held] @ (residual[held] - after[-1]) ** 2))
            if epoch - int(np.argmin(errors)) >= PATIENCE:
                break
        best.append(int(np.argmin(errors)))
        outputs.append(after)
    epochs = int(np.median(best)) + 1
    return epochs, [after[min(epochs, len(after)) - 1] for after in outputs]


def _layers(columns: int) -> "nn.Module":
    """Make the untrained layers."""
    from torch import nn

    width, parts = columns, []
    for _ in range(DEPTH):
        parts += [nn.Linear(width, WIDTH), nn.LayerNorm(WIDTH), nn.GELU(), nn.Dropout(DROPOUT)]
        width = WIDTH
    return nn.Sequential(*parts, nn.Linear(width, 1))


def _epochs(
    prepared: Vectors,
    residual: Floats,
    weight: Floats,
    rows: Indices,
    groups: Sequence[str],
    *,
    epochs: int,
    seed: int,
) -> "Iterator[tuple[int, nn.Module]]":
    """Train pass by pass; after each its number, from 0, and the network."""
    import torch

    # The seed is set for this block only, so that the rest of the program draws as before.
    # Batches are small, and threads would mostly wait for each other.
    with torch.random.fork_rng(devices=[]), _one_thread():
        torch.manual_seed(seed)
        layers = _layers(prepared.shape[1])
        # The first output is 0, the mean of the residuals.
        torch.nn.init.zeros_(layers[-1].weight)  # type: ignore[index]
        optimizer = torch.optim.AdamW(layers.parameters(), lr=RATE, weight_decay=DECAY)
        x = torch.from_numpy(prepared[rows])
        y = torch.from_numpy(residual[rows].astype(np.float32))
        w = torch.from_numpy(weight[rows].astype(np.float32))
        w /= w.mean()
        masks = _group_masks(groups)
        for epoch in range(epochs):
            layers.train()
            for batch in torch.split(torch.randperm(len(rows)), BATCH):
                inputs = _blanked(x[batch], masks)
                loss = (w[batch] * (layers(inputs)[:, 0] - y[batch]) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(layers.parameters(), 1.0)
                optimizer.step()
            yield epoch, layers.eval()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread within this block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _group_masks(groups: Sequence[str]) -> "Tensor":
    """Mark the columns of each group, shape (groups, columns), 1 where it has the column."""
    import torch

    names = list(dict.fromkeys(groups))
    return torch.tensor([[name == group for group in groups] for name in names]).float()


def _blanked(x: "Tensor", masks: "Tensor") -> "Tensor":
    """Blank one group of some rows: its values become 0, its flags of absence 1."""
    import torch

    if len(masks) < 2:
        return x
    chosen = masks[torch.randint(len(masks), (len(x),))]
    gone = chosen * (torch.rand(len(x), 1) < BLANK)
    values, absent = x.chunk(2, dim=1)
    return torch.cat([values * (1 - gone), torch.maximum(absent, gone)], dim=1)


def _predict(layers: "nn.Module", x: "Tensor") -> Floats:
    """Compute the network's output, shape (n,)."""
    import torch

    with torch.inference_mode():
        found: Any = layers.eval()(x)[:, 0]
    return np.asarray(found.numpy(), dtype=np.float64)
