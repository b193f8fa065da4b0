"""One build in a process of its own: what it was told on stdin, how it goes on stdout.

It can be stopped at any moment; what was committed is kept. It stands back behind questions, which
are answered from a copy meanwhile (`embedstore.cli.studio.stores`).
"""

import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any, TextIO

from embedstore.cli.after_build import update_after_build

from embedstore.errors import EmbedstoreError
from embedstore.progress import Step

STEPS_PER_S = 10

NICE = 10
"""How far it stands back. Not at the lowest priority: of a store too large to be copied, questions
wait for its commits."""


class _Teller:
    """Writes lines of JSON; of steps of one stage, no more than are worth watching."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = ("", 0.0)

    def __call__(self, kind: str, **values: Any) -> None:
        print(json.dumps({"kind": kind, **values}, default=str), file=self._out, flush=True)

    def step(self, step: Step) -> None:
        now = time.monotonic()
        stage, told = self._last
        finished = step.total and step.done >= step.total
        if step.stage == stage and not step.note and not finished and now < told + 1 / STEPS_PER_S:
            return
        self._last = (step.stage, now)
        self("step", **asdict(step))


def main() -> int:
    """Build what stdin says; returns the exit status."""
    os.nice(NICE)
    # Whatever a library prints goes to stderr.
    tell = _Teller(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    try:
        import embedstore

        report = embedstore.build(
            order["store"], order["posts"], progress=tell.step, **order["options"]
        )
    except EmbedstoreError as error:
        tell("error", error=str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    update_after_build(order["store"], report)
    tell("report", report=report.to_json(), complaint=report.complaint)
    return 0


if __name__ == "__main__":
    sys.exit(main())
