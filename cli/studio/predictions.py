"""Predictions of new posts: those that are asked for at once are computed in one go."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from embedstore.cli.studio.batching import Batches
from embedstore.cli.studio.heads_process import HeadsProcess

from embedstore.store import Store

MOST = 64
"""Questions that are answered at once."""


@dataclass(frozen=True)
class _Asked:
    store: Store
    drafts: pa.Table
    run: str | None


class Predictions:
    """Answers `heads.predict_likes` for new posts, for many threads.

    Parameters
    ----------
    heads : HeadsProcess
        Where it is computed.
    """

    def __init__(self, heads: HeadsProcess) -> None:
        self._heads = heads
        self._batches: Batches[_Asked, pa.Table] = Batches(self._answer, MOST)

    def __call__(self, store: Store, drafts: pa.Table, run: str | None) -> pa.Table:
        """Predict new posts; see `heads.predict_likes`."""
        return self._batches(_Asked(store, drafts, run))

    def _answer(self, asked: Sequence[_Asked]) -> list[pa.Table]:
        groups: dict[tuple[int, str | None], list[int]] = defaultdict(list)
        for place, each in enumerate(asked):
            groups[id(each.store), each.run].append(place)
        found: list[pa.Table | None] = [None] * len(asked)
        for places in groups.values():
            first = asked[places[0]]
            drafts = pa.concat_tables([asked[place].drafts for place in places])
            table = self._heads.ask(
                "quick", first.store, "predict_likes", drafts, run=first.run, images="none"
            )
            start = 0
            for place in places:
                part = table.slice(start, asked[place].drafts.num_rows)
                start += part.num_rows
                lacking = {
                    name for names in part["missing"].to_pylist() for name in names.split(",")
                }
                facts = {
                    **(table.schema.metadata or {}),
                    b"missing": ",".join(sorted(lacking - {""})),
                }
                found[place] = part.replace_schema_metadata(facts)
        return [table for table in found if table is not None]
