import io
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from embedstore.encoders.runtime.images import (
    ImageBatch,
    Preprocessing,
    UnusableImage,
    centre_crop,
    forward_images,
    forward_on_gpu,
)
from embedstore.errors import MediaError

PREPROCESSING = Preprocessing(
    32,
    (lambda image: image.resize((32, 32), Image.Resampling.BICUBIC),),
    mean=(0.5, 0.25, 0.0),
    std=(0.5, 0.5, 1.0),
)


def png(level: int, size: tuple[int, int] = (40, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (level, level, level)).save(out, "PNG")
    return out.getvalue()


def levels(batch: Tensor) -> list[int]:
    return [round(float(value) * 255) for value in batch[:, 2].mean((1, 2))]


def results(images: Iterator[bytes] | list[bytes]) -> dict[int, int | MediaError]:
    found: dict[int, int | MediaError] = {}
    for item in forward_images(images, PREPROCESSING, levels, device="cpu"):
        if isinstance(item, UnusableImage):
            assert item.position not in found
            found[item.position] = item.reason
        else:
            assert not set(item.positions) & set(found)
            found |= dict(zip(item.positions, item.outputs, strict=True))
    return found


def test_each_image_gets_its_own_result_whatever_the_batches() -> None:
    found = results([png(level) for level in range(45)])
    assert found == {level: level for level in range(45)}


def test_bad_images_are_told_and_never_end_the_rest() -> None:
    images = [png(1), b"<html>", png(2), b"", *[b"GIF89a"] * 20, png(3)]
    found = results(images)
    assert len(found) == len(images)
    good = {position: value for position, value in found.items() if isinstance(value, int)}
    assert good == {0: 1, 2: 2, 24: 3}
    with pytest.raises(MediaError, match="a web page"):
        raise found[1]  # type: ignore[misc]


def test_no_images_give_no_results() -> None:
    assert results([]) == {}


def test_a_long_stream_is_read_only_as_far_as_is_needed() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield png(taken % 256)

    stream = forward_images(endless(), PREPROCESSING, levels, device="cpu")
    first = next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert isinstance(first, ImageBatch)
    assert taken <= 8 * (2 * torch.get_num_threads() + 2)


def test_an_error_in_the_stream_of_images_reaches_the_caller() -> None:
    def broken() -> Iterator[bytes]:
        yield png(1)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        results(broken())


def test_colours_are_normalised_one_by_one() -> None:
    pixels = np.full((32, 32, 3), 255, dtype=np.uint8)
    batch = PREPROCESSING.normalise([pixels, pixels], "cpu")
    assert batch.shape == (2, 3, 32, 32)
    assert batch.dtype == torch.float32
    assert batch[1, :, 0, 0].tolist() == [1.0, 1.5, 1.0]


def test_a_strip_is_cut_to_its_middle_before_it_is_resized() -> None:
    strip = Image.new("RGB", (10_000, 4), (255, 0, 0))
    strip.paste((0, 0, 255), (4984, 0, 5016, 4))
    out = io.BytesIO()
    strip.save(out, "PNG")
    seen: list[tuple[int, int]] = []

    def look(image: Image.Image) -> Image.Image:
        seen.append(image.size)
        return image

    preprocessing = Preprocessing(32, (look,), mean=(0.0,) * 3, std=(1.0,) * 3)
    pixels = preprocessing.decode_resized(out.getvalue())
    assert seen == [(32, 4)]
    assert (pixels == [0, 0, 255]).all()


def photograph(size: tuple[int, int]) -> bytes:
    rng = np.random.default_rng(size[0])
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    out = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=95)
    return out.getvalue()


def cropping() -> Preprocessing:
    from torchvision import transforms  # takes seconds

    steps = (transforms.Resize(64, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(56))
    return Preprocessing(64, steps, (0.5,) * 3, (0.5,) * 3, centre_crop(steps, 64))


@pytest.mark.parametrize("size", [(640, 480), (150, 301), (64, 64), (56, 56), (40, 90)])
def test_a_device_resizes_as_the_cpu_does(size: tuple[int, int]) -> None:
    preprocessing, image = cropping(), photograph(size)
    there = preprocessing.resize_and_normalise([preprocessing.decode(image)], "cpu")
    here = preprocessing.normalise([preprocessing.decode_resized(image)], "cpu")
    assert there.shape == here.shape == (1, 3, 56, 56)
    # In levels: one rounds between its two passes, the other doesn't.
    levels = (there - here).abs() * 255 / 2
    assert float(levels.max()) < 2.5
    assert float(levels.mean()) < 0.5


def test_a_device_leaves_other_steps_to_the_cpu() -> None:
    from torchvision import transforms

    steps = (transforms.Resize((64, 64)), transforms.CenterCrop(56))
    assert centre_crop(steps, 64) is None
    image = png(7)
    np.testing.assert_array_equal(PREPROCESSING.decode(image), PREPROCESSING.decode_resized(image))


def test_the_loop_of_a_gpu_gives_what_the_cpus_does_on_a_device_that_fills_up() -> None:
    def small(batch: Tensor) -> list[int]:
        if len(batch) > 5:
            raise torch.OutOfMemoryError("full")
        return levels(batch)

    images = [b"<html>" if level % 10 == 3 else png(level) for level in range(45)]
    found: dict[int, int | MediaError] = {}
    for item in forward_on_gpu(images, PREPROCESSING, small, device="cpu", batch=16):
        if isinstance(item, UnusableImage):
            found[item.position] = item.reason
        else:
            found |= dict(zip(item.positions, item.outputs, strict=True))
    expected = results(images)
    assert found.keys() == expected.keys()
    assert [found[at] for at in found if at % 10 != 3] == [at for at in found if at % 10 != 3]
    assert all(isinstance(found[at], MediaError) for at in found if at % 10 == 3)
