"""Weights in four bits."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedstore.encoders.runtime.four_bits import FourBitRows, unpack


def packed(numbers: list[int], scale: float) -> bytes:
    """One block, written as the layout is described: 32 numbers from -8 to 7."""
    halves = [
        (low + 8) | (high + 8) << 4 for low, high in zip(numbers[:16], numbers[16:], strict=True)
    ]
    return np.float16(scale).tobytes() + bytes(halves)


blocks = st.tuples(
    st.lists(st.integers(-8, 7), min_size=32, max_size=32),
    st.floats(-4, 4, width=16),
)


@given(st.lists(st.tuples(blocks, blocks), min_size=1, max_size=4))
def test_weights_are_their_numbers_times_the_scale_of_their_block(
    rows: list[tuple[tuple[list[int], float], tuple[list[int], float]]],
) -> None:
    raw = b"".join(packed(numbers, scale) for row in rows for numbers, scale in row)
    table = np.frombuffer(bytearray(raw), np.uint8).reshape(len(rows), -1)
    expected = [[n * scale for numbers, scale in row for n in numbers] for row in rows]
    assert unpack(torch.from_numpy(table)).tolist() == expected


def test_rows_of_a_table_are_those_of_the_whole_in_the_precision_that_is_wanted() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 256, (50, 3, 18), dtype=np.uint8)
    table[..., :2] = rng.normal(size=(50, 3)).astype(np.float16)[..., None].view(np.uint8)
    table = table.reshape(50, -1)
    ids = torch.tensor([7, 7, 0, 49])
    rows = FourBitRows(table, device="cpu", dtype="bfloat16")[ids]
    assert rows.dtype == torch.bfloat16
    assert torch.equal(rows, unpack(torch.from_numpy(table))[ids].bfloat16())
