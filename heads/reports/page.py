"""A report as one HTML page that needs no other file, and that prints well.

Whatever users wrote is escaped; charts and pictures are embedded as images, so that nothing in
them is run; the page has no script and may load nothing.
"""

from html import escape

from embedstore.errors import MediaError
from embedstore.images.thumbnail import thumbnail
from embedstore.storage.layout import image_file
from embedstore.store import Store
from heads.reports import charts, wording
from heads.reports.data import Report, Subject
from heads.reports.markup import SHORT, Picture, bullets, card, figure, more, page, table
from heads.stores import StoreLike, as_store

PIXELS = 260
"""Longer side of a post's picture."""


def report_page(report: Report, store: StoreLike) -> str:
    """Write a report as an HTML page.

    Parameters
    ----------
    report : Report
        The report.
    store : Store or path
        Where its pictures are.

    Raises
    ------
    InputError
        The extra `report` is not installed.
    """
    picture = _pictures(as_store(store))
    title = f"What works: {report.title}"
    made = f"{report.store}, made {report.made_at:%Y-%m-%d}, hours in {report.timezone}"
    parts = [
        f"<h1>{escape(title)}</h1><p class=soft>{escape(made)}</p>",
        *_opening(report),
        _levels(report),
    ]
    if len(report.subjects) > 1:
        parts.append(_beside(report))
    for subject in report.subjects:
        parts += _subject(report, subject, picture)
    return page(title, "\n".join(part for part in parts if part))


def _pictures(store: Store) -> Picture:
    def find(digest: str) -> str | None:
        try:
            return thumbnail(image_file(store.path, digest), PIXELS)
        except (MediaError, OSError):
            return None

    return find


def _opening(report: Report) -> list[str]:
    """In short: what the whole comes to."""
    if len(report.subjects) == 1:
        return [f'<div class="short">{bullets(wording.summary(report.subjects[0]))}</div>']
    lines = [wording.level_sentence(subject) for subject in report.subjects]
    return [f'<div class="short">{bullets(lines)}</div>']


def _levels(report: Report) -> str:
    if not report.levels:
        return ""
    rows = [
        (one.account, _role(one.role), f"{one.posts:,}", wording.likes(one.levels[-1]))
        for one in report.levels
    ]
    numbers = table(("account", "", "posts", "likes of a usual post, lately"), rows, right={2, 3})
    few = [
        f" {subject.name} has too few posts for a line."
        for subject in report.subjects
        if not any(one.role == "asked" and one.account in subject.accounts for one in report.levels)
    ]
    return (
        "<h2>Level over time</h2>"
        + figure(
            charts.levels(report.levels),
            "Lines over time of the likes that a usual post of each account got",
            "Likes that a usual post got, averaged over the posts around each day. Thick: what the"
            " report is about; dashed: other accounts of the company; dotted: accounts elsewhere"
            f" that write alike and get about as many likes.{''.join(few)}",
        )
        + more("The numbers", numbers)
    )


def _role(role: str) -> str:
    return {"asked": "", "company": "same company", "similar": "similar"}[role]


def _beside(report: Report) -> str:
    """Effects of several accounts side by side; only those that may be told of one of them."""
    kinds: dict[tuple[str, str], list[str]] = {}
    effects = [
        (place, part, one)
        for place, subject in enumerate(report.subjects)
        for part in subject.answers
        for one in part.effects
    ]
    some = {(part.question, one.kind) for _, part, one in effects if one.told}
    for place, part, one in effects:
        if (part.question, one.kind) in some:
            cells = kinds.setdefault((part.question, one.kind), ["–"] * len(report.subjects))
            cells[place] = wording.interval(one) if one.told else "–"
    if not kinds:
        return ""
    rows = [
        (wording.kind_in_words(question, kind), *cells) for (question, kind), cells in kinds.items()
    ]
    names = tuple(subject.name for subject in report.subjects)
    return (
        "<h2>Side by side</h2><p>Multiples of each account’s own usual, with 95% intervals; a dash"
        " where the difference can’t be told from chance.</p>"
        + table(("", *names), rows, right=set(range(1, len(names) + 1)))
    )


def _subject(report: Report, subject: Subject, picture: Picture) -> list[str]:
    several = len(report.subjects) > 1
    heading = f"<h2>{escape(subject.name)}</h2>" if several else ""
    level = "h3" if several else "h2"
    return [
        heading,
        bullets(wording.summary(subject)[1:]) if several else "",
        _effects(subject, level, first=subject is report.subjects[0]),
        _week(subject, level),
        _times(subject, level),
        _shares(subject, level),
        _surprises(subject, level, picture),
        _repeats(subject, level),
        _latest(subject, level),
        f"<{level}>The data</{level}>",
        bullets([*wording.quality_sentences(subject.quality, subject.name), *subject.notes]),
    ]


