"""What is written beside a run: a model card, and plots."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heads.arrays import Floats, Times

_CARD = """# {head} head, split {split}

| | |
|---|---|
| model | {model} |
| predicts | log1p({kpi}); likes are its count, mean and a 90% interval beside it |
| inputs | {inputs} |
| vector spaces | {spaces} |
| learned from | {train} posts |
| scored on | {test} posts, histories online, label delay {delay} days |
| rows of the split | sha256 {rows} |

## Measured, with 95% bootstrap intervals by account

| metric | value | from | to |
|---|---|---|---|
{metrics}

Paired gain in log1p RMSE over the {over}: {gain}. A gain whose interval contains 0 is none.

## Intervals

| fifth of predicted level (0: all) | posts | coverage | width in log1p |
|---|---|---|---|
{intervals}

## What it is for, and what it is not

It ranks and sizes posts of accounts like those in the store. Who posts explains most of an
engagement count; for accounts without history expect little. Contributions and neighbours
are associations in past data: they do not say what a change of text would cause. Sums of
counts hang on a handful of posts: trust the mean's total only with its interval.
"""


def number(value: float | None, digits: int = 4) -> str:
    """A number with so many digits that matter; a dash for one that isn't defined."""
    if value is None:
        return "–"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def write_card(
    folder: Path, head: str, split: str, settings: Mapping[str, Any], scores: Mapping[str, Any]
) -> None:
    """Write ``card.md``: what the head is, what was measured, what it is no good for."""
    gain = scores["gain"]
    card = _CARD.format(
        head=head,
        split=split,
        model=settings["model"],
        kpi=settings["kpi"],
        inputs=", ".join(settings["inputs"]),
        spaces=", ".join(f"{k} ({v[:8]})" for k, v in settings["spaces"].items()) or "none",
        train=f"{settings['counts']['train']:,}",
        test=f"{settings['counts']['test']:,}",
        delay=settings["label_delay"],
        rows=settings["rows"],
        metrics="\n".join(
            f"| {name} | " + " | ".join(number(value) for value in values) + " |"
            for name, values in scores.items()
            if name not in ("gain", "intervals")
        ),
        over=gain["over"],
        gain="{} ({} to {})".format(*(number(value) for value in gain["log_rmse"])),
        intervals="\n".join(
            f"| {row['band']:.0f} | {row['posts']:.0f} | {row['coverage']:.3f} |"
            f" {row['width']:.2f} |"
            for row in scores["intervals"]
        ),
    )
    (folder / "card.md").write_text(card)


def draw(folder: Path, time: Times, y: Floats, predicted: Floats, mean: Floats) -> bool:
    """Draw predicted against true, calibration, and residuals over time to ``plots.png``.

    Returns
    -------
    bool
        Whether it was drawn: without matplotlib (the extra ``plot``) there is no plot.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(13, 4), layout="constrained")
    against, sums, residuals = figure.subplots(1, 3)
    ends = [0, float(max(y.max(), predicted.max()))]
    against.scatter(predicted, y, s=3, alpha=0.3)
    against.plot(ends, ends, color="black", linewidth=1)
    against.set(title="predicted and true", xlabel="predicted log1p", ylabel="true log1p")
    bands = np.array_split(np.argsort(predicted, kind="stable"), 10)
    sums.plot([mean[rows].mean() for rows in bands if len(rows)],
              [np.expm1(y[rows]).mean() for rows in bands if len(rows)], marker="o")  # fmt: skip
    top = max(float(mean.max()), 1.0)
    sums.plot([0, top], [0, top], color="black", linewidth=1)
    sums.set(title="mean output by tenth", xlabel="predicted mean", ylabel="true mean")
    sums.set_xscale("symlog")
    sums.set_yscale("symlog")
    residuals.scatter(time, y - predicted, s=3, alpha=0.3)
    residuals.axhline(0, color="black", linewidth=1)
    residuals.set(title="residuals over time", ylabel="true less predicted log1p")
    residuals.tick_params(axis="x", rotation=45)
    figure.savefig(folder / "plots.png", dpi=110)
    return True
