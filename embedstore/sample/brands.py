"""The made-up companies: who they are and how they speak.

None of the names is meant to be a real company's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from embedstore.sample.grammar import Grammar
from embedstore.sample.words import words


@dataclass(frozen=True)
class Brand:
    """One company.

    Attributes
    ----------
    name, handle : str
        As written in posts, and as the stem of its accounts' names.
    industry : str
        What it does, in a word or two.
    voice : str
        ``playful``, ``warm``, ``formal`` or ``technical``.
    scenes : tuple of str
        What its own pictures show.
    peak_month, amplitude : int, float
        Its season: likes peak in that month, by so much on the log scale.
    founded : int
        The year it began.
    sells_goods : bool
        Whether what it sells can be piled up on a table.
    leaning : dict of str to float
        Topics it posts about more (above 0) or less, as log weights.
    """

    name: str
    handle: str
    industry: str
    voice: str
    scenes: tuple[str, ...]
    peak_month: int
    amplitude: float
    founded: int
    sells_goods: bool = False
    leaning: dict[str, float] = field(default_factory=dict)

    @property
    def company(self) -> str:
        """Write the name as the column ``inferred company`` has it."""
        return self.name.lower()

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Read its lists of phrases: the file has the first word of the brand's name."""
        return words(f"brands/{self.name.split()[0].lower()}")


BRANDS: tuple[Brand, ...] = (
    Brand("Kettlewick", "Kettlewick", "coffee", "playful", ("cup",), 10, 0.20, 1994,
          sells_goods=True),
    Brand("Loafmoor", "Loafmoor", "bakery", "warm", ("bread",), 12, 0.25, 1978, sells_goods=True),
    Brand("Brightmere", "Brightmere", "supermarket", "warm", ("fruit", "plate"), 11, 0.30, 1951,
          sells_goods=True, leaning={"sale": 0.7, "charity": 0.3}),
    Brand("Tailwhistle", "Tailwhistle", "pets", "playful", ("dog", "cat"), 5, 0.15, 2009,
          sells_goods=True, leaning={"animals": 1.5}),
    Brand("Wobblewood", "Wobblewood", "toys", "playful", ("blocks",), 12, 0.45, 1986,
          sells_goods=True),
    Brand("Nookmere", "Nookmere", "furniture", "warm", ("armchair",), 9, 0.20, 1999,
          sells_goods=True),
    Brand("Petalume", "Petalume", "cosmetics", "playful", ("lipstick", "flower"), 2, 0.20, 2011,
          sells_goods=True, leaning={"tip": 0.4}),
    Brand("Fellmark", "Fellmark", "outdoor gear", "warm", ("mountain", "tent"), 7, 0.30, 1983,
          sells_goods=True, leaning={"climate": 0.7}),
    Brand("Corvane Motors", "Corvane", "cars", "formal", ("car",), 6, 0.15, 1962),
    Brand("Aerolune", "Aerolune", "airline", "warm", ("plane",), 7, 0.35, 1996,
          leaning={"outage": 0.4}),
    Brand("Parcelfinch", "Parcelfinch", "delivery", "playful", ("parcel",), 12, 0.30, 2012),
    Brand("Gustfield Energy", "Gustfield", "energy", "formal", ("turbine",), 1, 0.25, 2001,
          leaning={"climate": 1.0, "sale": -1.0}),
    Brand("Lanternhouse Hotels", "LanternHse", "hotels", "warm", ("beach",), 8, 0.35, 1931),
    Brand("Merrifold Bank", "Merrifold", "banking", "formal", ("coins",), 1, 0.10, 1921,
          leaning={"results": 0.5, "sale": -0.7, "tip": 0.3}),
    Brand("Copperlid", "Copperlid", "insurance", "formal", ("umbrella",), 10, 0.15, 1958,
          leaning={"tip": 0.5, "sale": -0.7}),
    Brand("Carewyn Health", "Carewyn", "health", "formal", ("heart",), 1, 0.15, 1974,
          leaning={"sale": -1.0, "customer": 0.5, "charity": 0.3}),
    Brand("Wavelark", "Wavelark", "telecom", "warm", ("phone",), 9, 0.10, 1998,
          leaning={"outage": 0.7, "sale": 0.4}),
    Brand("Stackhollow", "Stackhollow", "cloud software", "technical", ("laptop",), 10, 0.10, 2010,
          leaning={"sale": -1.2, "event": 0.4, "holiday": -0.5}),
    Brand("Ironwren", "Ironwren", "security", "technical", ("padlock",), 10, 0.10, 2007,
          leaning={"sale": -1.0, "tip": 0.7, "holiday": -0.5}),
    Brand("Ohmbird", "Ohmbird", "audio", "technical", ("headphones",), 11, 0.25, 1969,
          sells_goods=True),
    Brand("Pixelbarrow", "Pixelbarrow", "games", "playful", ("gamepad",), 11, 0.20, 2013,
          leaning={"launch": 0.4}),
    Brand("Glowreel", "Glowreel", "streaming", "playful", ("cinema",), 12, 0.20, 2008,
          leaning={"launch": 0.7, "sale": -0.7}),
    Brand("Larkfield Courier", "LarkfieldCo", "news", "formal", ("newspaper",), 11, 0.10, 1888,
          leaning={"customer": 2.2, "sale": -1.5, "holiday": -1.5}),
    Brand("Eastmoor Rovers", "Eastmoor", "football", "warm", ("football",), 3, 0.30, 1904,
          sells_goods=True, leaning={"sports": 2.5, "sale": -0.7, "tip": -0.7}),
)  # fmt: skip


@cache
def grammar_of(brand_index: int) -> Grammar:
    """Return the phrases that a brand's posts are made of: everybody's and its own."""
    brand = BRANDS[brand_index]
    return Grammar(
        words("common"),
        prefixed("call_", words(f"calls_{brand.voice}")),
        prefixed("tags_", words("topic_tags")),
        prefixed("holiday_tags_", words("holiday_tags")),
        brand.words,
        {"brand": (brand.name,)},
    )


def prefixed(prefix: str, lists: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Put a prefix before the name of every list."""
    return {prefix + name: phrases for name, phrases in lists.items()}
