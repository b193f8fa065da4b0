"""Posts as each platform writes them: small writers, one for each layout that is read."""

import csv
import html
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple


class Post(NamedTuple):
    """What nearly every platform tells of a post."""

    id: str
    username: str
    created_at: datetime
    text: str
    likes: int
    comments: int
    shares: int
    kind: str = "own"


def table(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def lines(documents: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def escaped(text: str) -> str:
    return html.escape(text, quote=False)


def epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def month(moment: datetime) -> str:
    return MONTHS[moment.month - 1]


def twitter_time(moment: datetime) -> str:
    return f"{DAYS[moment.weekday()]} {month(moment)} {moment:%d %H:%M:%S +0000 %Y}"


_V2 = {"reply": "replied_to", "quote": "quoted", "repost": "retweeted"}


def _references(post: Post) -> dict[str, Any]:
    if post.kind not in _V2:
        return {}
    return {"referenced_tweets": [{"type": _V2[post.kind], "id": "9"}]}


def v2_tweet(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "author_id": "77",
        "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
        "text": escaped(post.text),
        "public_metrics": {
            "like_count": post.likes,
            "reply_count": post.comments,
            "retweet_count": post.shares,
            "quote_count": 0,
        },
        **_references(post),
    }


def v2_pages(posts: list[Post]) -> str:
    # All tweets of a page of one account; a page for each account.
    return lines(
        [
            {
                "data": [v2_tweet(post)],
                "includes": {"users": [{"id": "77", "username": post.username, "name": "N"}]},
                "meta": {"result_count": 1},
            }
            for post in posts
        ]
    )


def v2_stream(posts: list[Post]) -> str:
    return lines(
        [
            {
                "data": v2_tweet(post),
                "includes": {"users": [{"id": "77", "username": post.username}]},
                "matching_rules": [{"id": "1"}],
            }
            for post in posts
        ]
    )


def v2_flattened(posts: list[Post]) -> str:
    author = [{"author": {"id": "77", "username": post.username}} for post in posts]
    return lines([v2_tweet(p) | a for p, a in zip(posts, author, strict=True)])


def twarc_csv(posts: list[Post]) -> str:
    return table(
        [
            {
                "id": post.id,
                "author_id": "77",
                "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "text": escaped(post.text),
                "author.username": post.username,
                "public_metrics.like_count": post.likes,
                "public_metrics.reply_count": post.comments,
                "public_metrics.retweet_count": post.shares,
                "referenced_tweets.replied_to.id": "",
                "__twarc.retrieved_at": "2023-01-01T00:00:00+00:00",
            }
            for post in posts
        ]
    )


def v1_tweet(post: Post) -> dict[str, Any]:
    return {
        "created_at": twitter_time(post.created_at),
        "id": float(post.id),
        "id_str": post.id,
        "full_text": escaped(post.text),
        "favorite_count": post.likes,
        "reply_count": post.comments,
        "retweet_count": post.shares,
        "user": {"screen_name": post.username, "followers_count": 5},
        "in_reply_to_status_id_str": "9" if post.kind == "reply" else None,
        "is_quote_status": post.kind == "quote",
        **({"quoted_status_id_str": "9"} if post.kind == "quote" else {}),
        **({"retweeted_status": {"id_str": "9"}} if post.kind == "repost" else {}),
    }


def v1(posts: list[Post]) -> str:
    return json.dumps([v1_tweet(post) for post in posts])


def v1_lines(posts: list[Post]) -> str:
    return lines([v1_tweet(post) for post in posts])


def archive(posts: list[Post]) -> str:
    tweets = []
    for post in posts:
        tweet = v1_tweet(post)
        del tweet["user"], tweet["reply_count"]
        tweet |= {"id": post.id, "favorite_count": str(post.likes)}
        tweets.append({"tweet": tweet | {"retweet_count": str(post.shares)}})
    return f"window.YTD.tweets.part0 = {json.dumps(tweets, indent=1)}"


def analytics(posts: list[Post]) -> str:
    return table(
        [
            {
                "Post id": post.id,
                "Date": f"{DAYS[post.created_at.weekday()]}, {month(post.created_at)} "
                f"{post.created_at.day}, {post.created_at.year}",
                "Post text": post.text,
                "Post Link": f"https://x.com/{post.username}/status/{post.id}",
                "Impressions": 10,
                "Likes": post.likes,
                "Shares": 0,
                "Replies": post.comments,
                "Reposts": post.shares,
            }
            for post in posts
        ]
    )


def analytics_2019(posts: list[Post]) -> str:
    return table(
        [
            {
                "Tweet id": post.id,
                "Tweet permalink": f"https://twitter.com/{post.username}/status/{post.id}",
                "Tweet text": post.text,
                "time": f"{post.created_at:%Y-%m-%d %H:%M} +0000",
                "impressions": "123.0",
                "retweets": f"{post.shares}.0",
                "replies": f"{post.comments}.0",
                "likes": f"{post.likes}.0",
                "url clicks": "-",
            }
            for post in posts
        ]
    )


def apify_x(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "type": "tweet",
                "id": post.id,
                "url": f"https://x.com/{post.username}/status/{post.id}",
                "text": "cut…",
                "fullText": post.text + " and" * 5,
                "createdAt": twitter_time(post.created_at),
                "likeCount": post.likes,
                "replyCount": post.comments,
                "retweetCount": post.shares,
                "author": {"userName": post.username, "followers": 9},
                "isReply": post.kind == "reply",
                "isQuote": post.kind == "quote",
                "isRetweet": post.kind == "repost",
            }
            for post in posts
        ]
    )


