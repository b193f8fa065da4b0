"""The texts: a template of the topic, in the brand's voice, with what people put around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from embedstore.sample.brands import BRANDS, Brand, grammar_of
from embedstore.sample.calendars import words_of
from embedstore.sample.grammar import Grammar, Phrase, compile_phrase
from embedstore.sample.words import words

Draw = Callable[[], int]

_EMOJI_PERCENT = {"playful": 52, "warm": 30, "technical": 10, "formal": 5}
_CALL_TOPICS = {"launch", "hiring", "tip", "sale", "event", "results"}
_LINK_PERCENT = {"outage": 12, "ask": 8, "animals": 12, "holiday": 10, "sports": 18}
_CREDITS = (" 📷 <mention>", " With <mention>.", " (via <mention>)", " cc <mention>", " <mention>",
            " Thanks, <mention>!", " <mention> <mention>")  # fmt: skip
_TAGGED = re.compile(r"^([pwftg]+)\|")


def random_integers(rng: np.random.Generator) -> Iterator[int]:
    """Yield random integers without end, drawn in blocks since single draws are slow."""
    while True:
        yield from rng.integers(0, 1 << 31, 1 << 14).tolist()


@cache
def _templates(brand_index: int, topic: str) -> tuple[Phrase, ...]:
    """Return what a brand can say on a topic: its own words where it has any, or everybody's."""
    brand = BRANDS[brand_index]
    own = grammar_of(brand_index).phrases(f"only_{topic}")
    return own or tuple(
        compile_phrase(_TAGGED.sub("", line))
        for line in _library()[topic]
        if _fits(_TAGGED.match(line), brand)
    )


@cache
def _library() -> dict[str, tuple[str, ...]]:
    holidays = {f"holiday {name}": lines for name, lines in words("holidays").items()}
    campaigns = {f"campaign {name}": lines for name, lines in words("campaigns").items()}
    return {**words("topics"), **holidays, **campaigns}


def campaign_topics() -> tuple[str, ...]:
    """Name the topics that campaigns are about."""
    return tuple(words("campaigns"))


def _fits(tag: re.Match[str] | None, brand: Brand) -> bool:
    if tag is None:
        return True
    voices = tag[1].replace("g", "")
    return (not voices or brand.voice[0] in voices) and ("g" not in tag[1] or brand.sells_goods)


def write_text(
    brand_index: int, topic: str, holiday: str | None, day: int, has_media: bool, draw: Draw
) -> str:
    """Write one post.

    Parameters
    ----------
    brand_index : int
        Row of `BRANDS`.
    topic : str
        One of `embedstore.sample.calendars.TOPICS`.
    holiday : str, optional
        Which one, if that is the topic.
    day : int
        Days since the first day of the corpus.
    has_media : bool
        Whether to end with the link that stands for the attached media.
    draw : callable
        Gives the next random integer.
    """
    grammar, bound = grammar_of(brand_index), _facts(brand_index, day)
    templates = _templates(brand_index, f"holiday {holiday}" if topic == "holiday" else topic)
    body = grammar.expand(templates[draw() % len(templates)], bound, draw)
    return _dress(body, BRANDS[brand_index], grammar, topic, holiday, has_media, bound, draw)


def _facts(brand_index: int, day: int) -> dict[str, str]:
    date = words_of(day)
    return {**date, "age": str(int(date["year"]) - BRANDS[brand_index].founded)}


def write_campaign(
    brand_index: int, topic: str, day: int, has_media: list[bool], draw: Draw
) -> list[str]:
    """Write one text for several accounts, of which only the place and the hour differ."""
    grammar, bound = grammar_of(brand_index), _facts(brand_index, day)
    templates = _templates(brand_index, f"campaign {topic}")
    template = templates[draw() % len(templates)]
    bound["here"] = "here"
    grammar.expand(template, bound, draw)
    cities, start = grammar.phrases("city"), draw()
    texts = []
    for member, media in enumerate(has_media):
        bound["here"] = grammar.expand(cities[(start + 5 * member) % len(cities)], bound, draw)
        if member % 2:
            bound.pop("clock", None)
        text = grammar.expand(template, bound, draw)
        texts.append(text + " <hyperlink>" if media else text)
    return texts


def _dress(
    body: str,
    brand: Brand,
    grammar: Grammar,
    topic: str,
    holiday: str | None,
    has_media: bool,
    bound: dict[str, str],
    draw: Draw,
) -> str:
    """Add what surrounds a text: emoji, a credit, a link with a call to it, hashtags."""
    is_reply = "<mention>" in body[:12]
    break_ = "\n\n" if draw() % 100 < 36 else " "
    if holiday and draw() % 100 < 30:
        body = body.replace(holiday, "#" + re.sub(r"[^A-Za-z]", "", holiday.title()), 1)
    if draw() % 100 < _EMOJI_PERCENT[brand.voice] and topic not in ("outage", "results"):
        emoji = grammar.expand(_pick(grammar.phrases("emoji"), draw), bound, draw)
        body = f"{emoji} {body}" if draw() % 5 == 0 else f"{body} {emoji}"
    if not is_reply and topic != "outage" and draw() % 100 < 17:
        body += _CREDITS[draw() % len(_CREDITS)]
    links = ""
    if "<hyperlink>" not in body and draw() % 100 < _LINK_PERCENT.get(topic, 64):
        call = ""
        if draw() % 100 < 55:
            lists = ("call_" + topic, "call_any") if topic in _CALL_TOPICS else ("call_any",)
            calls = next(phrases for name in lists if (phrases := grammar.phrases(name)))
            call = grammar.expand(_pick(calls, draw), bound, draw) + " "
        links = f"{break_}{call}<hyperlink>"
    tags = _hashtags(grammar, topic, holiday, body, bound, draw) if not is_reply else []
    tail = (break_ if draw() % 2 else " ") + " ".join(tags) if tags else ""
    parts = (body, links, tail) if draw() % 10 < 6 else (body, tail, links)
    return "".join(parts) + (" <hyperlink>" if has_media else "")


def _hashtags(
    grammar: Grammar,
    topic: str,
    holiday: str | None,
    body: str,
    bound: dict[str, str],
    draw: Draw,
) -> list[str]:
    dice = draw() % 100
    wanted = 0 if dice < 48 else 1 if dice < 74 else 2 if dice < 89 else 3 + draw() % 2
    tags: list[str] = []
    topical = f"holiday_tags_{holiday}" if holiday else f"tags_{topic}"
    if grammar.phrases(f"only_{topic}"):
        topical = "tag"  # what is said in words of its own needs tags of its own
    for place in range(wanted):
        name = topical if (place + draw()) % 2 else "tag"
        tag = grammar.expand(_pick(grammar.phrases(name), draw), bound, draw)
        if tag not in tags and tag not in body:
            tags.append(tag)
    return tags


def _pick(phrases: tuple[Phrase, ...], draw: Draw) -> Phrase:
    return phrases[draw() % len(phrases)]
