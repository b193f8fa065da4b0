"""The ``media`` column: the repr of a list of photos, videos and GIFs, as the challenge has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("none", "photo", "photos", "video", "gif")
"""What a post may carry, as the planted effects name it."""

_VIDEO_HOST = "https://video.invalid/amplify"
_SHAPES = (("320x180", 288000), ("640x360", 832000), ("1280x720", 2176000))


@dataclass(frozen=True, slots=True)
class Attachment:
    """The media of one post: addresses of its pictures, and a video's length in seconds."""

    kind: str
    urls: tuple[str, ...]
    token: str
    duration: float

    def field(self, views: int) -> str:
        """Write the column's text, empty for a post without media."""
        if self.kind == "none":
            return ""
        if self.kind in ("photo", "photos"):
            return _listed([f"Photo(previewUrl={u!r}, fullUrl={u!r})" for u in self.urls])
        thumbnail = f"thumbnailUrl={self.urls[0]!r}"
        if self.kind == "gif":
            url = f"{_VIDEO_HOST}/gif/{self.token}.mp4"
            return _listed([f"Gif({thumbnail}, variants=[{_variant('video/mp4', url, 0)}])"])
        variants = [
            _variant("video/mp4", f"{_VIDEO_HOST}/{self.token}/vid/{shape}.mp4?tag=14", bitrate)
            for shape, bitrate in _SHAPES
        ]
        playlist = f"{_VIDEO_HOST}/{self.token}/pl/list.m3u8?tag=14"
        variants.insert(1, _variant("application/x-mpegURL", playlist, None))
        inside = f"{thumbnail}, variants={_listed(variants)}"
        return _listed([f"Video({inside}, duration={self.duration}, views={views})"])


def _variant(content_type: str, url: str, bitrate: int | None) -> str:
    return f"VideoVariant(contentType={content_type!r}, url={url!r}, bitrate={bitrate})"


def _listed(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"
