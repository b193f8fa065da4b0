"""A report in Markdown: all of its words and numbers, without charts and pictures."""

import re

from heads.reports import wording
from heads.reports.data import PostLine, Report, Subject

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")


def report_markdown(report: Report) -> str:
    """Write a report in Markdown; whatever users wrote is escaped.

    Parameters
    ----------
    report : Report
        The report.
    """
    lines = [
        f"# What works: {plain(report.title)}",
        "",
        f"{plain(report.store)}, made {report.made_at:%Y-%m-%d}, hours in {plain(report.timezone)}",
        "",
        "## Level over time",
        "",
        "| account | | posts | likes of a usual post, lately |",
        "|---|---|---|---|",
    ]
    for one in report.levels:
        role = {"asked": "", "company": "same company", "similar": "similar"}[one.role]
        lines.append(
            f"| {plain(one.account)} | {role} | {one.posts:,} | {wording.likes(one.levels[-1])} |"
        )
    for place, subject in enumerate(report.subjects):
        lines += ["", f"## {plain(subject.name)}", "", *_items(wording.summary(subject))]
        lines += _subject(subject, first=place == 0)
    return "\n".join([*lines, ""])


def plain(text: str) -> str:
    """Escape what Markdown or HTML would take for marks, in one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;")


def _items(sentences: list[str]) -> list[str]:
    return [f"- {plain(sentence)}" for sentence in sentences]


def _subject(subject: Subject, *, first: bool) -> list[str]:
    lines: list[str] = []
    if subject.answers:
        lines += ["", "### What goes with likes", ""]
        lines += [plain(wording.ASSOCIATION), ""] * first
        lines += [
            plain(wording.CAUTION),
            "",
            "| posts | times the usual | own | all |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {plain(wording.kind_in_words(part.question, one.kind))} | {wording.interval(one)} |"
            f" {one.own:,} | {one.all:,} |"
            for part, one in wording.told(subject)
        ]
        lines += ["", *_items(wording.told_of_everyone(subject)), ""]
        lines += _items(wording.unanswered(subject))
    if subject.times:
        lines += [
            "",
            "### Best hours, by the head",
            "",
            "| hour | times the middle hour | likes |",
            "|---|---|---|",
        ]
        lines += [
            f"| {wording.moment(one)} | {wording.times(one.multiple)} | {wording.likes(one.likes)}"
            f" ({wording.likes(one.low)} to {wording.likes(one.high)}) |"
            for one in subject.times[:5]
        ]
    if subject.shares:
        lines += [
            "",
            "### What explains how likes differ",
            "",
            "| | all accounts | its own posts |",
            "|---|---|---|",
        ]
        lines += [
            f"| {wording.SHARE_NAMES[one.name]} | {wording.percent(one.everyone)} |"
            f" {'' if one.own is None else wording.percent(one.own)} |"
            for one in subject.shares
        ]
    if subject.answers:
        for title, posts in (("better", subject.better), ("worse", subject.worse)):
            lines += ["", f"### Far {title} than expected", "", *(_posts(posts) or ["None."])]
    lines += ["", "### Said again", "", plain(wording.repeats_sentence(subject.repeats))]
    if subject.latest:
        lines += ["", "### The last posts", "", "| post | expected | likes |", "|---|---|---|"]
        lines += [
            f"| {line.created_at:%Y-%m-%d %H:%M} {plain(line.text)} | {wording.expected(line)} |"
            f" {wording.likes(line.likes)} |"
            for line in subject.latest
        ]
    lines += ["", "### The data", ""]
    return lines + _items(
        [*wording.quality_sentences(subject.quality, subject.name), *subject.notes]
    )


def _posts(posts: tuple[PostLine, ...]) -> list[str]:
    return [
        f"- {wording.times(line.multiple or 0)} times ({line.created_at:%Y-%m-%d}, likes"
        f" {wording.likes(line.likes)}, expected {wording.likes(line.expected)}):"
        f" {plain(line.text)}"
        for line in posts
    ]
