"""Choice of the device and the precision that a model computes with."""

from pathlib import Path
from typing import Literal, cast

from embedstore.errors import EncoderError

Device = Literal["cpu", "cuda"]
DType = Literal["float32", "bfloat16", "float16"]

_CPUINFO = Path("/proc/cpuinfo")
_NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def choose_device(device: str) -> Device:
    """Choose a device that this machine has.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        ``auto`` means CUDA where there is a GPU, and the CPU elsewhere.

    Raises
    ------
    EncoderError
        The name is another one, or ``cuda`` was asked for and there is no GPU.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise EncoderError(f"there is no device {device!r}: choose auto, cpu or cuda")
    if device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise EncoderError("torch finds no CUDA device here: use `--device cpu`, or auto")
    return "cpu"


def choose_dtype(dtype: str | None, device: Device) -> DType:
    """Choose the precision to compute in.

    All precisions agree to cosine ≥ 0.999, so it is not part of a fingerprint.

    Parameters
    ----------
    dtype : {"auto", "float32", "bfloat16", "float16"}, optional
        ``auto`` and None mean the fastest precision that the device computes natively.
    device : {"cpu", "cuda"}
        Where the model computes.

    Raises
    ------
    EncoderError
        There is no such precision.
    """
    if dtype in ("float32", "bfloat16", "float16"):
        return cast("DType", dtype)
    if dtype not in (None, "auto"):
        raise EncoderError(
            f"there is no dtype {dtype!r}: choose auto, float32, bfloat16 or float16"
        )
    if device == "cuda":
        import torch

        # Older devices only emulate bfloat16, slowly, but have float16 units.
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    return "bfloat16" if cpu_has_bfloat16() else "float32"


def cpu_has_bfloat16() -> bool:
    """Tell if this machine's processor multiplies bfloat16 natively.

    Only x86 under Linux says so. Any other processor counts as one that doesn't, since
    bfloat16 without such instructions is slower than float32.
    """
    try:
        return flags_have_bfloat16(_CPUINFO.read_text())
    except OSError:
        return False


def flags_have_bfloat16(cpuinfo: str) -> bool:
    """Tell if the text of ``/proc/cpuinfo`` names native bfloat16 instructions."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return not _NATIVE_BFLOAT16.isdisjoint(value.split())
    return False
