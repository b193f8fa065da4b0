"""A report in words: multiples that a reader takes in at once, and where they hold."""

from math import log

from embedstore.errors import counted
from heads.reports.data import Answer, BestTime, Effect, PostLine, Quality, Repeats, Share, Subject
from heads.reports.factors import DAYS

FEW_OWN = 5
"""Posts of its own below which an effect is said to come from other accounts."""

MOST_SENTENCES = 6

HARDLY, EVEN = 1.05, 0.55
"""Multiple of the middle hour, and chance of doing better than there, below which the best hour is
no reason to wait."""

ASSOCIATION = (
    "These differences go with likes in past posts. They are associations: a post that is changed"
    " to match them may not do as they say, because what else differs between posts is only"
    " partly known."
)

CAUTION = (
    "Shown is only what stands out of chance among all that was asked (at most 5% of it is"
    " expected to be false, after Benjamini and Hochberg). Each number is a multiple of the"
    " account's own level at the time, with a 95% interval, drawn towards what the posts of all"
    " accounts say as far as its own are few."
)

_BEGINNING = {
    "hour": "Posts from {}",
    "weekday": "Posts on a {}",
    "length": "Texts of {}",
    "topic": "Posts on the topic “{}”",
    "repeat": "Repeats",
}

SHARE_NAMES = {
    "account": "the account and its level at the time",
    "time": "hour and weekday",
    "form": "form (media, length, marks)",
    "topic": "what the text is about",
    "picture": "what the picture shows",
    "rest": "nothing that was looked at",
}


def times(value: float) -> str:
    """Write a multiple: 0.85, 1.2, 14."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value - 1) < 9 else f"{value:.1f}"


def likes(value: float | None) -> str:
    """Write a count of likes."""
    if value is None:
        return "not known"
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def expected(line: PostLine) -> str:
    """Write what was expected of a post, with its interval."""
    return f"{likes(line.expected)} ({likes(line.low)} to {likes(line.high)})"


def percent(value: float) -> str:
    """Write a share, none below 0 or above all: measured on other posts, it may lie outside."""
    if value < 0.005:
        return "less than 1%"
    return f"{min(value, 1) * 100:.0f}%"


def shortened(text: str, most: int) -> str:
    """Write a text in one line, cut after so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def kind_in_words(question: str, kind: str) -> str:
    """Name the posts of a kind, as the beginning of a sentence."""
    return _BEGINNING.get(question, "Posts with {}").format(kind)


def interval(effect: Effect) -> str:
    """Write an effect with its interval: ``1.27 (1.08 to 1.50)``."""
    assert effect.multiple is not None
    assert effect.low is not None
    assert effect.high is not None
    return f"{times(effect.multiple)} ({times(effect.low)} to {times(effect.high)})"


def sentence(question: str, effect: Effect) -> str:
    """Say an effect in a sentence."""
    source = f"from {counted(effect.own, 'post')} of its own and {effect.all:,} of all accounts"
    if effect.own < FEW_OWN:
        own = counted(effect.own, "such post") if effect.own else "no such post"
        source = f"mostly from other accounts’ posts: it has {own}"
    return (
        f"{kind_in_words(question, effect.kind)} got {interval(effect)} times the usual, {source}."
    )


def told(subject: Subject) -> list[tuple[Answer, Effect]]:
    """List the effects that may be told, the largest first."""
    found = [(part, one) for part in subject.answers for one in part.effects if one.told]
    return sorted(found, key=lambda pair: -abs(log(pair[1].multiple or 1.0)))


def told_of_everyone(subject: Subject) -> list[str]:
    """Say what may be told of all accounts on average, but not of this one."""
    found = []
    for part in subject.answers:
        for one in part.effects:
            if one.everyone_told and one.everyone is not None and not one.told:
                value, low, high = one.everyone
                found.append(
                    f"{kind_in_words(part.question, one.kind)} got {times(value)} ({times(low)} to"
                    f" {times(high)}) times the usual on average over accounts, from {one.all:,}"
                    " posts."
                )
    return found


