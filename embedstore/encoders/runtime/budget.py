"""How much goes through a model at once, and what happens when that was too much."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from embedstore.errors import EncoderError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Budget:
    """Tokens, or images, of one batch; fewer for good once a device ran out of memory.

    Parameters
    ----------
    size : int
        What a batch may hold at first.

    Attributes
    ----------
    size : int
        What it may hold now.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def run(
        self,
        forward: Callable[[Sequence[Item]], Result],
        items: Sequence[Item],
        cost: Callable[[Sequence[Item]], int] = len,
    ) -> list[tuple[Sequence[Item], Result]]:
        """Run items through a model: all at once, or in halves where they don't fit.

        Parameters
        ----------
        forward : callable
            From some of the items to what the model makes of them.
        items : sequence
            At least one.
        cost : callable
            How much of the budget some items take.

        Returns
        -------
        list of (items, result)
            In their order.

        Raises
        ------
        EncoderError
            A single item doesn't fit.
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
        # Past the handler: the error held on to the tensors of the frames that it went through.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        # Batches that were cut before it showed are no reason to halve once more.
        self.size = max(1, min(self.size, cost(items) // 2))
        middle = len(items) // 2
        return [
            done
            for half in (items[:middle], items[middle:])
            for done in self.run(forward, half, cost)
        ]