def business_suite(posts: list[Post]) -> str:
    return table(
        [
            {
                "Post ID": post.id,
                "Account ID": "1",
                "Account username": post.username,
                "Account name": "Made Up",
                "Description": post.text,
                "Publish time": f"{post.created_at:%m/%d/%Y %H:%M}",
                "Permalink": "https://www.instagram.com/p/AAA/",
                "Post type": {"story": "IG story", "reel": "IG reel"}.get(post.kind, "IG image"),
                "Date": "Lifetime",
                "Likes": f"{post.likes:,}",
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def business_suite_facebook(posts: list[Post]) -> str:
    return table(
        [
            {
                "Post ID": post.id,
                "Page ID": "1",
                "Page name": post.username,
                "Title": post.text[:10],
                "Description": post.text,
                "Publish time": f"{post.created_at:%m/%d/%Y %H:%M}",
                "Permalink": f"https://www.facebook.com/1/posts/{post.id}",
                "Post type": {"story": "Story", "reel": "Reels"}.get(post.kind, "Photos"),
                "Date": "Lifetime",
                "Reactions": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def crowdtangle(posts: list[Post]) -> str:
    return table(
        [
            {
                "Page Name": "Made Up",
                "User Name": post.username,
                "Post Created": f"{post.created_at - timedelta(hours=5):%Y-%m-%d %H:%M:%S} EST",
                "Post Created Date": "2001-01-01",
                "Type": "Photo",
                "Total Interactions": "12,345",
                "Likes": f"{post.likes:,}",
                "Comments": f"{post.comments:,}",
                "Shares": f"{post.shares:,}",
                "Love": 3,
                "Wow": 1,
                "URL": f"https://www.facebook.com/{post.username}/posts/{post.id}",
                "Message": post.text,
                "Link": "https://elsewhere.example",
            }
            for post in posts
        ]
    )


def instaloader(posts: list[Post]) -> str:
    return lines(
        [
            {
                "node": {
                    "id": post.id,
                    "shortcode": "AbC",
                    "product_type": "clips" if post.kind == "reel" else "feed",
                    "taken_at_timestamp": epoch(post.created_at),
                    "display_url": "https://pictures.example/1.jpg",
                    "edge_media_to_caption": {"edges": [{"node": {"text": post.text}}]},
                    "edge_media_preview_like": {"count": post.likes},
                    "edge_media_to_comment": {"count": post.comments},
                    "owner": {"id": "1", "username": post.username},
                },
                "instaloader": {"version": "4.9", "node_type": "Post"},
            }
            for post in posts
        ]
    )


def instagram_download(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "media": [
                    {
                        "uri": f"media/posts/202101/{post.id}.jpg",
                        "creation_timestamp": epoch(post.created_at),
                        # Each byte of UTF-8 becomes a character.
                        "title": post.text.encode().decode("latin-1"),
                    }
                ]
            }
            for post in posts
        ]
    )


def apify_instagram(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "id": post.id,
                "type": "Image",
                "productType": "clips" if post.kind == "reel" else None,
                "shortCode": "AbC",
                "caption": post.text,
                "url": "https://www.instagram.com/p/AbC/",
                "commentsCount": post.comments,
                "likesCount": post.likes,
                "displayUrl": "https://pictures.example/1.jpg",
                "timestamp": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "ownerUsername": post.username,
                "latestComments": [{"text": "not the post's", "likesCount": 99}],
            }
            for post in posts
        ]
    )


def linkedin(posts: list[Post]) -> str:
    return table(
        [
            {
                "Post title": post.text,
                "Post link": f"https://www.linkedin.com/feed/update/urn:li:activity:{post.id}",
                "Post type": "Organic",
                "Posted by": "Someone",
                "Created date": f"{post.created_at:%m/%d/%Y}",
                "Impressions": 100,
                "Views": "",
                "Clicks": 4,
                "Likes": post.likes,
                "Comments": post.comments,
                "Reposts": post.shares,
            }
            for post in posts
        ]
    )


def tiktok_studio(posts: list[Post]) -> str:
    return table(
        [
            {
                "Video title": post.text,
                "Video link": f"https://www.tiktok.com/@{post.username}/video/{post.id}",
                "Post time": f"{month(post.created_at)} {post.created_at.day}, "
                f"{post.created_at.year}",
                "Total likes": post.likes,
                "Total comments": post.comments,
                "Total shares": post.shares,
                "Total views": 1000,
            }
            for post in posts
        ]
    )


def apify_tiktok(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "id": post.id,
                "text": post.text,
                "createTime": epoch(post.created_at),
                "authorMeta": {"name": post.username, "fans": 12},
                "webVideoUrl": f"https://www.tiktok.com/@{post.username}/video/{post.id}",
                "videoMeta": {"coverUrl": "https://pictures.example/c.jpg", "duration": 9},
                "diggCount": post.likes,
                "commentCount": post.comments,
                "shareCount": post.shares,
                "playCount": 77,
            }
            for post in posts
        ]
    )


