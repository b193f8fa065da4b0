"""The model card of a likes head."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heads.cards import metric_rows, number, space_list
from heads.runs import target

_CARD = """# likes head, split {split}

| | |
|---|---|
| model | {model} |
| predicts | log1p({kpi}); likes are its count, mean and a 90% interval beside it{unit} |
| inputs | {inputs} |
| vector spaces | {spaces} |
| learned from | {train} posts |
| left out | {left_out} |
| scored on | {test} posts, histories online, label delay {delay} days |
| rows of the split | sha256 {rows} |

## Measured, with 95% bootstrap intervals by {resampling}

| metric | value | from | to |
|---|---|---|---|
{metrics}

Paired gain in log1p RMSE over the {over}: {gain}. If the
interval contains 0, the head is not better than the {over}.

## Intervals

| fifth of the predictions, lowest first (0: all) | posts | coverage | width in log1p |
|---|---|---|---|
{intervals}

## What it is for, and what it is not

It ranks and sizes posts of accounts like those in the store. Who posts explains most of an
engagement count; for accounts without history expect little. Contributions and neighbours
are associations in past data: they do not say what a change of text would cause. Sums of
counts hang on a handful of posts: trust the mean's total only with its interval.
"""


NO_METRICS = (
    "gain", "intervals", "resampling", "reposts_left_out", "crossposts_left_out", "without_count",
)  # fmt: skip
"""Scores of a run that are no metric with an interval."""


def write_card(
    folder: Path, split: str, settings: Mapping[str, Any], scores: Mapping[str, Any]
) -> None:
    """Write ``card.md``: what the head is, what was measured, what it is no good for."""
    gain = scores["gain"]
    card = _CARD.format(
        split=split,
        model=settings["model"],
        kpi=target(settings),
        inputs=", ".join(settings["inputs"]),
        spaces=space_list(settings["spaces"]),
        train=f"{settings['counts']['train']:,}",
        test=f"{settings['counts']['test']:,}",
        delay=settings["label_delay"],
        rows=settings["rows"],
        metrics=metric_rows(scores, NO_METRICS),
        left_out=_left_out(settings, scores),
        unit=f"; scored in units of {settings['unit']:g}" if settings["unit"] != 1 else "",
        resampling=scores["resampling"],
        over=gain["over"],
        gain="{} ({} to {})".format(*(number(value) for value in gain["log_rmse"])),
        intervals="\n".join(
            f"| {row['band']:.0f} | {row['posts']:.0f} | {row['coverage']:.3f} |"
            f" {row['width']:.2f} |"
            for row in scores["intervals"]
        ),
    )
    (folder / "card.md").write_text(card)


def _left_out(settings: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Say which posts were left out."""
    near = " read near that age on both sides" if settings["after"] else ""
    where = f" or not `{settings['where']}`" if settings["where"] else ""
    copies = scores["crossposts_left_out"]
    said = [
        f"{scores['without_count']:,} posts without a count{near}{where}",
        f"{scores['reposts_left_out']:,} reposts",
    ]
    return ", ".join(said + [f"{copies:,} later copies of cross-posts"] * bool(copies))
