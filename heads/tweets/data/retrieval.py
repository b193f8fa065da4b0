"""Earlier posts that a post is written from, and chains of posts to learn from.

A neighbour is strictly earlier than the post, is not a near-duplicate of it, and lies in the
pool that the split leaves. The target's own text decides nothing but which copies of itself
are hidden; it never ranks.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from heads.arrays import Indices, Mask, Vectors
from heads.data.neighbours import NEAR_DUPLICATE
from heads.tweets.data.material import Material

CANDIDATES = 24
"""Length of the list that neighbours are taken from."""

RECENT = 15
"""Latest posts of the account that a candidate is compared with."""

HIDDEN, ALONE = 0.15, 0.06
"""Shares of neighbours that are hidden in training, and of posts that get none."""

FEW = 3
"""Neighbours below which those of similar companies are added, two of each."""

SIMILAR_COMPANIES = 3
"""Companies whose posts stand in for those of a company without any."""


@dataclass(frozen=True)
class Chain:
    """Posts in the order of time, some of which are to be written from earlier ones.

    Attributes
    ----------
    rows : array, shape (n,), int64
        Rows of the material.
    target : array, shape (n,), bool
        True for the posts that are written.
    visible : array, shape (n, n), bool
        True where the post of the column may be looked at when that of the row is written.
    why : tuple of str
        Why each was retrieved; empty for targets and in training.
    """

    rows: Indices
    target: Mask
    visible: Mask
    why: tuple[str, ...] = ()


class Retriever:
    """Finds neighbours among the posts of a pool.

    Parameters
    ----------
    material : Material
        The posts.
    pool : array, shape (n,), bool
        Posts that may be neighbours.
    cold : bool
        Never look at posts of the target's own company.
    """

    def __init__(self, material: Material, pool: Mask, *, cold: bool = False) -> None:
        self.material = material
        self.cold = cold
        self.pool = pool & material.usable
        self._by_account: dict[int, list[int]] = defaultdict(list)
        self._by_company: dict[int, list[int]] = defaultdict(list)
        self._named: dict[str, int] = {}
        posts = material.posts
        for row in np.flatnonzero(self.pool).tolist():
            self._by_account[int(posts.account[row])].append(row)
            company = int(posts.company[row])
            self._by_company[company].append(row)
            self._named[material.companies[row]] = company
        self._pictured = np.flatnonzero(self.pool & _there(material.images))
        self._captioned = np.flatnonzero(self.pool & _there(material.caption_vectors))

    def candidates(self, row: int, limit: int = CANDIDATES) -> list[tuple[int, str]]:
        """List earlier posts with the reason for each, the most useful first.

        Reasons are ``picture``, ``caption``, ``account``, ``company`` and ``similar company``.
        At most two come for their picture or caption; the others are the latest.
        """
        posts = self.material.posts
        found: list[tuple[int, str]] = []
        taken: set[str] = set()
        own = self.material.plain[row]

        def take(rows: Sequence[int], why: str, most: int) -> None:
            count = 0
            for other in rows:
                if count >= most or len(found) >= limit:
                    return
                words = self.material.plain[other]
                if words == own or words in taken or self._near(row, other):
                    continue
                taken.add(words)
                found.append((other, why))
                count += 1

        take(self._alike(row, self._pictured, self.material.images), "picture", 1)
        captions = self.material.caption_vectors
        take(self._alike(row, self._captioned, captions), "caption", 2 - len(found))
        if not self.cold:
            take(self._latest(self._by_account[int(posts.account[row])], row), "account", limit)
            take(self._latest(self._by_company[int(posts.company[row])], row), "company", limit)
        if len(found) < FEW:
            for company in self._similar_companies(row):
                rows = self._latest(self._by_company[company], row)
                take(rows, "similar company", 2)
        return found

    def recent(self, row: int) -> list[int]:
        """List the account's latest earlier posts (or their stand-ins), the latest first."""
        return [other for other, _ in self.candidates(row, RECENT)]

    def chain(self, row: int, k: int) -> Chain:
        """Make the chain of a post to be written and its k best candidates, in order of time."""
        found = sorted(self.candidates(row)[:k]) if k else []
        rows = np.array([*(other for other, _ in found), row], dtype=np.int64)
        target = np.arange(len(rows)) == len(rows) - 1
        visible = np.zeros((len(rows), len(rows)), dtype=bool)
        visible[-1, :-1] = True
        return Chain(rows, target, visible, (*(why for _, why in found), ""))

    def _latest(self, rows: list[int], row: int) -> list[int]:
        """Return those of rows in time order that are strictly earlier, the latest first."""
        time = self.material.posts.time
        end = int(np.searchsorted(time[rows], time[row], "left")) if rows else 0
        return rows[max(0, end - 3 * CANDIDATES) : end][::-1]

    def _alike(self, row: int, others: Indices, vectors: Vectors) -> list[int]:
        """Return earlier rows whose image (or caption) is close, the closest first."""
        posts = self.material.posts
        if not vectors.shape[1] or np.isnan(vectors[row, 0]):
            return []
        end = int(np.searchsorted(posts.time[others], posts.time[row], "left"))
        earlier = others[:end]
        if self.cold:
            earlier = earlier[posts.company[earlier] != posts.company[row]]
        # A picture says little about whose words go with it, so the account's own come first.
        score = vectors[earlier] @ vectors[row]
        score += 0.3 * (posts.account[earlier] == posts.account[row])
        score += 0.2 * (posts.company[earlier] == posts.company[row])
        close = earlier[np.argsort(-score, kind="stable")[:8]]
        return [int(other) for other in close]

    def _similar_companies(self, row: int) -> list[int]:
        """Find the companies with the nearest names, other than the post's own."""
        material = self.material
        own = material.company_vectors[row]
        names = [name for name in self._named if name and name != material.companies[row]]
        if not names:
            return []
        score = np.stack([material.names[name] for name in names]) @ own
        return [self._named[names[place]] for place in np.argsort(-score)[:SIMILAR_COMPANIES]]

    def _near(self, row: int, other: int) -> bool:
        """Tell whether two posts are near-duplicates."""
        vectors = self.material.vectors
        return bool(vectors[row] @ vectors[other] >= NEAR_DUPLICATE)

    def training_chains(
        self,
        rows: Indices,
        random: np.random.Generator,
        *,
        size: int,
        lead: int,
        again: bool = False,
    ) -> list[Chain]:
        """Make chains that hold each of the rows once as a target.

        Consecutive posts of an account (of a company, for accounts with few) learn from each
        other at once: each is written from the earlier ones of its chain. Which ones those
        are changes from epoch to epoch: windows begin elsewhere and some posts are skipped, so
        that a decoder can't lean on any one neighbour.

        Parameters
        ----------
        rows : array, int64
            Posts to be written.
        random : Generator
            Draws windows.
        size : int
            Targets in a chain.
        lead : int
            Earlier posts before the first target.
        again : bool
            These are targets too: they are learned from more than once, from fewer neighbours.
        """
        material, posts = self.material, self.material.posts
        wanted = np.zeros(len(posts), dtype=bool)
        wanted[rows] = True
        wanted &= material.usable
        count = np.bincount(posts.account[wanted], minlength=int(posts.account.max()) + 1)
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in np.flatnonzero(wanted).tolist():
            account, company = int(posts.account[row]), int(posts.company[row])
            groups[(1, account) if count[account] >= 4 else (0, company)].append(row)
        chains = []
        for (by_account, number), members in groups.items():
            memory = (self._by_account if by_account else self._by_company)[number]
            first = int(random.integers(size))
            cuts = [0, *range(first, len(members), size), len(members)]
            for start, stop in pairwise(cuts):
                if stop > start:
                    chain = self._window(members[start:stop], memory, random, lead)
                    if again:
                        chain = replace(chain, target=wanted[chain.rows])
                    chains.append(chain)
        order = random.permutation(len(chains))
        return [chains[place] for place in order]

    def _window(
        self, targets: list[int], memory: list[int], random: np.random.Generator, lead: int
    ) -> Chain:
        """Make one training chain: targets, and some earlier posts drawn at random."""
        material = self.material
        earlier = self._latest(memory, targets[0])[: 2 * lead]
        kept = random.permutation(len(earlier))[: int(random.integers(lead // 2, lead + 1))]
        rows = {earlier[place] for place in kept}
        for row in targets:
            if random.random() < 0.5:
                rows.update(other for other, why in self.candidates(row, 2)
                            if why in ("picture", "caption"))  # fmt: skip
        every = np.array(sorted(rows | set(targets)), dtype=np.int64)
        time, near = material.posts.time[every], material.vectors[every]
        plain = np.array([material.plain[row] for row in every.tolist()], dtype=object)
        with np.errstate(invalid="ignore"):
            twin = (near @ near.T >= NEAR_DUPLICATE) | (plain[:, None] == plain[None])
        visible = (time[None] < time[:, None]) & ~twin
        return Chain(every, np.isin(every, targets), visible)


def thinned(chain: Chain, random: np.random.Generator) -> Chain:
    """Hide some neighbours of a chain at random, and from some targets all."""
    visible = chain.visible & (random.random(chain.visible.shape) >= HIDDEN)
    visible[random.random(len(visible)) < ALONE] = False
    return replace(chain, visible=visible)


def without_lead(chain: Chain) -> Chain:
    """Cut a chain at its first target, which so has no neighbours."""
    kept = slice(int(np.argmax(chain.target)), None)
    return Chain(chain.rows[kept], chain.target[kept], chain.visible[kept, kept])


def in_line(chain: Chain) -> Chain:
    """Reduce a chain to one line, in which every post sees all before it.

    Neighbours that some later target may not see (a near-duplicate, or one of the same
    instant) are left out, and then targets that may not see an earlier one.
    """
    kept: list[int] = []
    for place in range(len(chain.rows)):
        later = chain.visible[place + 1 :, place][chain.target[place + 1 :]]
        if chain.visible[place, kept].all() if chain.target[place] else later.all():
            kept.append(place)
    return Chain(chain.rows[kept], chain.target[kept], chain.visible[np.ix_(kept, kept)])


def _there(vectors: Vectors) -> Mask:
    """Mark the rows that have a vector."""
    if not vectors.shape[1]:
        return np.zeros(len(vectors), dtype=bool)
    found: Mask = np.isfinite(vectors[:, 0])
    return found
