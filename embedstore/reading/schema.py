"""What reading gives: batches of posts, what was wrong, and how a file was understood."""

from dataclasses import dataclass, field

import pyarrow as pa

BATCH_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        ("platform", pa.string()),
        ("username", pa.string()),
        ("company", pa.string()),
        ("created_at", pa.timestamp("us")),
        ("created_precision", pa.string()),
        ("text", pa.string()),
        ("text_raw", pa.string()),
        ("kind", pa.string()),
        ("lang", pa.string()),
        ("parent_id", pa.string()),
        ("permalink", pa.string()),
        ("followers", pa.int64()),
        ("media_raw", pa.string()),
        ("likes", pa.int64()),
        ("comments", pa.int64()),
        ("shares", pa.int64()),
        ("quotes", pa.int64()),
        ("views", pa.int64()),
        ("bookmarks", pa.int64()),
        ("impressions", pa.int64()),
        ("reach", pa.int64()),
        ("clicks", pa.int64()),
        ("video_views", pa.int64()),
        ("reactions", pa.string()),
        ("extra", pa.string()),
        ("observed_at", pa.timestamp("us")),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("raw", pa.string(), nullable=False),
    ]
)
"""The columns of a batch. Times are UTC; `text` is clean, and `text_raw` is NULL where it came
like that; `created_precision` is day, minute or second; `kind` is own, reply, quote, repost,
story or reel; `reactions` and `extra` are JSON objects."""

COUNTS = (
    "likes",
    "comments",
    "shares",
    "quotes",
    "views",
    "bookmarks",
    "impressions",
    "reach",
    "clicks",
    "video_views",
)
"""The KPIs of a post, which are known after posting alone."""

KINDS = ("own", "reply", "quote", "repost", "story", "reel")

# What a file is expected to have; other KPIs are few platforms' own.
EXPECTED = ("text", "created_at", "username", "likes", "comments", "shares", "views")


@dataclass(frozen=True)
class Rejected:
    """A row that can't be used.

    Attributes
    ----------
    source, file
        Where it comes from.
    line
        1-based: the physical line in a text file, the row of a sheet, the row number
        in a Parquet file.
    reason
        What is wrong with it.
    raw
        The row as text; of formats that are not text, as JSON.
    """

    source: str
    file: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class FieldProblem:
    """A field that can't be read: it is NULL, and the rest of its row is used.

    Attributes
    ----------
    source, file, line, raw
        As in `Rejected`.
    field
        Its name.
    reason
        What is wrong with it.
    """

    source: str
    file: str
    line: int
    field: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows of a file.

    Attributes
    ----------
    posts
        Those that can be used, in the file's order, in `BATCH_SCHEMA`.
    rejected
        Those that can't.
    fraction
        The share of the file read so far, 0 to 1.
    problems
        Fields that can't be read, of posts that can.
    """

    posts: pa.RecordBatch
    rejected: list[Rejected]
    fraction: float
    problems: list[FieldProblem] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """How a file is understood.

    Attributes
    ----------
    format
        What it is: ``"CSV"``, ``"JSON lines"``, and whose (``"CSV of X Analytics"``).
    platform
        Where its posts are from, if all of them are: ``"x"``, ``"instagram"``.
    fields
        Field to where it is found: a column, a dotted path, or several (``a | b``).
    missing
        What a file of posts is expected to have and this one has not: text, time, account
        and KPIs.
    sheet
        The sheet, table or member that is read, where there are several.
    warnings
        What is suspicious, in sentences.
    sample
        The first posts, as they would be stored.
    """

    format: str
    platform: str | None
    fields: dict[str, str]
    missing: list[str]
    sheet: str | None = None
    warnings: list[str] = field(default_factory=list)
    sample: list[dict[str, object]] = field(default_factory=list)