def summary(subject: Subject) -> list[str]:
    """Say in a few sentences what a report of an account comes to."""
    found = [level_sentence(subject)]
    effects = sorted(told(subject), key=lambda pair: pair[1].own < FEW_OWN)
    found += [sentence(part.question, one) for part, one in effects[:MOST_SENTENCES]]
    if not effects and subject.asked:
        found.append(
            f"None of the {subject.asked} differences that were looked at stands out of chance:"
            " from these posts nothing can be said about times, form or topics."
        )
    if subject.times:
        found.append(best_time_sentence(subject))
    return found


def level_sentence(subject: Subject) -> str:
    """Say how many likes a post usually gets, and how that moved."""
    who = subject.name if len(subject.accounts) == 1 else subject.accounts[0]
    said = f"A post of {who} lately got about {likes(subject.usual)} likes"
    if subject.trend is not None:
        said += f", {times(subject.trend)} times what it got a year before"
    return f"{said}; the report rests on {counted(subject.posts, 'post')}."


def moment(one: BestTime) -> str:
    """Write an hour of the week."""
    return f"{DAYS[one.weekday]} {one.hour:02d}:00"


def hour_matters(found: tuple[BestTime, ...]) -> bool:
    """Tell whether the best hour is a reason to wait for it."""
    best = found[0]
    return best.multiple >= HARDLY and (best.chance is None or best.chance >= EVEN)


def best_time_sentence(subject: Subject) -> str:
    """Say when the head would post, or that it hardly matters."""
    best, worst = subject.times[0], subject.times[-1]
    if not hour_matters(subject.times):
        return (
            f"The hour hardly matters to the head: the same post would get {times(worst.multiple)}"
            f" to {times(best.multiple)} times what it gets at the middle hour of the week."
        )
    sure = ""
    if best.chance is not None:
        sure = f"; the chance that it does better than at the middle hour is {best.chance:.0%}"
    return (
        f"The head expects most of the same post on {moment(best)}: {times(best.multiple)} times"
        f" the middle hour of the week, against {times(worst.multiple)} on {moment(worst)}{sure}."
    )


def shares_sentence(shares: tuple[Share, ...]) -> str:
    """Say what explains most."""
    by_name = {share.name: share for share in shares}
    account, rest = by_name["account"], by_name["rest"]
    middle = 1 - account.everyone - rest.everyone
    return (
        f"Over all accounts of the store, who posts explains {percent(account.everyone)} of how"
        f" likes differ; time, form, topic and picture together {percent(middle)};"
        f" {percent(rest.everyone)} stays unexplained."
    )


def repeats_sentence(repeats: Repeats) -> str:
    """Say how many posts say the same again, and how they fare."""
    if not repeats.posts:
        return f"None of {counted(repeats.of, 'post')} says again what the account said before."
    share = percent(repeats.posts / max(1, repeats.of))
    verb = "says" if repeats.posts == 1 else "say"
    said = (
        f"{counted(repeats.posts, 'post')} of {repeats.of:,} ({share}) {verb} nearly again what the"
        " account said before"
    )
    effect = repeats.effect
    if effect is not None and effect.told:
        return f"{said}; they got {interval(effect)} times the usual."
    return f"{said}. Whether repeats do worse or better can't be told from chance."


def quality_sentences(quality: Quality, name: str) -> list[str]:
    """Say what the data lack."""
    posts = counted(quality.posts, "post")
    rest = f"effects rest on {quality.used:,} of them and those of other accounts"
    found = [f"The store has {posts} of {name}; {rest}."]
    lacking = (
        (quality.without_likes, "without a count of likes"),
        (quality.without_time, "without a time"),
        (quality.too_young, "too young when read to count"),
        (quality.reposts, "left out as reposts, whose likes are the author's"),
        (quality.without_pictures, "with media, but no picture in the store"),
        (quality.day_only, "of which the day is known, but not the hour"),
    )
    some = [f"{number:,} {what}" for number, what in lacking if number]
    found.append(f"Among them are {'; '.join(some)}." if some else "None lacks time or likes.")
    if quality.gaps:
        spans = "; ".join(f"{first} to {last} ({days} days)" for first, last, days in quality.gaps)
        found.append(f"Longer without a post than usual, which may be a gap in the data: {spans}.")
    else:
        found.append("No span without posts is unusually long.")
    return found


def unanswered(subject: Subject) -> list[str]:
    """Say which questions have no answer, and why."""
    return [part.sentence for part in subject.answers if part.sentence]
