"""The thesaurus as a lexicon."""

from heads.augment import lexicon


def test_words_between_two_semicolons_are_synonyms_and_phrases_are_none() -> None:
    found = lexicon.parse("1. Thing -- Adj. big, large, as big as a house; small, little [Lat.].\n")
    assert found == {
        "big": ("large",),
        "large": ("big",),
        "small": ("little",),
        "little": ("small",),
    }


def test_the_package_holds_english_words_with_synonyms() -> None:
    found = lexicon.load()
    assert len(found) > 20_000
    assert "rapid" in found["swift"]
    assert all(word not in others for word, others in found.items())
    some = lexicon.within(found, {"swift", "rapid", "tweet"})
    assert some == {"swift": ("rapid",), "rapid": ("swift",)}
