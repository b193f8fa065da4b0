"""Sizes of a decoder that learns within seconds, and the split it learns under."""

SPLIT = "time:2021-06-01"
TINY = {"width": 48, "layers": 2, "heads": 2, "encoder_layers": 1, "pointer": 16, "size": 600}
