import threading
import time
from collections.abc import Iterator

import pytest

from embedstore.threads import map_ahead, one_core_per_thread


def test_results_come_in_order_whatever_takes_long() -> None:
    def work(number: int) -> int:
        time.sleep(0.01 * (number % 3 == 0))
        return number

    assert list(map_ahead(work, range(20), threads=3)) == list(range(20))


def test_no_more_items_are_taken_than_the_threads_can_soon_use() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    results = map_ahead(lambda number: number, items(), threads=2)
    assert next(results) == 0
    assert taken == 5


def test_an_error_reaches_whoever_asks() -> None:
    def work(number: int) -> float:
        return 1 / (number - 3)

    results = map_ahead(work, range(10), threads=2)
    assert [next(results) for _ in range(3)] == [-1 / 3, -1 / 2, -1.0]
    with pytest.raises(ZeroDivisionError, match="division"):
        next(results)


def test_stopping_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    results = map_ahead(lambda number: number, range(100), threads=3)
    next(results)
    del results
    assert threading.active_count() == before


def test_threads_get_one_core_each_and_everyone_else_keeps_theirs() -> None:
    import torch

    cores = torch.get_num_threads()
    with one_core_per_thread() as (threads, prepare):
        assert threads == cores
        seen = list(
            map_ahead(lambda _: torch.get_num_threads(), range(4), threads=threads, prepare=prepare)
        )
        assert seen == [1] * 4
        assert torch.get_num_threads() == cores
    assert list(map_ahead(lambda _: torch.get_num_threads(), range(2), threads=1)) == [cores] * 2