def tiktok_research(posts: list[Post]) -> str:
    videos = [
        {
            "id": int(post.id),
            "username": post.username,
            "create_time": epoch(post.created_at),
            "video_description": post.text,
            "region_code": "US",
            "like_count": post.likes,
            "comment_count": post.comments,
            "share_count": post.shares,
            "view_count": 5,
        }
        for post in posts
    ]
    return json.dumps({"data": {"videos": videos, "has_more": False}, "error": {"code": "ok"}})


def youtube_api(posts: list[Post]) -> str:
    return json.dumps(
        {
            "kind": "youtube#videoListResponse",
            "items": [
                {
                    "kind": "youtube#video",
                    "id": post.id,
                    "snippet": {
                        "publishedAt": f"{post.created_at:%Y-%m-%dT%H:%M:%SZ}",
                        "title": post.text,
                        "description": "",
                        "channelTitle": post.username,
                        "thumbnails": {"high": {"url": "https://pictures.example/h.jpg"}},
                    },
                    "statistics": {
                        "viewCount": "1000",
                        "likeCount": str(post.likes),
                        "commentCount": str(post.comments),
                    },
                }
                for post in posts
            ],
        }
    )


def youtube_studio(posts: list[Post]) -> str:
    total = {"Content": "Total", "Video title": "", "Video publish time": "", "Views": 9}
    rows: list[dict[str, Any]] = [total | {"Likes": 9, "Comments added": 9, "Shares": 9}]
    rows += [
        {
            "Content": post.id,
            "Video title": post.text,
            "Video publish time": f"{month(post.created_at)} {post.created_at.day}, "
            f"{post.created_at.year}",
            "Views": 1000,
            "Likes": post.likes,
            "Comments added": post.comments,
            "Shares": post.shares,
        }
        for post in posts
    ]
    return table(rows)


