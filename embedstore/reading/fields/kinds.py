"""What a post is: own, reply, quote, repost, story or reel."""

import re

from embedstore.reading.schema import KINDS

# What platforms call it, folded to small letters without anything between the words.
_NAMES = {
    name: kind
    for kind, names in {
        "own": "own original tweet post status photo image video picture link text album carousel"
        " carouselalbum sidecar graphsidecar graphimage graphvideo igimage igcarousel igvideo igtv"
        " photos videos links statuses multiphoto multiphotos multiimage igphoto nativevideo"
        " livevideo livevideocomplete livevideoscheduled youtube feed feedpost article poll event"
        " note offer document shortvideo longvideo short live",
        "reply": "reply repliedto replies comment inreplyto replyto",
        "quote": "quote quoted quotetweet quotepost",
        "repost": "repost retweet retweeted reposted rt reblog boost shared share sharedpost"
        " retweetedtweet",
        "story": "story stories igstory storyimage storyvideo fbstory",
        "reel": "reel reels igreel clips facebookreel videoreel",
    }.items()
    for name in names.split()
}
_BETWEEN = re.compile(r"[\s_.:/-]+")
# How Twitter's interface writes a repost's text.
_RETWEET = re.compile(r"RT @\w{1,30}: ")


def to_kind(value: object) -> str | None:
    """Read what a platform calls a post; None of a name that isn't known."""
    if not isinstance(value, str):
        return None
    return value if value in KINDS else _NAMES.get(_BETWEEN.sub("", value.casefold()))


def is_retweet(text: object) -> bool:
    """Tell whether a text begins as Twitter writes someone else's: ``RT @name: …``."""
    return isinstance(text, str) and text.startswith("RT @") and bool(_RETWEET.match(text))


def kind_of_parent(where: str) -> str | None:
    """Tell what a post is that has a parent, by the name of the parent's column."""
    name = _BETWEEN.sub("", where.casefold())
    for part, kind in (("reply", "reply"), ("replied", "reply"), ("quote", "quote")):
        if part in name:
            return kind
    return "repost" if "retweet" in name or "repost" in name else None
