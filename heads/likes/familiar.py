"""Whether a draft is like the posts that a head has learned from.

A head can only judge what it has seen the like of. A draft is unlike them if its length, links,
hashtags or other marks lie outside what its account uses, if its words are unknown to the store,
or if no stored post is near it. Such a draft is named, and judged as if it were the nearest
thing that is known: marks at the edge of their range, and strange words as no words at all.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from heads.arrays import Extended, Floats, Indices, Mask, stored_of
from heads.data.features import Material
from heads.data.posts import Posts
from heads.likes.models.design import Matrix

TAIL = 0.01
"""Share of stored posts that lie beyond a bound."""

ENOUGH = 30
"""Posts that make a range; an account with fewer is held against its company, then everyone."""

SAMPLE = 500
"""Stored posts whose nearest others say what is near, the latest."""

MARKS = {
    "characters": ("shorter", "longer"),
    "links": ("fewer links", "more links"),
    "hashtags": ("fewer hashtags", "more hashtags"),
    "mentions": ("fewer mentions", "more mentions"),
    "emoji": ("fewer emoji", "more emoji"),
    "line_ends": ("fewer lines", "more lines"),
}
"""Columns of form that are held against a range, and what being outside of it is called."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_PLACEHOLDER = re.compile(r"<\w+>|https?://\S+|[@#]\w+")


@dataclass(frozen=True)
class Familiar:
    """What the posts of a store are like.

    Attributes
    ----------
    posts : Posts
        The posts.
    words : Counter
        In how many of them each word is.
    least_known : float
        Share of a post's words that other posts have too: all but `TAIL` of the posts reach it.
    least_near : float
        Cosine of a post to the nearest other: likewise.
    """

    posts: Posts
    words: Counter[str]
    least_known: float
    least_near: float
    _ranges: dict[tuple[str, str | None], dict[str, tuple[float, float]]] = field(
        default_factory=dict, compare=False
    )

    def beside(
        self, account: str | None, company: str | None
    ) -> tuple[str, dict[str, tuple[float, float]]]:
        """Choose the posts that a draft's form is held against.

        Returns
        -------
        whose, ranges
            What they are called, and the range of each column of form among them; no ranges
            where there are too few posts.
        """
        posts = self.posts
        for value, rows_by, whose in (
            (account, posts.rows_by_name, "its account's posts"),
            (company, posts.rows_by_company, "its company's posts"),
        ):
            rows = rows_by.get(value) if value is not None else None
            if rows is not None and len(rows) >= ENOUGH:
                return whose, self._range((whose, value), rows)
        everyone = np.arange(len(posts) if len(posts) >= ENOUGH else 0)
        return "the store's posts", self._range(("everyone", None), everyone)

    def _range(self, key: tuple[str, str | None], rows: Indices) -> dict[str, tuple[float, float]]:
        if key not in self._ranges:
            some = {name: self.posts.form[name][rows] for name in (*MARKS, "ends_with_link")}
            self._ranges[key] = {
                name: (
                    float(np.quantile(values, TAIL, method="lower")),
                    float(np.quantile(values, 1 - TAIL, method="higher")),
                )
                for name, values in some.items()
                if len(values)
            }
        return self._ranges[key]


def describe(material: Material) -> Familiar:
    """Describe the posts of a store, which new ones are held against."""
    posts = material.posts
    words = [_words(text) for text in posts.texts]
    count = Counter(word for some in words for word in some)
    some = [row for row in range(len(posts)) if words[row]][-SAMPLE:]
    shares = [_share_known(words[row], count, own=1) for row in some]
    near = _nearest(material, np.array(some, dtype=np.int64), itself=True)
    return Familiar(
        posts,
        count,
        float(np.quantile(shares, TAIL)) if len(shares) >= ENOUGH else 0.0,
        float(np.quantile(near, TAIL)) if len(near) >= ENOUGH else -1.0,
    )


