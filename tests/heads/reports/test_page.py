"""The page of a report: whole, harmless, and the same words in Markdown."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from embedstore.errors import InputError
from heads.reports import pdf
from heads.reports.charts import best_times
from heads.reports.data import Effect, PostLine, Report, Subject
from heads.reports.markdown import plain, report_markdown
from heads.reports.page import report_page
from heads.reports.pdf import print_page
from heads.reports.wording import sentence, summary, times

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> [x](javascript:alert(3)) | * `"


def _hostile(made: Report) -> Report:
    [subject] = made.subjects
    line = replace(
        subject.latest[0], text=HOSTILE, permalink="javascript:alert(4)", multiple=9.0, expected=1.0
    )
    return replace(
        made,
        title=HOSTILE,
        levels=tuple(replace(one, account=HOSTILE) for one in made.levels),
        subjects=(
            replace(subject, name=HOSTILE, accounts=(HOSTILE,), better=(line,), latest=(line,)),
        ),
    )


def _brief(subject: Subject) -> Subject:
    """Leave out what takes long to draw."""
    return replace(subject, week=(), shares=(), times=(), latest=())


@pytest.fixture(scope="module")
def page(made: Report, store_path: Path) -> str:
    return report_page(_hostile(made), store_path)


def test_nothing_that_users_wrote_is_run_or_loaded(page: str) -> None:
    assert "<script" not in page
    assert "onerror=alert" not in re.sub(r"&lt;[^<]*|alt=\"[^\"]*\"", "", page)
    assert "href=" not in page
    assert "default-src 'none'" in page
    for address in re.findall(r'src="([^"]*)"', page):
        assert address.startswith("data:image/")


def test_every_picture_of_the_page_has_words_and_every_chart_a_caption(page: str) -> None:
    images = re.findall(r"<img ([^>]*)>", page)
    assert len(images) >= 4
    assert all(re.match(r'alt="[^"]{10,}" src="data:', image) for image in images)
    assert page.count("<figure>") == page.count("<figcaption>") == len(images)


def test_charts_are_vector_pictures_with_hostile_names_escaped(page: str) -> None:
    drawn = [
        base64.b64decode(data).decode()
        for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)
    ]
    assert all(one.startswith("<svg") for one in drawn)
    assert not any("<script" in one or "<img" in one for one in drawn)
    assert any("&lt;script" in one for one in drawn)


def test_several_accounts_stand_side_by_side(made: Report, store_path: Path) -> None:
    [subject] = made.subjects
    effect = Effect("a video", 1.5, 1.2, 1.9, 40, 300, True, "")
    media = next(part for part in subject.answers if part.question == "media")
    answers = tuple(
        replace(part, effects=(effect,)) if part is media else replace(part, effects=())
        for part in subject.answers
    )
    first = replace(_brief(subject), name="first", answers=answers)
    second = replace(_brief(subject), name="second", answers=())
    page = report_page(replace(made, subjects=(first, second)), store_path)
    row = page.partition("Side by side")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r'data-name="(.*?)">(.*?)<', row) == [
        ("", "Posts with a video"), ("first", "1.50 (1.20 to 1.90)"), ("second", "–")
    ]  # fmt: skip
    assert page.count("They are associations") == 1


def test_markdown_holds_the_same_words_and_escapes_the_users(made: Report) -> None:
    text = report_markdown(_hostile(made))
    assert "<script" not in text.replace("\\<script", "")
    assert "](javascript" not in text.replace("\\](", "")
    assert "### What goes with likes" in text
    for line in summary(made.subjects[0])[:1]:
        assert plain(line.partition(" lately")[2]) in text


def test_effects_are_said_as_multiples_with_where_they_come_from() -> None:
    effect = Effect("a video", 1.154, 1.02, 1.31, 12, 300, True, "")
    assert sentence("media", effect) == (
        "Posts with a video got 1.15 (1.02 to 1.31) times the usual, from 12 posts of its own and"
        " 300 of all accounts."
    )
    assert "it has no such post" in sentence("media", replace(effect, own=0))
    assert [times(value) for value in (0.5, 1.0, 9.99, 12.3, 4000.0)] == [
        "0.50", "1.00", "9.99", "12", "4,000",
    ]  # fmt: skip


def test_without_a_browser_the_pdf_says_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    with pytest.raises(InputError, match="PDF needs Chromium or Chrome"):
        print_page("<p>a</p>", tmp_path / "a.pdf")


def test_without_the_extra_the_charts_name_it(
    made: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    with pytest.raises(InputError, match=r"embedstore\[report\]"):
        best_times(made.subjects[0].times)


def test_a_post_links_to_its_address_only_where_it_is_one_of_the_web(
    made: Report, store_path: Path
) -> None:
    [subject] = made.subjects
    line: PostLine = replace(
        subject.latest[0], permalink='https://x.com/a"b', multiple=3.0, expected=1.0
    )
    brief = replace(_brief(subject), better=(line,))
    page = report_page(replace(made, subjects=(brief,), levels=()), store_path)
    assert 'href="https://x.com/a&quot;b" rel="noreferrer noopener nofollow"' in page
