"""What the address of a post tells: its platform, its id and its account."""

import re
from typing import NamedTuple


class Link(NamedTuple):
    """A post's address, taken apart; None of what it doesn't tell."""

    platform: str
    id: str | None
    username: str | None


# Platform -> names that files give it, folded to small letters.
_NAMES = {
    "x": "x twitter x.com twitter.com x(twitter) tw",
    "instagram": "instagram ig insta instagram.com instagrambusiness instagramprofile",
    "facebook": "facebook fb facebookpage facebook.com facebookgroup fbpage",
    "linkedin": "linkedin li linkedincompany linkedinpage linkedin.com linkedincompanypage",
    "tiktok": "tiktok tiktok.com tiktokbusiness",
    "youtube": "youtube yt youtube.com",
    "bluesky": "bluesky bsky bsky.app",
    "mastodon": "mastodon",
    "reddit": "reddit reddit.com",
    "weibo": "weibo weibo.com sinaweibo 微博",
    "threads": "threads threads.net",
    "pinterest": "pinterest pin pinterest.com",
    "googlebusiness": "googlemybusiness googlebusiness googlebusinessprofile gmb",
}
_PLATFORMS = {name: platform for platform, names in _NAMES.items() for name in names.split()}

_FORMS = (
    ("x", r"(?:twitter|x)\.com/(?:i/web|i|@?(?P<user>\w{1,30}))/status(?:es)?/(?P<id>\d+)"),
    ("instagram", r"instagram\.com/(?:(?P<user>[\w.]+)/)?(?:p|reels?|tv)/(?P<id>[\w-]+)"),
    ("instagram", r"instagram\.com/stories/(?P<user>[\w.]+)/(?P<id>\d+)"),
    ("tiktok", r"tiktok\.com/@(?P<user>[\w.-]+)/(?:video|photo)/(?P<id>\d+)"),
    ("tiktok", r"tiktokv\.com/share/video/(?P<id>\d+)"),
    (
        "youtube",
        r"(?:youtube\.com/(?:watch\?(?:.*&)?v=|shorts/|live/|embed/)|youtu\.be/)(?P<id>[\w-]{11})",
    ),
    ("bluesky", r"bsky\.app/profile/(?P<user>[\w.:-]+)/post/(?P<id>\w+)"),
    ("reddit", r"reddit\.com/r/\w+/comments/\w+/[^/]*/(?P<id>\w+)"),
    ("reddit", r"reddit\.com/r/\w+/comments/(?P<id>\w+)"),
    ("weibo", r"weibo\.(?:com|cn)/(?:detail/|status/|\d+/)(?P<id>\w+)"),
    ("linkedin", r"linkedin\.com/.*?(?:activity|share|ugcPost)(?::|%3A|-)(?P<id>\d{15,})"),
    ("threads", r"threads\.(?:net|com)/@(?P<user>[\w.]+)/post/(?P<id>[\w-]+)"),
    (
        "facebook",
        r"facebook\.com/(?:(?P<user>[\w.-]+)/)?(?:posts|videos|photos|reels?)/(?:[\w.%-]+/)*?(?P<id>pfbid\w+|\d+)(?=[/?#]|$)",
    ),
    (
        "facebook",
        r"facebook\.com/(?:photo|permalink|story|watch)(?:\.php)?/?\?(?:.*&)?(?:story_fbid|fbid|v)=(?P<id>pfbid\w+|\d+)",
    ),
    ("mastodon", r"/@(?P<user>[\w.]+)(?:@[\w.-]+)?/(?P<id>\d{15,})$"),
)
_LINKS = [(platform, re.compile(form, re.IGNORECASE)) for platform, form in _FORMS]
# facebook.com/profile.php and the like are no accounts.
_NO_ACCOUNTS = frozenset({"i", "photo", "watch", "permalink.php", "groups", "profile.php"})
_HOSTS = {
    "x": r"(?:^|[./])(?:twitter|x)\.com/",
    "instagram": r"instagram\.com/",
    "facebook": r"(?:facebook\.com|fb\.watch|fb\.com)/",
    "linkedin": r"linkedin\.com/",
    "tiktok": r"tiktok\.com/",
    "youtube": r"(?:youtube\.com|youtu\.be)/",
    "bluesky": r"bsky\.app/",
    "reddit": r"reddit\.com/|redd\.it/",
    "weibo": r"weibo\.(?:com|cn)/",
    "threads": r"threads\.(?:net|com)/",
    "pinterest": r"pinterest\.\w+/",
}
_KNOWN_HOSTS = [(platform, re.compile(host, re.IGNORECASE)) for platform, host in _HOSTS.items()]


def to_platform(value: object) -> str | None:
    """Read the name of a platform: ``x`` of ``Twitter``; an unknown one as it is, folded."""
    if not isinstance(value, str) or not value.strip():
        return None
    name = value.strip().casefold()
    return _PLATFORMS.get(re.sub(r"[\s_-]+", "", name), name)


def is_known_platform(value: object) -> bool:
    """Tell whether a value is the name of a platform."""
    return isinstance(value, str) and to_platform(value) in _NAMES


def read_link(address: object) -> Link | None:
    """Take the address of a post apart; None of one that is of no known platform."""
    if not isinstance(address, str):
        return None
    if address.startswith("at://"):
        author, _, rest = address[5:].partition("/")
        collection, _, key = rest.partition("/")
        if collection == "app.bsky.feed.post" and key:
            return Link("bluesky", key, author or None)
        return None
    for platform, form in _LINKS:
        if found := form.search(address):
            parts = found.groupdict()
            user = parts.get("user")
            return Link(platform, parts.get("id"), None if user in _NO_ACCOUNTS else user)
    for platform, host in _KNOWN_HOSTS:
        if host.search(address):
            return Link(platform, None, None)
    return None