@dataclass(frozen=True)
class Strangeness:
    """How drafts are unlike what is known; row for row with the drafts.

    Attributes
    ----------
    reasons : list of list of str
        In words; empty for a familiar draft.
    content : array, bool
        Whether a draft's words are strange.
    low, high : dict
        By column of form, the range of what is known, shape (n,).
    """

    reasons: list[list[str]]
    content: Mask
    low: dict[str, Floats]
    high: dict[str, Floats]

    def warnings(self) -> list[str]:
        """Put each draft's reasons in a sentence's part; empty for a familiar one."""
        return ["; ".join(reasons) for reasons in self.reasons]

    def held_back(self, matrix: Matrix) -> Matrix:
        """Return the drafts' matrix with marks moved to the edge of their known range."""
        values = matrix.values.copy()
        for name in self.low:
            if name in matrix.names:
                place = matrix.names.index(name)
                values[:, place] = np.clip(values[:, place], self.low[name], self.high[name])
        if "ends_with_link" in matrix.names and "links" in self.low:
            # A link that is taken to be there is taken to be where the account has it.
            place = matrix.names.index("ends_with_link")
            values[:, place] = np.clip(
                values[:, place], self.low["ends_with_link"], self.high["ends_with_link"]
            )
        return replace(matrix, values=values)

    def unread(self, material: Material, drafts: Indices) -> Material:
        """Return the material without vectors of strange words: they count as no words."""
        if not self.content.any():
            return material
        vectors = dict(material.vectors)
        near = [material.inputs.near] if material.inputs.near else []
        for name in {*material.inputs.texts, *near} - set(material.inputs.images):
            new = vectors[name][drafts]
            new[self.content] = np.nan
            vectors[name] = Extended(stored_of(vectors[name]), new)
        return replace(material, vectors=vectors)


def compare(known: Familiar, material: Material, drafts: Indices) -> Strangeness:
    """Hold drafts against what the store has.

    Parameters
    ----------
    known : Familiar
        What the store's posts are like.
    material : Material
        The store's posts and the drafts.
    drafts : array, shape (n,), int64
        Rows of the drafts.
    """
    new = material.posts.take(drafts)
    forms = new.form
    near = _nearest(material, drafts, itself=False)
    reasons: list[list[str]] = []
    strange = np.zeros(len(drafts), dtype=bool)
    low = {name: np.full(len(drafts), -np.inf) for name in (*MARKS, "ends_with_link")}
    high = {name: np.full(len(drafts), np.inf) for name in low}
    companies = material.posts.company_names.take(pa.array(drafts)).to_pylist()
    for place in range(len(drafts)):
        found: list[str] = []
        account = material.posts.account_names[drafts[place]]
        whose, ranges = known.beside(account, companies[place])
        for name, (least, most) in ranges.items():
            low[name][place], high[name][place] = least, most
            value = forms[name][place]
            if name in MARKS and not least <= value <= most:
                less, more = MARKS[name]
                found.append(f"{less if value < least else more} than {whose}")
        words = _words(new.texts[place])
        if words and _share_known(words, known.words) < known.least_known:
            found.append("words that no stored post has")
            strange[place] = True
        if np.isfinite(near[place]) and near[place] < known.least_near:
            found.append("far from every stored post")
            strange[place] = True
        reasons.append(found)
    return Strangeness(reasons, strange, low, high)


def _words(text: str) -> set[str]:
    """Find the words of a text, without placeholders, links, mentions and hashtags."""
    return set(_WORD.findall(_PLACEHOLDER.sub(" ", text.lower())))


def _share_known(words: set[str], count: Counter[str], own: int = 0) -> float:
    """Compute the share of words that more than `own` posts have."""
    return sum(count[word] > own for word in words) / len(words)


def _nearest(material: Material, rows: Indices, *, itself: bool) -> Floats:
    """Compute each row's largest cosine to a stored post, but for itself and its copies."""
    vectors = material.likeness
    if vectors is None or not len(rows):
        return np.full(len(rows), np.nan)
    # A post without a vector is near none: its NaN is left out.
    cosine = vectors[rows] @ stored_of(vectors).T
    if itself:
        cosine[cosine >= 1 - 1e-4] = -1
    with np.errstate(invalid="ignore"):
        found: Floats = np.fmax.reduce(cosine, axis=1).astype(np.float64)
    return found[np.isfinite(found)] if itself else found
