"""The pieces that a report's page is made of, as HTML, and the page around them.

Whatever users wrote is escaped; the page has no script and may load nothing.
"""

from collections.abc import Callable, Sequence
from html import escape

from heads.reports import wording
from heads.reports.data import PostLine

SHORT = 220
"""Characters of a post's text that are shown at once."""

STYLE = """
:root { --ink: #1d2433; --soft: #5b6575; --line: #d5dae2; }
* { box-sizing: border-box; }
body { font: 16px/1.5 Georgia, "Times New Roman", serif; color: var(--ink); background: #fff;
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 58rem; }
h1, h2, h3, th, figcaption, .soft, nav, summary { font-family: Helvetica, Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .8rem;
  border-top: 2px solid var(--ink); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
p, li, td { overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .86rem; }
.short { border-left: 4px solid var(--ink); padding: .1rem 0 .1rem 1.1rem; margin: 1.4rem 0; }
.short li { margin: .35rem 0; }
ul { padding-left: 1.2rem; }
figure { margin: 1rem 0 1.2rem; break-inside: avoid; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { color: var(--soft); font-size: .86rem; margin-top: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0; }
th { text-align: left; font-size: .8rem; padding: .3rem .5rem;
  border-bottom: 1.5px solid var(--ink); }
td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; overflow-wrap: normal;
  font-variant-numeric: tabular-nums; }
tr { break-inside: avoid; }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--soft); font-size: .86rem; }
.posts { display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
article { border: 1px solid var(--line); padding: .7rem .8rem; break-inside: avoid;
  display: flex; flex-direction: column; gap: .4rem; font-size: .9rem; }
article img { width: 100%; height: 9rem; object-fit: contain; background: #f4f5f7; }
article p { margin: 0; white-space: pre-line; }
article strong { font-family: Helvetica, Arial, sans-serif; font-size: 1.05rem; }
article footer { margin-top: auto; }
a { color: inherit; }
@media screen and (max-width: 44rem) {
  body { padding: 1rem; }
  /* Charts keep a size that can be read: they are moved with a finger. */
  figure { overflow-x: auto; } figure img { max-width: none; width: 44rem; }
  figcaption { position: sticky; left: 0; }
  table, thead, tbody, tr, td { display: block; width: auto; } thead { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td, td.n { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  td[data-name]:not([data-name=""])::before { content: attr(data-name) ": "; color: var(--soft); }
}
@media print {
  body { font-size: 10.5pt; padding: 0; max-width: none; }
  h2 { break-after: avoid; } h3 { break-after: avoid; }
  details > summary, article details { display: none; }
  details::details-content { content-visibility: visible; }
  @page { margin: 16mm 15mm; }
}
"""

Picture = Callable[[str], str | None]
"""The address of a picture by its hash; None where it can't be shown."""


def page(title: str, inside: str) -> str:
    """Write the whole page; `inside` is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        f"{inside}\n</main></body></html>\n"
    )


def card(line: PostLine, picture: Picture) -> str:
    """A post with its picture, what it got and what was expected."""
    address = None if line.picture is None else picture(line.picture)
    said = escape(" ".join(line.text.split())[:120], quote=True)
    image = f'<img alt="picture of the post: {said}" src="{address}">' if address else ""
    multiple = "" if line.multiple is None else f"{wording.times(line.multiple)} times"
    return (
        f"<article>{image}<strong>{multiple} what was expected</strong>{_text(line.text)}"
        f'<footer class="soft">{_day(line)} · likes: {wording.likes(line.likes)}, expected:'
        f" {wording.likes(line.expected)}</footer></article>"
    )


def _day(line: PostLine) -> str:
    """The day of a post, linked to the post where its address is one of the web."""
    day = f"{line.created_at:%Y-%m-%d}"
    address = line.permalink or ""
    if not address.startswith(("https://", "http://")):
        return day
    return f'<a href="{escape(address, quote=True)}" rel="noreferrer noopener nofollow">{day}</a>'


def _text(text: str) -> str:
    if len(text) <= SHORT:
        return f"<p>{escape(text)}</p>"
    return (
        f"<p>{escape(text[:SHORT])}…</p><details><summary>whole text</summary>"
        f"<p>{escape(text)}</p></details>"
    )


def figure(address: str, alt: str, caption: str) -> str:
    """A chart with what it shows in words, and its caption."""
    return (
        f'<figure><img alt="{escape(alt, quote=True)}" src="{address}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def bullets(lines: Sequence[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def more(summary: str, inside: str) -> str:
    """Something that is shown on demand, and in print; `inside` is HTML."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def table(names: Sequence[str], rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """A table of texts; the columns in `right` are numbers."""

    def kind(place: int) -> str:
        return " class=n" if place in right else ""

    head = "".join(f"<th{kind(place)}>{escape(name)}</th>" for place, name in enumerate(names))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{kind(place)} data-name="{escape(names[place], quote=True)}">{escape(cell)}</td>'
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