def _bluesky_links(post: Post) -> dict[str, Any]:
    other = {"uri": "at://did:plc:o/app.bsky.feed.post/9", "cid": "o"}
    if post.kind == "reply":
        return {"reply": {"parent": other, "root": other}}
    quoted = {"$type": "app.bsky.embed.record", "record": other}
    return {"embed": quoted} if post.kind == "quote" else {}


def bluesky_feed(posts: list[Post]) -> str:
    feed = [
        {
            "post": {
                "uri": post.id,
                "cid": "c",
                "author": {"did": "did:plc:x", "handle": post.username},
                "record": {
                    "$type": "app.bsky.feed.post",
                    "text": post.text,
                    "createdAt": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                    "langs": ["pt-BR"],
                    **_bluesky_links(post),
                },
                "likeCount": post.likes,
                "replyCount": post.comments,
                "repostCount": post.shares,
            }
        }
        for post in posts
    ]
    return json.dumps({"feed": feed, "cursor": "x"})


def mastodon(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "id": post.id,
                "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "in_reply_to_id": "9" if post.kind == "reply" else None,
                "language": "de",
                "url": f"https://somewhere.example/@{post.username}/{post.id}",
                "content": "<p>" + escaped(post.text).replace("\n", "<br />") + "</p>",
                "reblog": {"id": "9", "content": ""} if post.kind == "repost" else None,
                "account": {"acct": post.username, "followers_count": 4},
                "favourites_count": post.likes,
                "replies_count": post.comments,
                "reblogs_count": post.shares,
                "media_attachments": [],
            }
            for post in posts
        ]
    )


def reddit(posts: list[Post]) -> str:
    return lines(
        [
            {
                "id": post.id,
                "title": post.text,
                "selftext": "[removed]",
                "author": post.username,
                "subreddit": "made_up",
                "created_utc": epoch(post.created_at),
                "score": post.likes,
                "num_comments": post.comments,
                "num_crossposts": post.shares,
                "permalink": f"/r/made_up/comments/{post.id}/x/",
                "url": "https://i.redd.it/a.jpg",
                "is_self": False,
            }
            for post in posts
        ]
    )


def weibo(posts: list[Post]) -> str:
    return table(
        [
            {
                "id": post.id,
                "用户昵称": post.username,
                "微博正文": post.text,
                "转发数": post.shares,
                "评论数": post.comments,
                "点赞数": post.likes,
                "发布时间": f"{post.created_at + timedelta(hours=8):%Y-%m-%d %H:%M}",
            }
            for post in posts
        ]
    )


