"""Similar posts as one self-contained page: pictures, texts, likes and scores."""

import base64
import io
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedstore.errors import MediaError
from embedstore.images.decode import open_image
from embedstore.storage.layout import image_file
from embedstore.store import Store

PIXELS = 480
"""Longer side of a picture in the page."""

_PICTURES = """
SELECT m.post_id, m.position, c.sha256
FROM media m JOIN contents c ON c.content_id = m.content_id AND c.kind = 'image'
WHERE list_contains(?, m.post_id)
ORDER BY m.post_id, m.position
"""

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #1d2433; background: #f6f7f9; }
h1 { font-size: 1.15rem; font-weight: 600; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem; }
article { background: #fff; border: 1px solid #dfe3ea; border-radius: 10px; overflow: hidden;
  display: flex; flex-direction: column; }
img, .none { width: 100%; height: 12rem; object-fit: cover; background: #eceff3; }
.none { display: grid; place-items: center; color: #8a93a3; }
div.body { padding: .8rem 1rem; display: flex; flex-direction: column; gap: .4rem; flex: 1; }
p { margin: 0; white-space: pre-line; overflow-wrap: anywhere; display: -webkit-box;
  -webkit-box-orient: vertical; -webkit-line-clamp: 9; overflow: hidden; }
footer { margin-top: auto; padding-top: .4rem; color: #5b6575; font-size: .85rem;
  display: flex; justify-content: space-between; }
b { font-weight: 600; }
"""


def similar_page(store: Store, rows: pa.Table, title: str) -> str:
    """Rows of `Store.similar` as an HTML page that needs no other file.

    Pictures are made small and set into the page; whatever users wrote is escaped, and
    the page runs no script.

    Parameters
    ----------
    store : Store
        Where the rows come from.
    rows : pyarrow.Table
        Result of `Store.similar`.
    title : str
        What was looked for.
    """
    posts = rows.to_pylist()
    pictures = _pictures(store, [post["post_id"] for post in posts])
    articles = "\n".join(_article(post, _best(post, pictures), store.path) for post in posts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n<main>\n{articles}\n</main></body></html>\n"
    )


def _pictures(store: Store, post_ids: list[int]) -> dict[int, dict[int, str]]:
    """The sha256 of each post's pictures by position."""
    found: dict[int, dict[int, str]] = {}
    with store.connection() as connection:
        for post_id, position, digest in connection.execute(_PICTURES, [post_ids]).fetchall():
            found.setdefault(post_id, {})[position] = digest
    return found


def _best(post: dict[str, Any], pictures: dict[int, dict[int, str]]) -> str | None:
    """The picture a post was found by, or else its first one."""
    own = pictures.get(post["post_id"], {})
    return own.get(post.get("position", -1)) or next(iter(own.values()), None)


def _article(post: dict[str, Any], digest: str | None, path: Path) -> str:
    created = post["created_at"]
    when = created.strftime("%Y-%m-%d") if isinstance(created, datetime) else ""
    likes = "" if post["likes"] is None else f"♥ {post['likes']:,}"
    return (
        f"<article>{_image(path, digest)}<div class=body>"
        f"<div><b>{escape(post['username'] or '')}</b> {escape(post['company'] or '')}</div>"
        f"<p>{escape(post['text'] or '')}</p>"
        f"<footer><span>{when}</span><span>{likes}</span>"
        f"<span>{post['score']:.3f}</span></footer></div></article>"
    )


def _image(path: Path, digest: str | None) -> str:
    if digest is None:
        return '<div class="none">no picture</div>'
    try:
        image = open_image(image_file(path, digest), target=PIXELS)
    except (MediaError, OSError) as error:
        return f'<div class="none">{escape(str(error))}</div>'
    image.thumbnail((PIXELS, PIXELS))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    data = base64.b64encode(out.getvalue()).decode()
    return f'<img alt="" src="data:image/jpeg;base64,{data}">'
