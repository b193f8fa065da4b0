"""What builds of other sizes, on other machines, would take: computed, not measured.

    python -m benchmarks.sizes [--nodes N] [--gpu TEXTS_A_SECOND] [--format json]

The rates are those of the planner, measured here for a moment each on the real tweets with
MiniLM; the rest is its arithmetic. On a cluster only encoding is shared out. A GPU's rate is
taken from the command line, where `benchmarks/gpu.py` has measured one; without it there is none.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.common import DATA, report
from embedstore.building.context import BuildContext
from embedstore.building.forecast import rates
from embedstore.building.forecast.plan import Rate, SpaceWork, Work, plan
from embedstore.building.forecast.survey import Sample, read_sample
from embedstore.building.inputs import Input
from embedstore.building.lacking import text_stage
from embedstore.building.options import BuildOptions
from embedstore.storage import spaces

DIM = 384


@click.command()
@click.option("--posts", multiple=True, type=int, default=(300_000, 10_000_000), show_default=True)
@click.option("--nodes", default=8, show_default=True, help="Machines like this one, in a cluster.")
@click.option("--gpu", type=float, help="Texts a second, from benchmarks/gpu.py.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(posts: tuple[int, ...], nodes: int, gpu: float | None, form: str) -> None:
    """Compute builds of MiniLM's text vectors for several machines."""
    context = BuildContext(Path(), BuildOptions(device="cpu"))
    [space] = spaces.plan([], spaces=["minilm=minilm"])
    sample = read_sample([Input.of_file(DATA / "adobe" / "train.csv")])
    measured = rates.calibrate(context, [space], sample)
    assert sample.per_second is not None
    measured["read"] = Rate(sample.per_second, "sample")
    stage = text_stage(space)
    alone = measured[stage].per_second
    machines = {"this machine": alone, f"cluster of {nodes} like it": nodes * alone}
    if gpu is not None:
        machines["one GPU"] = gpu
    rows = [
        _row(name, count, stage, sample, measured | {stage: Rate(texts, "computed")})
        for count in posts
        for name, texts in machines.items()
    ]
    report("builds of MiniLM's text vectors: computed from rates measured here", rows, form)


def _row(
    name: str, count: int, stage: str, sample: Sample, measured: Mapping[str, Rate]
) -> dict[str, Any]:
    space = SpaceWork("minilm", "minilm", "texts", stage, DIM, 0, 0, count)
    work = Work(count, True, 0, sample.bytes / sample.rows, 0, 0, 0, [space])
    computed = plan(work, measured)
    took = {each.stage: each.seconds or 0.0 for each in computed.stages}
    return {
        "posts": f"{count:,}",
        "machine": name,
        "encoding": _time(took[stage]),
        "index": _time(took["index"]),
        "whole build": _time(computed.seconds),
        "memory": f"{computed.memory_bytes / 2**30:.1f} GB",
        "disk": f"{computed.disk_bytes / 2**30:.1f} GB",
    }


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
