"""Which column is which field."""

from itertools import combinations

import pytest

from embedstore.errors import ColumnsError, InputError
from embedstore.reading.columns import recognise
from embedstore.reading.synonyms import SYNONYMS, parse_mapping


def found(columns: list[str], mapping: dict[str, str] | None = None) -> dict[str, str]:
    return recognise(columns, mapping, name="posts.csv").where()


def test_the_challenge_schema_is_recognised() -> None:
    header = ["id", "date", "likes", "content", "username", "media", "inferred company"]
    assert found(header) == {
        "id": "id",
        "username": "username",
        "company": "inferred company",
        "created_at": "date",
        "text": "content",
        "media_raw": "media",
        "likes": "likes",
    }


def test_twitters_own_names_are_recognised() -> None:
    header = ["created_at", "id_str", "full_text", "user", "favorite_count", "retweet_count"]
    header += ["reply_count", "quote_count", "lang"]
    assert found(header) == {
        "id": "id_str",
        "username": "user",
        "created_at": "created_at",
        "text": "full_text",
        "likes": "favorite_count",
        "comments": "reply_count",
        "shares": "retweet_count",
        "quotes": "quote_count",
        "lang": "lang",
    }


@pytest.mark.parametrize("name", ["Tweet ID", "tweet-id", "TWEET_ID", "tweetId", " tweet  id "])
def test_case_spaces_underscores_and_hyphens_do_not_matter(name: str) -> None:
    assert found([name, "TEXT"]) == {"id": name, "text": "TEXT"}


def test_no_name_stands_for_two_fields() -> None:
    folded = {
        field: {name.replace("_", "").replace(" ", "") for name in names}
        for field, names in SYNONYMS.items()
    }
    for one, other in combinations(folded, 2):
        assert not folded[one] & folded[other]


def test_a_fields_own_name_wins_and_the_other_column_is_left() -> None:
    assert found(["content", "text", "id"])["text"] == "text"
    assert found(["full_text", "content", "id"])["text"] == "content"


def test_a_mapping_overrides_what_would_be_recognised() -> None:
    fields = found(["id", "text", "body", "date"], {"text": "Body"})
    assert fields == {"id": "id", "created_at": "date", "text": "body"}


def test_a_mapped_column_is_free_for_no_other_field() -> None:
    fields = found(["id", "text", "content", "date"], {"media": "content", "created_at": "date"})
    assert fields == {"id": "id", "created_at": "date", "text": "text", "media_raw": "content"}


def test_a_missing_mapped_column_is_an_error_that_lists_the_columns() -> None:
    with pytest.raises(ColumnsError, match=r'no column "body".*Columns found: "id", "text"\.'):
        found(["id", "text"], {"text": "body"})


def test_a_column_cannot_be_mapped_to_two_fields() -> None:
    with pytest.raises(ColumnsError, match=r'the column "a" of posts\.csv for two fields'):
        found(["a"], {"text": "a", "id": "a"})


def test_no_text_column_is_one_error_with_the_remedy() -> None:
    with pytest.raises(
        ColumnsError,
        match=r'posts.csv has no text column .* found: "id", "blurb"\. .* --map text=COLUMN\.',
    ):
        found(["id", "blurb"])


def test_neither_text_nor_id_is_one_error_with_both_remedies() -> None:
    with pytest.raises(
        ColumnsError, match=r"no text and no id column .*--map text=COLUMN --map id=COLUMN\."
    ):
        found(["a", "b"])


def test_the_error_does_not_list_thousands_of_columns() -> None:
    with pytest.raises(ColumnsError, match='"c39" and 960 more') as error:
        found([f"c{number}" for number in range(1000)])
    assert len(str(error.value)) < 1000


def test_a_mapping_is_parsed_and_fields_may_be_named_by_synonyms() -> None:
    assert parse_mapping(["text=body", "date = When", "media=a=b", "retweets=rt"]) == {
        "text": "body",
        "created_at": "When",
        "media_raw": "a=b",
        "shares": "rt",
    }
    assert parse_mapping([]) == {}


@pytest.mark.parametrize("item", ["text", "text=", "=body", "", "="])
def test_a_mapping_of_another_form_is_refused(item: str) -> None:
    with pytest.raises(InputError, match="is not of the form FIELD=COLUMN"):
        parse_mapping([item])


def test_an_unknown_field_is_refused_and_the_fields_are_listed() -> None:
    with pytest.raises(InputError, match=r'"blurb" is no field\. The fields are: id, username, '):
        parse_mapping(["blurb=text"])


def test_a_field_mapped_twice_is_refused() -> None:
    with pytest.raises(InputError, match="names the field created_at twice: a and b"):
        parse_mapping(["date=a", "created_at=b"])
