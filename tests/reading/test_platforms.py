"""What platforms' files have besides posts: joins, parents, archives, pages, errors."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_files import (
    Post,
    apify_instagram,
    archive,
    business_suite,
    crowdtangle,
    instaloader,
    lines,
    mastodon,
    table,
    v2_stream,
)

from embedstore.errors import EmbedstoreError
from embedstore.reading import ReadOptions, Rejected, describe, read_posts
from embedstore.reading.platforms import LAYOUTS, unfold
from embedstore.reading.platforms.spec import Layout


def read(path: Path, **options: Any) -> tuple[list[dict[str, Any]], list[Rejected]]:
    posts: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for batch in read_posts(path, options=ReadOptions(**options)):
        assert batch.problems == []
        posts += batch.posts.to_pylist()
        rejected += batch.rejected
    return posts, rejected


def test_every_layout_names_fields_that_posts_have_and_another_sign_than_the_others() -> None:
    from embedstore.reading.synonyms import SYNONYMS

    for layout in LAYOUTS:
        assert set(layout.fields) <= set(SYNONYMS), layout.name
        assert layout.signs
    assert len({layout.signs for layout in LAYOUTS}) == len(LAYOUTS)


def one(tmp_path: Path, document: Any, suffix: str = "json") -> dict[str, Any]:
    path = tmp_path / f"a.{suffix}"
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    (post,), rejected = read(path)
    assert rejected == []
    return post


def tweet(**more: Any) -> dict[str, Any]:
    return {
        "id_str": "1700000000000012341",
        "created_at": "Mon Jun 01 09:00:00 +0000 2020",
        "full_text": "RT @someone: the beginning of a text that is cut…",
        "favorite_count": 0,
        "user": {"screen_name": "made_up", "followers_count": 9},
        **more,
    }


def test_a_retweet_has_the_whole_text_of_what_it_repeats(tmp_path: Path) -> None:
    whole = "the beginning of a text that is cut by the interface, and whole in the original"
    post = one(tmp_path, [tweet(retweeted_status={"id_str": "99", "full_text": whole})])
    assert post["text"] == f"RT @someone: {whole}"
    assert (post["kind"], post["parent_id"], post["followers"]) == ("repost", "99", 9)


def test_replies_and_quotes_of_version_1_name_their_parent(tmp_path: Path) -> None:
    reply = one(tmp_path, [tweet(full_text="yes", in_reply_to_status_id_str="5")])
    assert (reply["kind"], reply["parent_id"]) == ("reply", "5")
    quoted = {"id_str": "6", "full_text": "a longer text that isn't this post's"}
    quote = one(tmp_path, [tweet(full_text="see", is_quote_status=True, quoted_status=quoted)])
    assert (quote["kind"], quote["parent_id"], quote["text"]) == ("quote", "6", "see")


def test_a_page_of_version_2_has_its_joins_made(tmp_path: Path) -> None:
    page = {
        "data": [
            {
                "id": "12",
                "author_id": "1",
                "text": "RT @b: the beginning…",
                "created_at": "2022-03-05T10:00:00.000Z",
                "referenced_tweets": [{"type": "retweeted", "id": "11"}],
                "attachments": {"media_keys": ["3_1", "7_2"]},
                "public_metrics": {"like_count": 3, "bookmark_count": 2, "impression_count": 40},
                "lang": "en",
            },
            {"id": "13", "author_id": "9", "text": "mine", "public_metrics": {"like_count": 1}},
        ],
        "includes": {
            "users": [{"id": "1", "username": "a", "public_metrics": {"followers_count": 8}}],
            "tweets": [{"id": "11", "text": "the beginning and the end"}],
            "media": [
                {"media_key": "7_2", "type": "video", "preview_image_url": "https://p/2.jpg"},
                {"media_key": "3_1", "type": "photo", "url": "https://p/1.jpg"},
            ],
        },
        "errors": [{"resource_id": "10", "title": "Not Found Error"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(page))
    (first, second), rejected = read(tmp_path / "a.json")
    assert rejected == []
    assert first["text"] == "RT @b: the beginning and the end"
    assert (first["kind"], first["parent_id"], first["username"]) == ("repost", "11", "a")
    assert (first["likes"], first["bookmarks"], first["impressions"]) == (3, 2, 40)
    assert first["followers"] == 8
    assert [
        item["url"] if "url" in item else item["preview_image_url"]
        for item in json.loads(first["media_raw"])
    ] == ["https://p/1.jpg", "https://p/2.jpg"]
    assert (second["kind"], second["username"], second["views"]) == ("own", "9", None)


def test_error_lines_of_a_stream_are_rejected_for_what_they_are(tmp_path: Path) -> None:
    line = v2_stream([Post("5", "a", datetime(2022, 1, 1), "text", 1, 2, 3)])
    error = {"errors": [{"title": "operational-disconnect", "detail": "…"}]}
    path = tmp_path / "a.jsonl"
    path.write_text(line + json.dumps(error) + "\n\n" + line.replace('"5"', '"6"'))
    posts, (rejected,) = read(path)
    assert [post["id"] for post in posts] == ["5", "6"]
    assert rejected.line == 2
    assert "an error of the interface instead of a post: operational-disconnect" in rejected.reason


def test_an_archives_long_posts_and_account_are_read(tmp_path: Path) -> None:
    (tmp_path / "account.js").write_text(
        'window.YTD.account.part0 = [{"account": {"username": "made_up", "accountId": "1"}}]'
    )
    note = {
        "noteTweetId": "77",
        "createdAt": "2023-12-05T10:00:00.000Z",
        "core": {"text": "a long post"},
        "lifecycle": {"name": "x"},
    }
    (tmp_path / "note-tweet.js").write_text(
        "window.YTD.note_tweet.part0 = " + json.dumps([{"noteTweet": note}])
    )
    (post,), _ = read(tmp_path / "note-tweet.js")
    assert (post["id"], post["text"], post["username"]) == ("77", "a long post", "made_up")
    (tmp_path / "tweets.js").write_text(
        archive([Post("5", "", datetime(2022, 1, 1), "t", 1, 2, 3)])
    )
    (post,), _ = read(tmp_path / "tweets.js")
    assert (post["id"], post["username"], post["likes"]) == ("5", "made_up", 1)
    reading = describe(tmp_path / "tweets.js")
    assert reading.fields["username"] == '"made_up"'
    posts, _ = read(tmp_path)
    assert {post["id"] for post in posts} == {"5", "77"}


def test_a_date_that_says_lifetime_does_not_shadow_the_publish_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        business_suite([Post("5", "a", datetime(2025, 11, 10, 21, 0), "caption", 1, 2, 3)])
    )
    (post,), _ = read(path)
    assert post["created_at"] == datetime(2025, 11, 10, 21, 0)
    assert describe(path).fields["created_at"] == "Publish time"
    assert "Lifetime" not in (post["extra"] or "")


# Post ID, account, time, link, kind, caption, likes, comments, shares, reach, saves; a reel.
BUSINESS_SUITE = {
    "de": "Beitrags-ID|Benutzername des Kontos|Veröffentlichungszeit|Dauerlink|Beitragsart"
    "|Beschreibung|„Gefällt mir“-Angaben|Kommentare|Geteilte Inhalte|Reichweite|Gespeichert"
    "|Instagram-Reel",
    "es": "Identificador de la publicación|Nombre de usuario de la cuenta|Hora de publicación"
    "|Enlace permanente|Tipo de publicación|Descripción|Me gusta|Comentarios"
    "|Veces que se compartió|Alcance|Veces que se guardó|Reel de Instagram",
    "fr": "Identifiant de la publication|Nom d’utilisateur du compte|Heure de publication"
    "|Permalien|Type de publication|Description|J’aime|Commentaires|Partages|Couverture"
    "|Enregistrements|Reel Instagram",
    "pt": "Identificação do post|Nome de usuário da conta|Horário de publicação|Link permanente"
    "|Tipo de post|Descrição|Curtidas|Comentários|Compartilhamentos|Alcance|Salvamentos"
    "|Reel do Instagram",
    "it": "ID del post|Nome utente dell’account|Orario di pubblicazione|Link permanente"
    "|Tipo di post|Descrizione|Mi piace|Commenti|Condivisioni|Copertura|Salvataggi"
    "|Reel di Instagram",
    "nl": "Bericht-ID|Gebruikersnaam van account|Publicatietijd|Permalink|Berichttype|Beschrijving"
    "|Vind-ik-leuks|Opmerkingen|Keren gedeeld|Bereik|Keren opgeslagen|Instagram-reel",
}  # fmt: skip


@pytest.mark.parametrize("language", BUSINESS_SUITE)
def test_an_export_of_business_suite_is_read_in_the_language_it_has(
    tmp_path: Path, language: str
) -> None:
    *header, reel = BUSINESS_SUITE[language].split("|")
    link = "https://www.instagram.com/reel/AAA/"
    row = ["18012345678901234", "made_up", "11/25/2025 13:05", link, reel, "été", *"12345"]
    text = table([dict(zip(header, row, strict=True)) | {"Data": "Lifetime"}])
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8-sig")
    assert describe(path).format == "CSV of Meta Business Suite, Instagram"
    post = one(tmp_path, text, "csv")
    names = ("id", "username", "created_at", "permalink", "kind", "text")
    wanted = [row[0], "made_up", datetime(2025, 11, 25, 13, 5), link, "reel", "été"]
    assert [post[name] for name in names] == wanted
    counts = ("likes", "comments", "shares", "reach", "bookmarks")
    assert [post[name] for name in counts] == [1, 2, 3, 4, 5]


def test_a_story_of_a_german_facebook_page_is_one(tmp_path: Path) -> None:
    row = {
        "Beitrags-ID": "122100000000000001",
        "Seiten-ID": "61550000000000",
        "Seitenname": "Made Up",
        "Titel": "",
        "Beschreibung": "Ein Text",
        "Veröffentlichungszeit": "11/25/2025 13:05",
        "Dauerlink": "https://www.facebook.com/61550000000000/posts/122100000000000001",
        "Beitragsart": "Stories",
        "Reaktionen": 7,
    }
    post = one(tmp_path, table([row]), "csv")
    found = [post[name] for name in ("platform", "username", "text", "kind", "likes")]
    assert found == ["facebook", "Made Up", "Ein Text", "story", 7]


def test_crowdtangles_reactions_are_kept_by_kind(tmp_path: Path) -> None:
    text = crowdtangle([Post("123456", "a", datetime(2021, 7, 5, 18, 2), "text", 1234, 2, 3)])
    post = one(tmp_path, text, "csv")
    assert json.loads(post["reactions"]) == {"love": 3, "wow": 1, "like": 1234}
    assert post["id"] == "123456"


def test_an_instagram_carousel_has_all_its_pictures(tmp_path: Path) -> None:
    children = {
        "edges": [
            {"node": {"display_url": f"https://p/{number}.jpg", "is_video": number == 2}}
            for number in (1, 2)
        ]
    }
    document = json.loads(instaloader([Post("5", "a", datetime(2022, 1, 1), "t", 1, 2, 3)]))
    document["node"]["edge_sidecar_to_children"] = children
    post = one(tmp_path, document)
    assert [(item["type"], item["url"]) for item in json.loads(post["media_raw"])] == [
        ("photo", "https://p/1.jpg"),
        ("video", "https://p/2.jpg"),
    ]


def test_hidden_likes_of_apifys_instagram_are_null(tmp_path: Path) -> None:
    (document,) = json.loads(apify_instagram([Post("5", "a", datetime(2022, 1, 1), "t", 1, 2, 3)]))
    post = one(tmp_path, [document | {"likesCount": -1, "productType": "clips"}])
    assert (post["likes"], post["comments"], post["kind"]) == (None, 2, "reel")


@pytest.mark.parametrize(
    ("key", "kind"), [("ig_reels_media", "reel"), ("ig_stories", "story"), ("ig_posts", "own")]
)
def test_an_accounts_own_reels_and_stories_are_told_apart(
    tmp_path: Path, key: str, kind: str
) -> None:
    item = {
        "uri": "media/x/17900000000000001.mp4",
        "creation_timestamp": 1640995200,
        "title": "Ã©tÃ©",
    }
    post = one(tmp_path, {key: [item]})
    assert (post["id"], post["text"], post["kind"]) == ("17900000000000001", "été", kind)


def test_a_repost_on_bluesky_is_another_post_than_the_original(tmp_path: Path) -> None:
    post = {
        "uri": "at://did:plc:x/app.bsky.feed.post/3k",
        "cid": "c",
        "author": {"did": "did:plc:x", "handle": "a.example"},
        "record": {"text": "hello", "createdAt": "2024-01-01T00:00:00.000Z"},
        "embed": {"images": [{"thumb": "https://p/t", "fullsize": "https://p/f"}]},
        "likeCount": 3,
    }
    reply = {
        "uri": "at://did:plc:y/app.bsky.feed.post/4k",
        "author": {"did": "did:plc:y", "handle": "b.example"},
        "record": {
            "text": "yes",
            "createdAt": "2024-01-02T00:00:00.000Z",
            "reply": {"parent": {"uri": post["uri"]}, "root": {"uri": post["uri"]}},
        },
    }
    again = {"$type": "app.bsky.feed.defs#reasonRepost", "by": {"handle": "c.example"}}
    feed = {"feed": [{"post": post}, {"post": reply}, {"post": post, "reason": again}]}
    (tmp_path / "a.json").write_text(json.dumps(feed))
    (own, answer, repost), _ = read(tmp_path / "a.json")
    assert own["permalink"] == "https://bsky.app/profile/a.example/post/3k"
    assert json.loads(own["media_raw"]) == [{"type": "photo", "url": "https://p/f"}]
    assert (answer["kind"], answer["parent_id"]) == ("reply", own["id"])
    assert (repost["kind"], repost["username"], repost["parent_id"]) == (
        "repost",
        "c.example",
        own["id"],
    )
    assert len({own["id"], answer["id"], repost["id"]}) == 3


def test_jetstreams_other_events_are_no_posts(tmp_path: Path) -> None:
    def event(collection: str, record: dict[str, Any]) -> dict[str, Any]:
        commit = {"operation": "create", "collection": collection, "rkey": "3k", "record": record}
        return {"did": "did:plc:x", "time_us": 1, "kind": "commit", "commit": commit}

    record = {"text": "hello", "createdAt": "2024-01-01T00:00:00Z", "langs": ["en"]}
    path = tmp_path / "a.jsonl"
    events = [event("app.bsky.feed.like", {}), event("app.bsky.feed.post", record)]
    path.write_text(lines(events))
    (post,), rejected = read(path)
    assert (post["id"], post["lang"]) == ("at://did:plc:x/app.bsky.feed.post/3k", "en")
    assert rejected == []


def test_a_mastodon_boost_and_paragraphs_are_read(tmp_path: Path) -> None:
    (status,) = json.loads(mastodon([Post("5", "a", datetime(2022, 1, 1), "t", 1, 2, 3)]))
    original = status | {"id": "4", "content": "<p>one &amp; two</p><p>three<br>four</p>"}
    post = one(tmp_path, [status | {"content": "", "reblog": original}])
    assert post["text"] == "one & two\n\nthree\nfour"
    assert (post["kind"], post["parent_id"]) == ("repost", "4")


def test_a_mastodon_archive_rejects_boosts_with_their_reason(tmp_path: Path) -> None:
    note = {
        "id": "https://m.example/users/a/statuses/110000000000000001",
        "type": "Note",
        "content": "<p>hello</p>",
        "published": "2023-05-01T10:00:00Z",
        "inReplyTo": None,
        "attachment": [{"url": "/media_attachments/1.png"}],
    }
    actor = "https://m.example/users/a"
    items = [
        {"type": "Create", "actor": actor, "published": "2023-05-01T10:00:00Z", "object": note},
        {"type": "Announce", "actor": actor, "published": "2023-05-02T10:00:00Z", "object": "u"},
    ]
    (tmp_path / "outbox.json").write_text(
        json.dumps({"type": "OrderedCollection", "orderedItems": items})
    )
    (post,), (rejected,) = read(tmp_path / "outbox.json")
    assert (post["id"], post["username"], post["text"]) == ("110000000000000001", "a", "hello")
    assert rejected.reason == "a boost, whose text isn't in the archive"


def test_reddit_comments_are_replies_and_deleted_ones_have_no_text(tmp_path: Path) -> None:
    comment = {
        "id": "c1",
        "body": "I agree",
        "author": "[deleted]",
        "subreddit": "s",
        "created_utc": "1640995200",
        "score": 4,
        "parent_id": "t1_c0",
        "link_id": "t3_p",
        "retrieved_on": 1650000000,
    }
    path = tmp_path / "a.jsonl"
    path.write_text(lines([comment, comment | {"id": "c2", "body": "[removed]"}]))
    posts, _ = read(path)
    assert (posts[0]["kind"], posts[0]["parent_id"], posts[0]["username"]) == ("reply", "c0", None)
    assert posts[0]["observed_at"] == datetime(2022, 4, 15, 5, 20)
    # Its count alone would update a post that is known.
    assert (posts[1]["text"], posts[1]["likes"]) == (None, 4)


def test_a_post_that_merely_has_a_list_is_no_page() -> None:
    assert unfold({"id": 1, "text": "a", "data": [{"x": 1}]}) is None
    assert unfold({"id": 1, "caption": "a", "items": [{"x": 1}]}) is None
    found = unfold({"results": [{"id": 1, "text": "a"}], "next": None})
    assert found is not None
    assert list(found) == [{"id": 1, "text": "a"}]
    empty = unfold({"meta": {"result_count": 0}})
    assert empty is not None
    assert list(empty) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "media",
                    "node",
                    "edges",
                    "url",
                    "text",
                    "id",
                    "data",
                    "user",
                    "uri",
                    "title",
                    "type",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def keys_of(layout: Layout) -> list[str]:
    paths = [path for sign in layout.signs for path in sign.split("|")]
    for place in layout.fields.values():
        paths += place.split("|") if isinstance(place, str) else place.where.split(" | ")
    return sorted({path.partition(".")[0].partition("[")[0] for path in paths if path})


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.name))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_values_under_a_platforms_keys_are_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, data: st.DataObject
) -> None:
    keys = keys_of(layout)
    document = st.fixed_dictionaries({}, optional=dict.fromkeys(keys, json_values))
    documents = data.draw(st.lists(document, min_size=1, max_size=4))
    path = tmp_path_factory.mktemp("posts") / "a.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in documents))
    try:
        for batch in read_posts(path):
            batch.posts.validate(full=True)
    except EmbedstoreError:
        return


def test_posts_deep_in_a_response_are_found() -> None:
    post = {"id": "1", "text": "a"}
    response = {"status": "ok", "response": {"data": {"items": [{"node": post}]}}}
    found = unfold(response)
    assert found is not None
    assert list(found) == [post]


def test_every_platform_has_a_page_in_the_docs() -> None:
    pages = {page.stem for page in (Path(__file__).parents[2] / "docs" / "platforms").iterdir()}
    assert {layout.platform for layout in LAYOUTS if layout.platform} | {"tools", "plain"} <= pages
