"""Memory that was used for a while, given back."""

import ctypes
import sys


def give_back() -> None:
    """Give memory that is free inside this process back to the system.

    glibc keeps what was freed between blocks that are still in use. Batches of all shapes leave
    half a gigabyte of that behind, and each stage would add its own. Takes some 20 ms; elsewhere
    than on Linux with glibc it does nothing.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
