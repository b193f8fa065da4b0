"""Plots of a likes head on the posts that were held out, each with what it says in words."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heads.arrays import Floats, Times

BANDS = 5
"""Bands of predicted likes that the plot for decisions tells apart."""

NEAR = 2.0
"""A post got about what was predicted if it got half of it to twice as much."""


@dataclass(frozen=True)
class Band:
    """Held-out posts that were predicted to get about as much.

    Attributes
    ----------
    predicted, low, median, high : float
        Likes: the middle prediction; what 1 in 10, half and 9 in 10 of the posts got at most.
    """

    predicted: float
    low: float
    median: float
    high: float


def bands(y: Floats, predicted: Floats) -> list[Band]:
    """Part held-out posts in bands of like number by their predictions, the lowest first.

    Parameters
    ----------
    y, predicted : arrays, shape (n,)
        log1p counts: true and predicted.
    """
    order = np.array_split(np.argsort(predicted, kind="stable"), BANDS)
    found = []
    for rows in order:
        if len(rows):
            low, median, high = np.expm1(np.quantile(y[rows], [0.1, 0.5, 0.9])).tolist()
            middle = float(np.expm1(np.median(predicted[rows])))
            found.append(Band(middle, low, median, high))
    return found


def captions(y: Floats, predicted: Floats, mean: Floats) -> dict[str, str]:
    """Say in a sentence or two what each plot shows of these posts.

    Parameters
    ----------
    y, predicted : arrays, shape (n,)
        log1p counts: true, and the predicted median.
    mean : array, shape (n,)
        Predicted mean, counts.

    Returns
    -------
    dict
        By plot: ``decision``, ``against``, ``mean`` and ``residuals``.
    """
    residual = y - predicted
    within = float(np.mean(np.abs(residual) <= np.log(NEAR)))
    lowest, highest = bands(y, predicted)[0], bands(y, predicted)[-1]
    factor = float(np.exp(np.median(np.abs(residual))))
    total = float(mean.sum() / max(1e-9, np.expm1(y).sum()))
    lean = float(np.median(residual))
    direction = "as often above as below"
    if abs(lean) > 0.05:
        direction = (
            f"{np.exp(abs(lean)):.2f} times too {'low' if lean > 0 else 'high'} at the middle"
        )
    half = len(y) // 2
    drift = float(np.median(residual[half:]) - np.median(residual[:half])) if half else 0.0
    later = "did not drift between the earlier and the later half"
    if abs(drift) > 0.1:
        later = f"moved by a factor of {np.exp(drift):.2f} from the earlier to the later half"
    return {
        "decision": (
            f"What to count on: posts that the head puts lowest (about {lowest.predicted:,.0f}"
            f" likes) got {lowest.low:,.0f} to {lowest.high:,.0f} in 8 of 10 cases, those it puts"
            f" highest (about {highest.predicted:,.0f}) {highest.low:,.0f} to {highest.high:,.0f}."
            f" {within:.0%} of {len(y):,} posts got half to twice what was predicted."
        ),
        "against": (
            "Each dot is a post: on the line it got just what was predicted. Half of the posts are"
            f" within a factor of {factor:.2f} of it."
        ),
        "mean": (
            "Mean of the likes by tenth of the predicted mean: on the line, sums can be trusted."
            f" Over all posts the head predicts {total:.2f} times the likes that there were."
        ),
        "residuals": (f"How far off predictions were, by date: {direction}; the error {later}."),
    }


def draw_plots(folder: Path, time: Times, y: Floats, predicted: Floats, mean: Floats) -> bool:
    """Draw ``plots.png``: for who decides, what to count on; and three diagnostics.

    The captions below the plots are also in ``plots.txt``, for who can't see them.

    Returns
    -------
    bool
        True if it was drawn; False without matplotlib (the extra ``plot``).
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    said = captions(y, predicted, mean)
    figure = Figure(figsize=(13, 11), layout="constrained")
    (decision, against), (sums, residuals) = figure.subplots(2, 2)
    found = bands(y, predicted)
    places = np.arange(len(found))
    middles = np.array([band.median for band in found])
    below = middles - np.array([band.low for band in found])
    above = np.array([band.high for band in found]) - middles
    decision.errorbar(
        places, middles, yerr=[below, above], fmt="o", color="black", capsize=6, markersize=8
    )
    decision.set_xticks(places, [f"{band.predicted:,.0f}" for band in found])
    decision.set_yscale("symlog")
    decision.set_ylim(0, 2 * max(band.high for band in found) + 1)
    decision.yaxis.set_major_formatter("{x:,.0f}")
    decision.set(
        title="what to count on", xlabel="predicted likes", ylabel="likes of 8 posts in 10"
    )
    ends = [0, float(max(y.max(), predicted.max()))]
    against.scatter(predicted, y, s=3, alpha=0.3)
    against.plot(ends, ends, color="black", linewidth=1)
    against.set(title="predicted and true", xlabel="predicted log1p", ylabel="true log1p")
    tenths = np.array_split(np.argsort(predicted, kind="stable"), 10)
    sums.plot([mean[rows].mean() for rows in tenths if len(rows)],
              [np.expm1(y[rows]).mean() for rows in tenths if len(rows)], marker="o")  # fmt: skip
    top = max(float(mean.max()), 1.0)
    sums.plot([0, top], [0, top], color="black", linewidth=1)
    sums.set(title="mean output by tenth", xlabel="predicted mean", ylabel="true mean")
    sums.set_xscale("symlog")
    sums.set_yscale("symlog")
    residuals.scatter(time, y - predicted, s=3, alpha=0.3)
    residuals.axhline(0, color="black", linewidth=1)
    residuals.set(title="residuals over time", ylabel="true less predicted log1p")
    residuals.tick_params(axis="x", rotation=45)
    for axes, name in (
        (decision, "decision"), (against, "against"), (sums, "mean"), (residuals, "residuals"),
    ):  # fmt: skip
        # A label of its own below the axis: it stays beside its plot wherever that goes.
        words = textwrap.fill(said[name], 80)
        below_it = axes.get_xlabel()
        axes.set_xlabel(f"{below_it}\n\n{words}" if below_it else f"\n{words}")
    figure.savefig(folder / "plots.png", dpi=110)
    (folder / "plots.txt").write_text(
        "".join(f"{name}: {words}\n" for name, words in said.items()), encoding="utf-8"
    )
    return True
