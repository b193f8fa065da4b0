"""Sizes of a decoder that learns within seconds, and the split it learns under."""

SPLIT = "time:2021-06-01"
TINY = {"width": 48, "lower": 1, "upper": 1, "heads": 2, "pointer": 16, "size": 600}
