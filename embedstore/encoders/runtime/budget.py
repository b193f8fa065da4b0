"""Size of batches, halved when a device runs out of memory."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from embedstore.errors import EncoderError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Budget:
    """Largest batch that fits in memory, in tokens or images; it only ever shrinks.

    Parameters
    ----------
    size : int
        Tokens or images that a batch may hold at first.

    Attributes
    ----------
    size : int
        Tokens or images that a batch may hold now.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def run(
        self,
        forward: Callable[[Sequence[Item]], Result],
        items: Sequence[Item],
        cost: Callable[[Sequence[Item]], int] = len,
    ) -> list[tuple[Sequence[Item], Result]]:
        """Run items through a model in one batch, or in halves when memory runs out.

        Parameters
        ----------
        forward : callable
            Takes some of the items and returns the model's result for them.
        items : sequence
            At least one.
        cost : callable
            Returns the tokens or images of some items.

        Returns
        -------
        list of (items, result)
            One entry a batch, in the order of the items.

        Raises
        ------
        EncoderError
            The memory can't hold a single item.
        """
        import torch

        try:
            return [(items, forward(items))]
        except torch.OutOfMemoryError as error:
            if len(items) == 1:
                raise EncoderError(
                    f"one item alone needs more memory than the device has: {error}; use"
                    " `--device cpu`, or make room on the device"
                ) from error
        # Outside the handler: the error kept the tensors of its stack frames alive.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        # Batches that were already split at the old size must not halve the budget again.
        self.size = max(1, min(self.size, cost(items) // 2))
        middle = len(items) // 2
        return [
            done
            for half in (items[:middle], items[middle:])
            for done in self.run(forward, half, cost)
        ]
