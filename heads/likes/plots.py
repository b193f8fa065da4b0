"""Plots of a likes head on the posts that were held out."""

from pathlib import Path

import numpy as np

from heads.arrays import Floats, Times


def draw_plots(folder: Path, time: Times, y: Floats, predicted: Floats, mean: Floats) -> bool:
    """Draw predicted against true, calibration, and residuals over time to ``plots.png``.

    Returns
    -------
    bool
        True if it was drawn; False without matplotlib (the extra ``plot``).
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
