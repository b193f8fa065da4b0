"""Similar posts as one self-contained page: pictures, texts, likes and scores."""

import re
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedstore.errors import MediaError
from embedstore.images.thumbnail import thumbnail
from embedstore.storage.layout import image_file
from embedstore.store import Store

PIXELS = 480
"""Longer side of a picture in the page."""

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")

_PICTURES = """
SELECT m.post_id, m.position, c.sha256
FROM media m JOIN contents c ON c.content_id = m.content_id AND c.kind = 'image'
WHERE list_contains(?, m.post_id)
ORDER BY m.post_id, m.position
"""

_ADDRESSES = """
WITH every_post AS (
    -- A store of an earlier version that no build has migrated yet lacks the column.
    FROM posts UNION ALL BY NAME SELECT NULL::VARCHAR AS permalink WHERE false
)
SELECT post_id, permalink FROM every_post
WHERE list_contains(?, post_id) AND regexp_matches(permalink, '^https?://')
"""

_SHORT = 400
"""Characters of a post's text that are shown at once; the rest unfolds."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6575; --page: #f6f7f9;
  --card: #fff; --line: #dfe3ea; --mat: #eceff3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa4b5; --page: #14171d;
  --card: #1c2028; --line: #303642; --mat: #272c36; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: var(--ink); background: var(--page); }
h1 { font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
main { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; display: flex; flex-direction: column; }
img, .none { width: 100%; height: 14rem; object-fit: contain; background: var(--mat); }
.none { display: grid; place-items: center; color: var(--soft); }
div.body { padding: .8rem 1rem; display: flex; flex-direction: column; gap: .4rem; flex: 1; }
p, summary { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
summary { cursor: pointer; list-style: none; }
summary::after { content: " … more"; color: var(--soft); }
details[open] summary { display: none; }
a { color: inherit; }
footer { margin-top: auto; padding-top: .4rem; color: var(--soft); font-size: .85rem;
  display: flex; flex-wrap: wrap; gap: 0 0.6rem; justify-content: space-between; }
b { font-weight: 600; }
@media print { body { margin: 0; max-width: none; } article { break-inside: avoid; } }
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
    best = [_best(post, pictures) for post in posts]
    # Where no post has a picture, no card keeps a place for one.
    figures = [
        _figure(store.path, post, digest) if any(best) else ""
        for post, digest in zip(posts, best, strict=True)
    ]
    with store.connection() as connection:
        ids = [post["post_id"] for post in posts]
        addresses = dict(connection.execute(_ADDRESSES, [ids]).fetchall())
    articles = "\n".join(
        _article(post, figure, addresses.get(post["post_id"]))
        for post, figure in zip(posts, figures, strict=True)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><header><h1>{escape(title)}</h1></header>\n<main>\n{articles}\n</main></body></html>\n"
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


def _article(post: dict[str, Any], figure: str, address: str | None) -> str:
    created = post["created_at"]
    when = created.strftime("%Y-%m-%d") if isinstance(created, datetime) else ""
    if address:
        when = _link(address, when or "post")
    likes = "" if post["likes"] is None else f"♥ {post['likes']:,}"
    return (
        f"<article>{figure}<div class=body>"
        f"<div><b>{escape(post['username'] or '')}</b> {escape(post['company'] or '')}</div>"
        f"{_text(post['text'] or '')}"
        f"<footer><span>{when}</span><span>{likes}</span>"
        f"<span>similarity {post['score']:.3f}</span></footer></div></article>"
    )


def _text(text: str) -> str:
    """A post's text with its links; the rest of a long one unfolds."""
    whole = f"<p>{_linked(text)}</p>"
    if len(text) <= _SHORT:
        return whole
    return f"<details><summary>{escape(text[:_SHORT])}</summary>{whole}</details>"


def _linked(text: str) -> str:
    """Escaped text; addresses of the web, and nothing else, become links."""
    pieces, at = [], 0
    for found in _ADDRESS.finditer(text):
        pieces += [escape(text[at : found.start()]), _link(found[0], found[0])]
        at = found.end()
    return "".join([*pieces, escape(text[at:])])


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}" rel="noreferrer noopener nofollow">{escape(words)}</a>'


def _figure(path: Path, post: dict[str, Any], digest: str | None) -> str:
    if digest is None:
        return '<div class="none">no picture</div>'
    try:
        address = thumbnail(image_file(path, digest), PIXELS)
    except (MediaError, OSError) as error:
        return f'<div class="none">{escape(str(error))}</div>'
    said = escape((post["text"] or "")[:120])
    return f'<img alt="picture of the post: {said}" src="{address}">'
