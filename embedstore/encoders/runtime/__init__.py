"""Computation that encoders share: packed text batches, image batches, memory, devices."""

import os

# oneDNN keeps the kernels of the shapes it has met, each with its memory, and 1,024 of them unless
# told otherwise. Texts are of all lengths: training a decoder on a CPU then took gigabytes, and is
# no slower with few. Read by oneDNN when it is used first.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