def sprout(posts: list[Post]) -> str:
    return table(
        [
            {
                "Date": f"{post.created_at.month}/{post.created_at.day}/{post.created_at.year} "
                f"{post.created_at.hour % 12 or 12}:{post.created_at:%M} "
                f"{'am' if post.created_at.hour < 12 else 'pm'}",
                "Post ID": post.id,
                "Network": "Twitter",
                "Post Type": "Tweet",
                "Profile": post.username,
                "Link": f"https://twitter.com/{post.username}/status/{post.id}",
                "Post": post.text,
                "Impressions": "1,234",
                "Likes": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"


def note_tweets(posts: list[Post]) -> str:
    notes = [
        {
            "noteTweet": {
                "noteTweetId": post.id,
                "createdAt": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "updatedAt": "2026-01-01T00:00:00.000Z",
                "core": {"text": post.text, "mentions": []},
                "lifecycle": {"name": "Published"},
            }
        }
        for post in posts
    ]
    return f"window.YTD.note_tweet.part0 = {json.dumps(notes)}"


def old_dump(posts: list[Post]) -> str:
    tweets = []
    for post in posts:
        tweet = v1_tweet(post) | {"id": int(post.id)}
        del tweet["id_str"]
        tweets.append(tweet)
    return lines(tweets)


def search_v1(posts: list[Post]) -> str:
    return json.dumps({"statuses": [v1_tweet(post) for post in posts], "search_metadata": {}})


def snscrape(posts: list[Post]) -> str:
    return lines(
        [
            {
                "_type": "snscrape.modules.twitter.Tweet",
                "url": f"https://twitter.com/{post.username}/status/{post.id}",
                "date": iso(post.created_at),
                "rawContent": post.text,
                "renderedContent": post.text[:5],
                "id": int(post.id),
                "user": {"username": post.username, "followersCount": 3},
                "likeCount": post.likes,
                "replyCount": post.comments,
                "retweetCount": post.shares,
                "quoteCount": 0,
                "inReplyToTweetId": 9 if post.kind == "reply" else None,
                "quotedTweet": {"id": 9} if post.kind == "quote" else None,
                "retweetedTweet": {"id": 9} if post.kind == "repost" else None,
            }
            for post in posts
        ]
    )


def business_suite_videos(posts: list[Post]) -> str:
    return table(
        [
            {
                "Video asset ID": post.id,
                "Page ID": "1",
                "Page name": post.username,
                "Title": "",
                "Description": post.text,
                "Publish time": f"{post.created_at:%m/%d/%Y %H:%M}",
                "Permalink": "https://www.facebook.com/reel/1/",
                "Date": "Lifetime",
                "Reactions": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def crowdtangle_instagram(posts: list[Post]) -> str:
    return table(
        [
            {
                "Account": "Made Up",
                "User Name": post.username,
                "Followers at Posting": "1,000",
                "Post Created": f"{post.created_at - timedelta(hours=5):%Y-%m-%d %H:%M:%S} EST",
                "Type": "Album",
                "Total Interactions": "2",
                "Likes": f"{post.likes:,}",
                "Comments": f"{post.comments:,}",
                "Views": 0,
                "URL": "https://www.instagram.com/p/AAA/",
                "Photo": "https://pictures.example/1.jpg",
                "Title": "",
                "Description": post.text,
                "Platform Id": post.id,
            }
            for post in posts
        ]
    )


def instaloader_csv(posts: list[Post]) -> str:
    return table(
        [
            {
                "shortcode": f"C{post.id}",
                "owner_username": post.username,
                "date_utc": f"{post.created_at:%Y-%m-%d %H:%M:%S}",
                "caption": post.text,
                "likes": post.likes,
                "comments": post.comments,
                "typename": "GraphImage",
                "url": "https://pictures.example/1.jpg",
            }
            for post in posts
        ]
    )


def instagram_graph(posts: list[Post]) -> str:
    data = [
        {
            "id": post.id,
            "caption": post.text,
            "media_type": "IMAGE",
            "media_product_type": {"reel": "REELS", "story": "STORY"}.get(post.kind, "FEED"),
            "media_url": "https://pictures.example/1.jpg",
            "permalink": "https://www.instagram.com/p/AAA/",
            "timestamp": f"{post.created_at:%Y-%m-%dT%H:%M:%S}+0000",
            "username": post.username,
            "like_count": post.likes,
            "comments_count": post.comments,
        }
        for post in posts
    ]
    return json.dumps({"data": data, "paging": {"cursors": {"after": "x"}}})


def facebook_graph(posts: list[Post]) -> str:
    data = [
        {
            "id": f"100_{post.id}",
            "created_time": f"{post.created_at:%Y-%m-%dT%H:%M:%S}+0000",
            "message": post.text,
            "from": {"name": post.username, "id": "100"},
            "permalink_url": f"https://www.facebook.com/100/posts/{post.id}",
            "reactions": {"data": [], "summary": {"total_count": post.likes}},
            "comments": {"data": [], "summary": {"total_count": post.comments}},
            "shares": {"count": post.shares},
        }
        for post in posts
    ]
    return json.dumps({"data": data, "paging": {}})


def apify_facebook(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "facebookUrl": "https://www.facebook.com/made.up",
                "postId": post.id,
                "pageName": post.username,
                "url": f"https://www.facebook.com/made.up/posts/{post.id}",
                "time": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "timestamp": epoch(post.created_at),
                "user": {"id": "1", "name": "Made Up"},
                "text": post.text,
                "likes": post.likes,
                "comments": post.comments,
                "shares": post.shares,
            }
            for post in posts
        ]
    )


def linkedin_of_2022(posts: list[Post]) -> str:
    return table(
        [
            {
                "Update title": post.text,
                "Update link": f"https://www.linkedin.com/feed/update/urn:li:share:{post.id}",
                "Update type": "Organic",
                "Created date": f"{post.created_at:%m/%d/%Y}",
                "Impressions": 100,
                "Clicks": 4,
                "Likes": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def tiktok_download(posts: list[Post]) -> str:
    videos = [
        {
            "Date": f"{post.created_at:%Y-%m-%d %H:%M:%S}",
            "Link": f"https://www.tiktok.com/@{post.username}/video/{post.id}",
            "Likes": str(post.likes),
            "Title": post.text,
        }
        for post in posts
    ]
    return json.dumps({"Video": {"Videos": {"VideoList": videos}}})


def tiktok_web(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "id": post.id,
                "desc": post.text,
                "createTime": epoch(post.created_at),
                "author": {"id": "1", "uniqueId": post.username, "nickname": "Made Up"},
                "authorStats": {"followerCount": 3},
                "video": {"cover": "https://pictures.example/c.jpg", "duration": 9},
                "stats": {
                    "diggCount": post.likes,
                    "commentCount": post.comments,
                    "shareCount": post.shares,
                    "playCount": 7,
                },
            }
            for post in posts
        ]
    )


def youtube_download(posts: list[Post]) -> str:
    return table(
        [
            {
                "Video ID": post.id,
                "Channel ID": post.username,
                "Video Title (Original)": post.text,
                "Video Create Timestamp": iso(post.created_at),
                "Privacy": "Public",
            }
            for post in posts
        ]
    )


def apify_youtube(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "id": post.id,
                "title": post.text,
                "type": "shorts" if post.kind == "reel" else "video",
                "url": f"https://www.youtube.com/watch?v={post.id}",
                "date": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "channelName": "Made Up",
                "channelUsername": post.username,
                "viewCount": 7,
                "likes": post.likes,
                "commentsCount": post.comments,
            }
            for post in posts
        ]
    )


def bluesky_search(posts: list[Post]) -> str:
    feed = json.loads(bluesky_feed(posts))["feed"]
    for item, post in zip(feed, posts, strict=True):
        item["post"]["uri"] = f"at://did:plc:x/app.bsky.feed.post/{post.id}"
    return json.dumps({"posts": [item["post"] for item in feed], "hitsTotal": 1})


def jetstream(posts: list[Post]) -> str:
    return lines(
        [
            {
                "did": post.username,
                "time_us": 1,
                "kind": "commit",
                "commit": {
                    "operation": "create",
                    "collection": "app.bsky.feed.post",
                    "rkey": post.id,
                    "cid": "c",
                    "record": {
                        "text": post.text,
                        "createdAt": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
                        **_bluesky_links(post),
                    },
                },
            }
            for post in posts
        ]
    )


def mastodon_archive(posts: list[Post]) -> str:
    items = [
        {
            "id": f"https://m.example/users/{post.username}/statuses/{post.id}/activity",
            "type": "Create",
            "actor": f"https://m.example/users/{post.username}",
            "published": f"{post.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "object": {
                "id": f"https://m.example/users/{post.username}/statuses/{post.id}",
                "type": "Note",
                "inReplyTo": "https://m.example/9" if post.kind == "reply" else None,
                "published": f"{post.created_at:%Y-%m-%dT%H:%M:%SZ}",
                "content": "<p>" + escaped(post.text).replace("\n", "<br />") + "</p>",
                "attachment": [],
            },
        }
        for post in posts
    ]
    return json.dumps({"type": "OrderedCollection", "orderedItems": items})


def reddit_comments(posts: list[Post]) -> str:
    comments = [
        {
            "id": post.id,
            "body": post.text,
            "author": post.username,
            "subreddit": "made_up",
            "created_utc": str(epoch(post.created_at)),
            "score": post.likes,
            "link_id": "t3_9",
            "parent_id": "t1_9",
        }
        for post in posts
    ]
    return lines(comments)


def reddit_listing(posts: list[Post]) -> str:
    items = [json.loads(line) for line in reddit(posts).splitlines()]
    children = [{"kind": "t3", "data": item} for item in items]
    return json.dumps({"kind": "Listing", "data": {"after": None, "children": children}})


def weibo_mobile(posts: list[Post]) -> str:
    cards = []
    for post in posts:
        there = post.created_at + timedelta(hours=8)
        reposted = {"retweeted_status": {"id": "9"}} if post.kind == "repost" else {}
        mblog = {
            "id": post.id,
            "created_at": twitter_time(there).replace("+0000", "+0800"),
            "text": escaped(post.text).replace("\n", "<br />"),
            "user": {"screen_name": post.username, "followers_count": 8},
            "attitudes_count": post.likes,
            "comments_count": post.comments,
            "reposts_count": post.shares,
            **reposted,
        }
        cards.append({"card_type": 9, "mblog": mblog})
    return json.dumps({"ok": 1, "data": {"cards": cards}})


def hootsuite(posts: list[Post]) -> str:
    return table(
        [
            {
                "Date (GMT)": f"{post.created_at:%Y-%m-%d %H:%M:%S}",
                "Post ID": post.id,
                "Social network": "Facebook",
                "Social profile": post.username,
                "Post message": post.text,
                "Post permalink": f"https://www.facebook.com/made.up/posts/{post.id}",
                "Likes": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
            }
            for post in posts
        ]
    )


def buffer(posts: list[Post]) -> str:
    return table(
        [
            {
                "Sent at": f"{post.created_at:%Y-%m-%d %H:%M:%S}",
                "Post ID": post.id,
                "Service": "linkedin",
                "Profile": post.username,
                "Text": post.text,
                "Likes": post.likes,
                "Comments": post.comments,
                "Shares": post.shares,
                "Clicks": 3,
            }
            for post in posts
        ]
    )


def metricool(posts: list[Post]) -> str:
    return json.dumps(
        [
            {
                "postId": post.id,
                "userId": post.username,
                "type": "FEED_IMAGE",
                "publishedAt": {
                    "dateTime": f"{post.created_at:%Y-%m-%dT%H:%M:%S}",
                    "timezone": "Etc/UTC",
                },
                "url": f"https://www.instagram.com/p/{post.id}/",
                "content": post.text,
                "likes": post.likes,
                "comments": post.comments,
                "shares": post.shares,
                "saved": 0,
            }
            for post in posts
        ]
    )


@dataclass(frozen=True)
class Written:
    """One platform's way to write posts."""

    write: Callable[[list[Post]], str]
    suffix: str
    platform: str | None
    lacking: tuple[str, ...] = ()
    unit: timedelta = timedelta(seconds=1)
    options: dict[str, Any] = field(default_factory=dict)
    rejected: int = 0
    kinds: tuple[str, ...] = ()
    as_id: Callable[[Post], str] = attrgetter("id")


OF_X = ("own", "reply", "quote", "repost")
OF_META = ("own", "story", "reel")
REELS = ("own", "reel")
COUNTS = ("likes", "comments", "shares")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WAYS = {
    "X API v2 in pages": Written(v2_pages, "jsonl", "x", kinds=OF_X),
    "X API v2 as a stream": Written(v2_stream, "jsonl", "x", kinds=OF_X),
    "X API v2 flattened": Written(v2_flattened, "json", "x", kinds=OF_X),
    "twarc CSV": Written(twarc_csv, "csv", "x"),
    "X API v1.1": Written(v1, "json", "x", kinds=OF_X),
    "X API v1.1 in lines": Written(v1_lines, "jsonl", "x", kinds=OF_X),
    "X archive": Written(archive, "js", "x", ("username", "comments"), kinds=OF_X),
    "X Analytics": Written(analytics, "csv", "x", unit=DAY),
    "X Analytics of 2019": Written(analytics_2019, "csv", "x", unit=MINUTE),
    "Apify X": Written(apify_x, "json", "x", ("text",), kinds=OF_X),
    "Business Suite, Instagram": Written(
        business_suite, "csv", "instagram", unit=MINUTE, kinds=OF_META
    ),
    "Business Suite, Facebook": Written(
        business_suite_facebook, "csv", "facebook", unit=MINUTE, kinds=OF_META
    ),
    "CrowdTangle": Written(crowdtangle, "csv", "facebook"),
    "Instaloader": Written(instaloader, "json", "instagram", ("shares",), kinds=REELS),
    "Instagram download": Written(
        instagram_download, "json", "instagram", ("username", "likes", "comments", "shares")
    ),
    "Apify Instagram": Written(apify_instagram, "json", "instagram", ("shares",), kinds=REELS),
    "LinkedIn": Written(linkedin, "csv", "linkedin", ("username",), unit=DAY),
    "TikTok Studio": Written(tiktok_studio, "csv", "tiktok", unit=DAY),
    "Apify TikTok": Written(apify_tiktok, "json", "tiktok"),
    "TikTok Research API": Written(tiktok_research, "json", "tiktok"),
    "YouTube Data API": Written(youtube_api, "json", "youtube", ("shares",)),
    "YouTube Studio": Written(
        youtube_studio, "csv", "youtube", ("username",), unit=DAY, rejected=1
    ),
    "Bluesky": Written(bluesky_feed, "json", "bluesky", kinds=("own", "reply", "quote")),
    "Mastodon": Written(mastodon, "json", "mastodon", kinds=("own", "reply", "repost")),
    "Reddit": Written(reddit, "jsonl", "reddit", kinds=("own",)),
    "Weibo": Written(weibo, "csv", "weibo", unit=MINUTE),
    "Sprout Social": Written(
        sprout, "csv", "x", unit=MINUTE, options={"date_format": "month-first"}
    ),
    "X archive's long posts": Written(note_tweets, "js", "x", ("username", *COUNTS)),
    "X API v1.1 without id_str": Written(old_dump, "jsonl", "x", kinds=OF_X),
    "X search of version 1.1": Written(search_v1, "json", "x", kinds=OF_X),
    "snscrape": Written(snscrape, "jsonl", "x", kinds=OF_X),
    "Business Suite, Facebook videos": Written(
        business_suite_videos, "csv", "facebook", unit=MINUTE
    ),
    "CrowdTangle, Instagram": Written(crowdtangle_instagram, "csv", "instagram", ("shares",)),
    "Instaloader CSV": Written(
        instaloader_csv, "csv", "instagram", ("shares",), as_id=lambda post: f"C{post.id}"
    ),
    "Instagram Graph API": Written(
        instagram_graph, "json", "instagram", ("shares",), kinds=OF_META
    ),
    "Facebook Graph API": Written(
        facebook_graph, "json", "facebook", as_id=lambda post: f"100_{post.id}"
    ),
    "Apify Facebook": Written(apify_facebook, "json", "facebook"),
    "LinkedIn of 2022": Written(linkedin_of_2022, "csv", "linkedin", ("username",), unit=DAY),
    "TikTok download": Written(tiktok_download, "json", "tiktok", ("comments", "shares")),
    "TikTok web": Written(tiktok_web, "json", "tiktok"),
    "YouTube download": Written(youtube_download, "csv", "youtube", COUNTS),
    "Apify YouTube": Written(apify_youtube, "json", "youtube", ("shares",), kinds=REELS),
    "Bluesky search": Written(
        bluesky_search,
        "json",
        "bluesky",
        kinds=("own", "reply", "quote"),
        as_id=lambda post: f"at://did:plc:x/app.bsky.feed.post/{post.id}",
    ),
    "Jetstream": Written(
        jetstream,
        "jsonl",
        "bluesky",
        COUNTS,
        kinds=("own", "reply", "quote"),
        as_id=lambda post: f"at://{post.username}/app.bsky.feed.post/{post.id}",
    ),
    "Mastodon archive": Written(
        mastodon_archive, "json", "mastodon", COUNTS, kinds=("own", "reply")
    ),
    "Reddit comments": Written(
        reddit_comments, "jsonl", "reddit", ("comments", "shares"), kinds=("reply",)
    ),
    "Reddit listing": Written(reddit_listing, "json", "reddit", kinds=("own",)),
    "Weibo mobile": Written(weibo_mobile, "json", "weibo", kinds=("own", "repost")),
    "Hootsuite": Written(hootsuite, "csv", "facebook"),
    "Buffer": Written(buffer, "csv", "linkedin"),
    "Metricool": Written(metricool, "json", "instagram"),
}
