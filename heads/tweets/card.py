"""The model card of a decoder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heads.cards import metric_rows, space_list

_CARD = """# tweets head, split {split}

| | |
|---|---|
| decoder | {title} |
| writes from | company, account, time, kind of media, likes relative to the account (deciles), \
picture, caption, {neighbours} earlier posts |
| vector spaces | {spaces} |
| learned from | {train} posts; the latest {held} before the split said when to stop |
| training | {steps} steps, {tokens} tokens, {seconds} s, {cpu} s of processor time |
| drawn with | temperature {temperature}, top-p {top_p}; ordered by {weights} |
| rows of the split | sha256 {rows} |

## Measured on posts after the split, with 95% bootstrap intervals by account

| metric | value | from | to |
|---|---|---|---|
{metrics}

`heads eval tweets` prints the whole evaluation, beside its baselines.

## What it is for, and what it is not

It drafts posts in the manner of accounts like those in the store, for a person to choose from.
It states things that are not so: nothing it writes was checked. Likes predicted of a draft are
associations in past data. Texts that copy eight words in a row from a neighbour are not shown,
which does not make the others new.
"""


def write_card(
    folder: Path, title: str, split: str, settings: Mapping[str, Any], scores: Mapping[str, Any]
) -> None:
    """Write ``card.md``: what the decoder is, what was measured, what it is no good for."""
    training, choice = scores["training"], settings["choice"]
    weights = ", ".join(f"{name} {value:g}" for name, value in choice["weights"].items() if value)
    card = _CARD.format(
        split=split,
        title=title,
        neighbours=settings["facts"]["neighbours"],
        spaces=space_list(settings["spaces"]),
        train=f"{settings['counts']['train']:,}",
        held=settings["counts"]["held"],
        steps=f"{training['steps']:,}",
        tokens=f"{training['tokens']:,}",
        seconds=f"{training['seconds']:,.0f}",
        cpu=f"{training['cpu_seconds']:,.0f}",
        temperature=choice["sampling"]["temperature"],
        top_p=choice["sampling"]["top_p"],
        weights=weights or "nothing",
        rows=settings["rows"],
        metrics=metric_rows(scores, ("training",)),
    )
    (folder / "card.md").write_text(card)
