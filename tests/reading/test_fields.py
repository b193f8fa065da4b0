"""Ids, accounts, texts, kinds, languages and links."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.errors import InputError
from embedstore.reading.fields.accounts import to_username
from embedstore.reading.fields.ids import RoundedIds, auto_id, to_id
from embedstore.reading.fields.kinds import is_retweet, to_kind
from embedstore.reading.fields.languages import detect, to_language
from embedstore.reading.fields.links import read_link, to_platform
from embedstore.reading.fields.texts import clean_text


@pytest.mark.parametrize(
    ("cell", "identity"),
    [
        ('="1700000000000012342"', "1700000000000012342"),
        ("'1700000000000012343", "1700000000000012343"),
        ("1,700,000,000,000,012,341", "1700000000000012341"),
        ("1 700 000 000 000 012 341", "1700000000000012341"),
        ("1.700.000.000.000.012.341", "1700000000000012341"),
        ("1700000000000012341.0", "1700000000000012341"),
        ("1700000000000012341.", "1700000000000012341"),
        ("12.0", "12.0"),
        ("1.2.3", "1.2.3"),
        ("123_456", "123_456"),
        ("ID_1700000000000012344", "ID_1700000000000012344"),
        ("'quoted'", "'quoted'"),
        ("at://did:plc:x/app.bsky.feed.post/3k", "at://did:plc:x/app.bsky.feed.post/3k"),
        ("00e1", "00e1"),
    ],
)
def test_what_guards_an_id_is_undone_and_nothing_else(cell: str, identity: str) -> None:
    assert to_id(cell) == identity


@pytest.mark.parametrize("cell", ["1.23E18", "1.2340304724278E18", "1.7E+18", "1,7E18", 1.7e18])
def test_an_id_that_lost_digits_is_refused(cell: object) -> None:
    with pytest.raises(InputError, match="its last digits are lost"):
        to_id(cell)


@given(st.integers(10**15, 2**63 - 1))
def test_any_long_id_survives_its_guards(number: int) -> None:
    for cell in (f'="{number}"', f"'{number}", f"{number}.0", f"{number:,}", number, str(number)):
        assert to_id(cell) == str(number)


def test_ids_that_excel_rounded_are_noticed() -> None:
    ids = RoundedIds()
    ids.count([f"1700000000000{number}0000" for number in range(10, 20)])
    assert ids.warning is not None
    assert "10 of 10 long ids end in zeros" in ids.warning
    ids = RoundedIds()
    ids.count([str(1_700_000_000_000_012_341 + number * 977) for number in range(1000)])
    ids.count(["1700000000000010000"])
    assert ids.warning is None


def test_an_automatic_id_depends_on_account_time_and_text_alone() -> None:
    moment = datetime(2020, 1, 1)
    identity = auto_id("@Name", moment, "text")
    assert identity == auto_id("name", moment, "text")
    assert identity.startswith("auto-")
    others = [("other", moment, "text"), ("name", None, "text"), ("name", moment, "text ")]
    assert identity not in {auto_id(*other) for other in others}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("@Name", "@Name"),
        ('="name"', "name"),
        ("'name", "name"),
        ({"id": 1, "screen_name": "a", "name": "A B"}, "a"),
        ({"id": 1, "userName": "a"}, "a"),
        ({"id": 1}, None),
        ("https://twitter.com/name", "name"),
        ("https://www.tiktok.com/@name?lang=en", "@name"),
        ("None", "None"),
        (" ", None),
    ],
)
def test_accounts_are_shown_as_they_are_written(value: object, name: str | None) -> None:
    assert to_username(value) == name


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Fish &amp; chips &lt;3", "Fish & chips <3"),
        ("&#39;&#x1F600;&nbsp;x", "'😀\u00a0x"),
        ("&amp;amp;", "&amp;"),
        ("https://a.example/?a=1&copy=2&times=3", "https://a.example/?a=1&copy=2&times=3"),
        ("AT&T; Q&A", "AT&T; Q&A"),
        ("cafÃ© and SÃ£o Paulo", "café and São Paulo"),
        ("ðŸ˜€ happy", "😀 happy"),
        ("itâ€™s “this”", "it’s “this”"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
    ],
)
def test_entities_and_mojibake_are_undone_once(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "I ❤️ “this” … naïve Ã la",
        "ﬁne ｆｕｌｌ\r\nwidth\u2028",
        "日本語 Â",
        "ÀÉ ÑÂ",
        "Здравствуйте",
        "\x1b[31m red",
        "a\u200db 👩‍👩‍👧",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("IG reel", "reel"),
        ("IG story", "story"),
        ("IG image", "own"),
        ("IG carousel", "own"),
        ("Retweet", "repost"),
        ("retweeted", "repost"),
        ("replied_to", "reply"),
        ("Quote Tweet", "quote"),
        ("quote", "quote"),
        ("Photos", "own"),
        ("something else", None),
        (3, None),
    ],
)
def test_kinds_are_told_by_the_platforms_names(value: object, kind: str | None) -> None:
    assert to_kind(value) == kind


def test_a_retweets_text_begins_as_twitter_writes_it() -> None:
    assert is_retweet("RT @someone: text")
    assert not is_retweet("RT @someone if you agree")
    assert not is_retweet("see RT @someone: text")


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("en", "en"),
        ("pt-BR", "pt"),
        ("zh_Hans", "zh"),
        ("in", "id"),
        ("iw", "he"),
        ("und", None),
        ("qme", None),
        ("zxx", None),
        ("Portuguese", "pt"),
        ("English language", None),
        (3, None),
    ],
)
def test_languages_are_primary_tags(value: object, language: str | None) -> None:
    assert to_language(value) == language


def test_languages_are_detected_where_there_are_enough_letters() -> None:
    texts = [
        "Guten Morgen zusammen, heute scheint endlich wieder die Sonne über der Stadt",
        "Good morning everyone, the sun is finally shining over the city again today",
        "Buenos días a todos, hoy por fin vuelve a brillar el sol sobre la ciudad",
        "ok",
        "hello \x00 my friends, how are you doing on this day",
        "สวัสดีตอนเช้าทุกคน วันนี้อากาศดี",
        "🔥🔥🔥 https://a.example/a-long-address-with-words-in-it @mention #tag",
        None,
    ]
    assert detect(texts) == ["de", "en", "es", None, None, "th", None, None]


@pytest.mark.parametrize(
    ("address", "platform", "identity", "username"),
    [
        ("https://x.com/a_b/status/12345?s=20", "x", "12345", "a_b"),
        ("https://twitter.com/i/web/status/12345", "x", "12345", None),
        ("https://www.instagram.com/p/Ab-C_d/", "instagram", "Ab-C_d", None),
        ("https://www.instagram.com/reel/Ab-C_d/?x=1", "instagram", "Ab-C_d", None),
        ("https://www.tiktok.com/@a.b/video/123", "tiktok", "123", "a.b"),
        ("https://www.youtube.com/watch?v=abcdefghijk&t=3", "youtube", "abcdefghijk", None),
        ("https://youtu.be/abcdefghijk", "youtube", "abcdefghijk", None),
        ("https://www.facebook.com/page/posts/123456", "facebook", "123456", "page"),
        ("https://www.facebook.com/page/posts/pfbid02abc", "facebook", "pfbid02abc", "page"),
        (
            "https://www.facebook.com/permalink.php?story_fbid=123&id=4",
            "facebook",
            "123",
            None,
        ),
        ("https://bsky.app/profile/a.example/post/3k", "bluesky", "3k", "a.example"),
        ("https://www.reddit.com/r/s/comments/abc/title/def/", "reddit", "def", None),
        ("https://www.reddit.com/r/s/comments/abc/title/", "reddit", "abc", None),
        (
            "https://www.linkedin.com/feed/update/urn:li:activity:7100000000000000001",
            "linkedin",
            "7100000000000000001",
            None,
        ),
        ("https://www.instagram.com/made_up/", "instagram", None, None),
    ],
)
def test_addresses_of_posts_are_taken_apart(
    address: str, platform: str, identity: str | None, username: str | None
) -> None:
    assert read_link(address) == (platform, identity, username)


def test_other_addresses_tell_nothing_and_platforms_have_one_name() -> None:
    assert read_link("https://example.com/status/1") is None
    assert read_link(3) is None
    assert [to_platform(name) for name in ("Twitter", "IG", "Facebook Page", "Foo")] == [
        "x",
        "instagram",
        "facebook",
        "foo",
    ]