def _effects(subject: Subject, level: str, *, first: bool) -> str:
    if not subject.answers:
        return ""
    told = wording.told(subject)
    parts = [f"<{level}>What goes with likes</{level}>"]
    if first:
        parts.append(f"<p>{escape(wording.ASSOCIATION)}</p>")
    if told:
        parts.append(
            figure(
                charts.effects(subject),
                "Multiples of the usual likes with intervals, one line a kind of posts: "
                + "; ".join(f"{one.kind} {wording.interval(one)}" for _, one in told),
                wording.CAUTION,
            )
        )
        parts.append(bullets([wording.sentence(part.question, one) for part, one in told]))
    else:
        parts.append(
            f"<p>None of the {subject.asked} differences that were looked at stands out of"
            " chance.</p>"
        )
    everyone = wording.told_of_everyone(subject)
    if everyone:
        parts.append(
            "<p>Of the account itself the following can’t be told, but on average over all"
            f" accounts of the store:</p>{bullets(everyone)}"
        )
    unanswered = wording.unanswered(subject)
    if unanswered:
        parts.append(more("What can’t be told, and why", bullets(unanswered)))
    return "".join(parts)


def _week(subject: Subject, level: str) -> str:
    if not any(cell.told for cell in subject.week):
        return ""
    return f"<{level}>Hours of the week, from past posts</{level}>" + figure(
        charts.week(subject.week),
        "Grid of hours and days with the multiple of the usual likes where it can be told",
        f"{sum(cell.told for cell in subject.week)} of 168 hours of the week stand out of chance;"
        " each number is a multiple of the usual, the darker the better. A dot: can’t be told."
        " Hours learn from the hours beside them, from other days and from other accounts.",
    )


def _times(subject: Subject, level: str) -> str:
    if not subject.times:
        return ""
    rows = [
        (
            wording.moment(one),
            wording.times(one.multiple),
            f"{wording.likes(one.likes)} ({wording.likes(one.low)} to {wording.likes(one.high)})",
            "" if one.chance is None else f"{one.chance:.0%}",
        )
        for one in subject.times[:5]
    ]
    names = (
        "hour",
        "times the middle hour",
        "likes of one post, 90% interval",
        "chance of more",
    )
    if not wording.hour_matters(subject.times):
        rows = []
    return (
        f"<{level}>Best hours, by the head</{level}>"
        f"<p>{escape(wording.best_time_sentence(subject))}</p>"
        + figure(
            charts.best_times(subject.times),
            "Grid of hours and days with the likes that the head expects against the middle hour",
            "What the head expects of the same post, the account’s most typical one, at each of the"
            " 168 hours after its last post, as a multiple of the middle hour.",
        )
        + (table(names, rows, right={1, 2, 3}) if rows else "")
    )


def _shares(subject: Subject, level: str) -> str:
    if not subject.shares:
        return ""
    rows = [
        (
            wording.SHARE_NAMES[one.name],
            _percents(one.everyone, one.everyone_low, one.everyone_high),
            _percents(one.own, one.own_low, one.own_high),
        )
        for one in subject.shares
    ]
    return (
        f"<{level}>What explains how likes differ</{level}>"
        f"<p>{escape(wording.shares_sentence(subject.shares))}</p>"
        + figure(
            charts.shares(subject.shares, subject.name),
            "Bars of the share of the variance that goes with account, time, form, topic, picture",
            "Share of the variance of log likes, measured on months that were not learned from,"
            " with 95% intervals. Of the account’s own posts the first bar is how its level moved.",
        )
        + more("The numbers", table(("", "all accounts", subject.name), rows, right={1, 2}))
    )


def _percents(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return ""
    least, share, most = map(wording.percent, (low, value, high))
    return share if least == most else f"{share} ({least} to {most})"


def _surprises(subject: Subject, level: str, picture: Picture) -> str:
    if not subject.answers:
        return ""
    parts = []
    for title, lines, none in (
        ("Far better than expected", subject.better, "better"),
        ("Far worse than expected", subject.worse, "worse"),
    ):
        parts.append(f"<{level}>{title}</{level}>")
        if lines:
            cards = "".join(card(line, picture) for line in lines)
            parts.append(f'<div class="posts">{cards}</div>')
        else:
            parts.append(f"<p>No post did {none} than chance and the account’s level allow.</p>")
    return "".join(parts)


def _repeats(subject: Subject, level: str) -> str:
    found = subject.repeats
    parts = [f"<{level}>Said again</{level}><p>{escape(wording.repeats_sentence(found))}</p>"]
    if found.examples:
        rows = [
            (
                wording.shortened(later.text, SHORT),
                f"{first.created_at:%Y-%m-%d}: {wording.likes(first.likes)}",
                f"{later.created_at:%Y-%m-%d}: {wording.likes(later.likes)}",
            )
            for first, later in found.examples
        ]
        parts.append(table(("post", "first, likes", "again, likes"), rows, right={1, 2}))
    return "".join(parts)


def _latest(subject: Subject, level: str) -> str:
    if not subject.latest:
        return ""
    rows = [
        (
            f"{line.created_at:%Y-%m-%d %H:%M}",
            wording.shortened(line.text, SHORT),
            wording.expected(line),
            wording.likes(line.likes),
        )
        for line in subject.latest
    ]
    learned = any(line.learned for line in subject.latest)
    caption = (
        "What the head expects of the last posts from what was known before each, and what they"
        " got."
    )
    if learned:
        caption += " It has learned from some of these very posts."
    names = ("posted (UTC)", "post", "expected, 90% interval", "likes")
    return (
        f"<{level}>The last posts</{level}>"
        + figure(
            charts.expectations(subject.latest),
            "Expected likes with intervals of the last posts, and what they got",
            caption,
        )
        + table(names, rows, right={0, 2, 3})
    )
