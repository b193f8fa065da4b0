"""A made-up corpus of company posts, in the challenge's schema, whose truth is known."""

from __future__ import annotations

from embedstore.sample.write import MAX_POSTS, MIN_POSTS, Sample, write_sample

__all__ = ["MAX_POSTS", "MIN_POSTS", "Sample", "write_sample"]
