"""Where a model computes, and in what precision."""

from pathlib import Path
from typing import Literal, cast

from embedstore.errors import EncoderError

Device = Literal["cpu", "cuda"]
DType = Literal["float32", "bfloat16", "float16"]

_CPUINFO = Path("/proc/cpuinfo")
_NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def choose_device(device: str) -> Device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device that this machine has.

    Raises
    ------
    EncoderError
        The name is another one, or CUDA was asked for and there is none.
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
    """Turn ``auto`` (or None) into the fastest precision that `device` has natively.

    All of them agree to cosine ≥ 0.999, so that this is no part of a fingerprint.

    Raises
    ------
    EncoderError
        The name is none of ``auto``, ``float32``, ``bfloat16`` and ``float16``.
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
    """Whether this machine's processor multiplies bfloat16 natively.

    Known for x86 under Linux; anything else counts as no, since bfloat16 without such
    instructions is slower than float32.
    """
    try:
        return flags_have_bfloat16(_CPUINFO.read_text())
    except OSError:
        return False


def flags_have_bfloat16(cpuinfo: str) -> bool:
    """Whether the text of ``/proc/cpuinfo`` names native bfloat16 instructions."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return not _NATIVE_BFLOAT16.isdisjoint(value.split())
    return False
