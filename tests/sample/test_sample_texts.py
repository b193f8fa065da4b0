"""The grammar of the made-up posts, its words, and the calendar they keep to."""

import datetime as dt
import re
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.sample.brands import BRANDS, grammar_of
from embedstore.sample.calendars import FIRST_DAY, N_DAYS, TOPICS, holiday_on, words_of
from embedstore.sample.grammar import Grammar, compile_phrase, read_words
from embedstore.sample.pictures import scenes_for
from embedstore.sample.scenes import SCENES
from embedstore.sample.texts import random_integers, write_text
from embedstore.sample.words import words


def day_of(year: int, month: int, day: int) -> int:
    return (dt.date(year, month, day) - FIRST_DAY).days


def always(number: int):
    return lambda: number


def test_lists_are_read_by_line_and_by_bar():
    lists = read_words("@one\na | b\nc d\n\n@two\n[x|y] z\n")
    assert lists == {"one": ("a", "b", "c d"), "two": ("[x|y] z",)}


def test_what_stands_before_the_first_list_is_a_remark():
    assert read_words("Whoever reads this | may edit it.\n\n@one\na\n") == {"one": ("a",)}


def test_every_file_of_words_is_some_brands_or_everybodys():
    folder = files("embedstore.sample.words")
    brands = {brand.name.split()[0].lower() for brand in BRANDS}
    assert {file.name for file in (folder / "brands").iterdir()} == {f"{b}.txt" for b in brands}
    shared = {file.name for file in folder.iterdir() if file.name.endswith(".txt")}
    calls = {f"calls_{brand.voice}.txt" for brand in BRANDS}
    whole_posts = {"topics.txt", "holidays.txt", "campaigns.txt"}
    assert shared == {"common.txt", "topic_tags.txt", "holiday_tags.txt"} | calls | whole_posts


@pytest.mark.parametrize("name", ["common", "topics", "holidays", "campaigns", "brands/ohmbird"])
def test_no_list_of_words_is_empty_or_opened_twice(name):
    text = files("embedstore.sample.words").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    lists = words(name)
    assert len(lists) == len(re.findall("^@", text, re.MULTILINE))
    assert all(phrases and all(phrases) for phrases in lists.values())


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Meet {thing}.", "Meet the lamp."),
        ("{^thing} is here.", "The lamp is here."),
        ("Buy a {thing:bare}!", "Buy a lamp!"),
        ("IT'S {thing:upper}", "IT'S THE LAMP"),
        ("{thing} or {thing2}?", "the lamp or the rug?"),
        ("[Yes|No], {thing}", "Yes, the lamp"),
        ("one\\ntwo", "one\ntwo"),
        ("{thing} and {thing}", "the lamp and the lamp"),
    ],
)
def test_slots_and_alternatives_are_filled(template, expected):
    grammar = Grammar({"thing": ("the lamp", "the rug")})
    assert grammar.expand(compile_phrase(template), {}, always(0)) == expected


def test_a_benefit_is_one_of_the_product_or_of_all():
    grammar = Grammar(
        {"product": ("lamp :: It shines.", "rug :: It's soft."), "benefit": ("Buy it.",)}
    )
    phrase = compile_phrase("{benefit} A {product}.")
    rng = np.random.default_rng(0)
    draw = random_integers(rng).__next__
    said = {grammar.expand(phrase, {}, draw) for _ in range(60)}
    assert said == {"It shines. A lamp.", "It's soft. A rug.", "Buy it. A lamp.", "Buy it. A rug."}


def test_a_slot_that_nothing_fills_is_an_error():
    with pytest.raises(KeyError, match="missing"):
        Grammar({}).expand(compile_phrase("a {missing} word"), {}, always(0))


@given(st.text(alphabet="abc {}[]|^:\\n<>", max_size=40))
def test_any_template_can_be_compiled(text):
    assert isinstance(compile_phrase(text), tuple)


@pytest.mark.parametrize("brand", range(len(BRANDS)), ids=[brand.company for brand in BRANDS])
def test_every_brand_can_write_about_every_topic_in_full_words(brand):
    draw = random_integers(np.random.default_rng(brand)).__next__
    marked = [day for day in range(N_DAYS) if holiday_on(day)]
    for topic in TOPICS:
        for _ in range(50):
            day = marked[draw() % len(marked)] if topic == "holiday" else draw() % N_DAYS
            holiday = holiday_on(day) if topic == "holiday" else None
            text = write_text(brand, topic, holiday, day, True, draw)
            assert not set("{}[]|@") & set(text.replace("P@ssw0rd1", "")), text
            plain = text.replace("...", "")
            assert not re.search(r"  |::|\.\.| [.,!?]", plain), text
            assert text.endswith("<hyperlink>")
            scenes = scenes_for(brand, topic, holiday, text)
            assert scenes
            assert set(scenes) <= set(SCENES)


def test_every_brand_has_every_list_of_phrases():
    names = "product goods makers fans role place tip scene green fault cause event ask metric tag"
    for index, brand in enumerate(BRANDS):
        for name in [*names.split(), "benefit", "emoji"]:
            enough = 2 if name == "benefit" else 3
            assert len(grammar_of(index).phrases(name)) >= enough, (brand.name, name)


@pytest.mark.parametrize(
    ("date", "holiday"),
    [
        ((2021, 11, 25), "Thanksgiving"),
        ((2021, 11, 23), "Thanksgiving"),
        ((2021, 11, 26), None),
        ((2019, 5, 12), "Mother's Day"),
        ((2022, 9, 5), "Labor Day"),
        ((2018, 1, 1), "New Year"),
        ((2020, 1, 2), "New Year"),
        ((2020, 6, 21), "Father's Day"),
        ((2020, 7, 6), None),
    ],
)
def test_holidays_fall_on_their_dates(date, holiday):
    assert holiday_on(day_of(*date)) == holiday


def test_a_date_fills_its_slots():
    words = words_of(day_of(2021, 1, 20))
    assert (words["rq"], words["rq_tag"]) == ("Q4 2020", "Q42020")
    assert (words["today"], words["month"], words["nextmonth"]) == (
        "Wednesday",
        "January",
        "February",
    )
    assert (words["season"], words["lastyear"], words["nextyear"]) == ("winter", "2020", "2022")
    assert words_of(day_of(2021, 12, 5))["nextmonth"] == "January"
    assert words_of(day_of(2021, 12, 5))["season"] == "winter"
