"""Posts that platforms write as HTML, as text."""

import re

_BREAK = re.compile(r"<br\s*/?>|</(?:div|li|blockquote)>", re.IGNORECASE)
_PARAGRAPH = re.compile(r"</p>\s*(?=<p)", re.IGNORECASE)
# An emoji of Weibo's own: its name is in the picture.
_NAMED_PICTURE = re.compile(r"<img\b[^>]*\balt=\"?(\[[^\]\"]*\])[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def text_of(markup: str) -> str:
    """Remove tags, and keep paragraphs and line breaks; entities are left for later."""
    if "<" not in markup:
        return markup
    text = _PARAGRAPH.sub("</p>\n\n", markup)
    text = _NAMED_PICTURE.sub(r"\1", text)
    return _TAG.sub("", _BREAK.sub("\n", text)).strip()


def titled(title: object, text: object) -> str | None:
    """Put a title above a text, unless the text begins with it."""
    above = title.strip() if isinstance(title, str) else ""
    below = text.strip() if isinstance(text, str) else ""
    if not above or below.startswith(above):
        return below or None
    return f"{above}\n\n{below}" if below else above
