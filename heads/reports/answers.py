"""What goes with an account's likes: each question's effects, and which of them may be told."""

from dataclasses import dataclass
from math import exp

import numpy as np

from heads.arrays import Mask
from heads.reports.data import Answer, Cell, Effect
from heads.reports.factors import FEWEST_KIND, WAVES, Contrast, Design, contrasts
from heads.reports.pooling import (
    Pooled,
    Slopes,
    discoveries,
    learn_prior,
    pool,
    two_sided,
    width_of,
)
from heads.reports.regression import Regression

NEARLY_ALL = 0.95
"""Share of an account's posts from which a kind is what the account does, not a difference."""

CHANCE = "can't be told from chance"

TIMES = {"hour": "Time of day", "weekday": "Day of the week"}

INDEPENDENT = {"hour": 2 * WAVES, "weekday": 6, "cell": 2 * WAVES + 6}
"""Columns that the kinds of these questions come from: neighbouring hours say the same."""

Estimate = tuple[float, float]
"""A value and its standard deviation, log1p."""


@dataclass(frozen=True)
class Told:
    """A multiple with its interval, and whether it may be told."""

    interval: tuple[float, float, float]
    told: bool


def answers(
    regression: Regression, design: Design, mine: Mask, target: int, name: str
) -> tuple[list[Answer], list[Cell], int]:
    """Answer every question for one account or company.

    Parameters
    ----------
    regression, design
        Of all posts.
    mine : array, shape (n,), bool
        Its posts among them.
    target : int
        Its number among the regression's groups.
    name : str
        Its name.

    Returns
    -------
    answers : list of Answer
        One for each question.
    week : list of Cell
        The hours of the week.
    asked : int
        How many effects were looked at, hours of the week left out.
    """
    asked = contrasts(design, mine)
    reasons = [_not_asked(one, int(mine.sum())) for one in asked]
    slopes = [
        None if why else regression.slopes(one.weights, target)
        for one, why in zip(asked, reasons, strict=True)
    ]
    found = _pooled(asked, slopes)
    in_week = np.array([one.question == "cell" for one in asked], dtype=bool)
    own: list[Estimate | None] = [
        None if one is None else (one.value, one.deviation) for one in found
    ]
    every: list[Estimate | None] = [
        None if one is None else (one.centre, one.centre_deviation) for one in found
    ]
    cells, _ = _intervals(own, in_week)
    others, size = _intervals(own, ~in_week)
    everyone, _ = _intervals(every, ~in_week)
    effects = [
        _effect(one, cells[k] or others[k], everyone[k], reasons[k]) for k, one in enumerate(asked)
    ]
    week = [
        Cell(one.place // 24, one.place % 24, effect.multiple, effect.low, effect.high, effect.told)
        for one, effect in zip(asked, effects, strict=True)
        if one.question == "cell"
    ]
    return _by_question(design, mine, name, asked, effects), week, size


def _not_asked(one: Contrast, count: int) -> str:
    """Say why a kind of posts can't be asked about; empty if it can."""
    if not one.all:
        return "no account has such posts"
    if one.all < FEWEST_KIND:
        return f"only {one.all} posts of all accounts"
    if one.question not in INDEPENDENT and one.own > NEARLY_ALL * count:
        return "nearly all posts are such"
    return ""


def _pooled(asked: list[Contrast], slopes: list[Slopes | None]) -> list[Pooled | None]:
    """Pool each effect over accounts, with what the question's kinds say of their differences."""
    known: dict[str, list[Slopes]] = {}
    for one, found in zip(asked, slopes, strict=True):
        if found is not None:
            known.setdefault(one.question, []).append(found)
    priors = {
        question: learn_prior(some, INDEPENDENT.get(question, max(1, len(some) - 1)))
        for question, some in known.items()
    }
    return [
        None if found is None else pool(found, priors[one.question])
        for one, found in zip(asked, slopes, strict=True)
    ]


def _intervals(estimates: list[Estimate | None], family: Mask) -> tuple[list[Told | None], int]:
    """Choose among a family of estimates what may be told, and make intervals that fit.

    Returns
    -------
    intervals : list of Told or None
        One for each estimate; None outside of the family and where there is none.
    size : int
        Estimates in the family.
    """
    known = {k: one for k, one in enumerate(estimates) if one is not None and family[k]}
    told = discoveries(np.array([two_sided(*one) for one in known.values()]))
    width = width_of(int(told.sum()), len(known))
    found: list[Told | None] = [None] * len(estimates)
    for (place, (value, deviation)), yes in zip(known.items(), told.tolist(), strict=True):
        ends = (value - width * deviation, value + width * deviation)
        found[place] = Told((exp(value), exp(ends[0]), exp(ends[1])), yes)
    return found, len(known)


def _effect(one: Contrast, own: Told | None, everyone: Told | None, reason: str) -> Effect:
    multiple, low, high = own.interval if own else (None, None, None)
    told = own is not None and own.told
    why = reason or (CHANCE if own else "too few months to tell")
    return Effect(
        one.kind,
        multiple,
        low,
        high,
        one.own,
        one.all,
        told,
        "" if told else why,
        everyone.interval if everyone else None,
        everyone is not None and everyone.told,
    )


def _by_question(
    design: Design, mine: Mask, name: str, asked: list[Contrast], effects: list[Effect]
) -> list[Answer]:
    titles = TIMES | {question.name: question.title for question in design.questions}
    parts = []
    for question, title in titles.items():
        some = [
            effect for one, effect in zip(asked, effects, strict=True) if one.question == question
        ]
        if some:
            all_of = _all_are(design, mine, question)
            parts.append(Answer(question, title, tuple(some), _sentence(title, some, name, all_of)))
    return parts


def _all_are(design: Design, mine: Mask, question: str) -> str | None:
    """Name the kind that all posts of an account are; None if they differ."""
    for one in design.questions:
        if one.name == question and len(kinds := np.unique(one.kind[mine])) == 1:
            return one.kinds[int(kinds[0])]
    return None


def _sentence(title: str, effects: list[Effect], name: str, all_of: str | None) -> str:
    """Say why a question has no answer; empty where it has one."""
    if any(effect.told for effect in effects):
        return ""
    if all_of is None:
        return f"{title}: the differences can't be told from chance."
    if all(effect.multiple is None for effect in effects):
        what = "and too few of other accounts differ: what it does can't be told"
    else:
        what = "and in other accounts' posts the difference can't be told from chance"
    return f"{title}: in the data every post of {name} has {all_of}, {what}."
