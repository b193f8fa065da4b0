"""Files of posts to Arrow batches, with every row and field that can't be used and why.

What a file is is told by what is in it: its format by :mod:`embedstore.reading.formats`, whose
it is by :mod:`embedstore.reading.platforms`, which column is which field by
:mod:`embedstore.reading.columns`. Cells become values in :mod:`embedstore.reading.fields`.
Rows stream: memory doesn't grow with the file.
"""

from embedstore.reading.inputs import expand_inputs, source_of
from embedstore.reading.options import ReadOptions
from embedstore.reading.posts import OpenPosts, describe, open_posts, read_posts
from embedstore.reading.schema import (
    BATCH_SCHEMA,
    COUNTS,
    KINDS,
    Batch,
    FieldProblem,
    Reading,
    Rejected,
)
from embedstore.reading.synonyms import parse_mapping

__all__ = [
    "BATCH_SCHEMA",
    "COUNTS",
    "KINDS",
    "Batch",
    "FieldProblem",
    "OpenPosts",
    "ReadOptions",
    "Reading",
    "Rejected",
    "describe",
    "expand_inputs",
    "open_posts",
    "parse_mapping",
    "read_posts",
    "source_of",
]
