import pytest

from embedstore.encoders.runtime.devices import choose_device, choose_dtype, flags_have_bfloat16
from embedstore.errors import EncoderError


@pytest.mark.parametrize(
    ("flags", "native"),
    [
        ("fpu avx2 avx512f avx512_bf16 fsrm", True),
        ("fpu amx_bf16 amx_tile", True),
        ("fpu avx2 avx512f avx512bw", False),
        ("", False),
    ],
)
def test_native_bfloat16_is_read_from_the_processor_flags(flags: str, native: bool) -> None:
    cpuinfo = f"processor\t: 0\nmodel name\t: X with avx512_bf16 in its name\nflags\t\t: {flags}\n"
    assert flags_have_bfloat16(cpuinfo) is native


def test_a_processor_without_flags_counts_as_not_native() -> None:
    assert not flags_have_bfloat16("processor : 0\nFeatures : fp asimd bf16\n")


def test_a_dtype_that_is_asked_for_is_taken() -> None:
    assert choose_dtype("float32", "cpu") == "float32"
    assert choose_dtype("auto", "cpu") == choose_dtype(None, "cpu") in ("float32", "bfloat16")


def test_unknown_devices_and_dtypes_are_errors_that_list_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="no device 'gpu': choose auto, cpu or cuda"):
        choose_device("gpu")
    with pytest.raises(EncoderError, match="no dtype 'int8': choose auto, float32"):
        choose_dtype("int8", "cpu")


def test_cuda_where_there_is_none_is_an_error_with_a_remedy() -> None:
    import torch

    if torch.cuda.is_available():
        assert choose_device("auto") == choose_device("cuda") == "cuda"
    else:
        assert choose_device("auto") == "cpu"
        with pytest.raises(EncoderError, match="no CUDA device here: use `--device cpu`"):
            choose_device("cuda")
