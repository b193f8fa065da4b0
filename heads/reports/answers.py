"""What goes with an account's likes: each question's effects, and which of them may be told."""

from dataclasses import replace
from math import exp

import numpy as np

from heads.arrays import Mask
from heads.reports.data import Answer, Cell, Effect
from heads.reports.factors import FEWEST_KIND, Contrast, Design, contrasts
from heads.reports.pooling import Pooled, discoveries, width_of
from heads.reports.regression import Regression

NEARLY_ALL = 0.95
"""Share of an account's posts from which a kind is what the account does, not a difference."""

TITLES = {"hour": "Time of day", "weekday": "Day of the week"}


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
        How many effects were looked at.
    """
    asked = contrasts(design, mine)
    count = int(mine.sum())
    found: list[Pooled | None] = []
    reasons: list[str] = []
    for one in asked:
        why = _not_asked(one, count)
        pooled = None if why else regression.effect(one.weights, target)
        found.append(pooled)
        reasons.append(why or ("" if pooled else "too few months to tell"))
    in_week = np.array([one.question == "cell" for one in asked], dtype=bool)
    effects: list[Effect] = [_effect(one, None, 0.0, False, "") for one in asked]
    sizes = 0
    for family in (in_week, ~in_week):
        places = np.flatnonzero(family)
        chances = np.array([np.nan if found[k] is None else found[k].chance for k in places])  # type: ignore[union-attr]
        told = discoveries(chances)
        size = int(np.isfinite(chances).sum())
        width = width_of(int(told.sum()), size)
        for place, yes in zip(places.tolist(), told.tolist(), strict=True):
            why = reasons[place] or ("" if yes else "can't be told from chance")
            effects[place] = _effect(asked[place], found[place], width, yes, why)
        if not family[in_week].any():
            sizes = size
    titles = TITLES | {question.name: question.title for question in design.questions}
    kinds = {question.name: question.kinds for question in design.questions}
    parts = []
    for question, title in titles.items():
        some = [
            effect for one, effect in zip(asked, effects, strict=True) if one.question == question
        ]
        if some:
            own = _own_kinds(design, mine, question)
            sentence = _sentence(title, some, name, own, kinds.get(question, ()))
            parts.append(Answer(question, title, tuple(some), sentence))
    week = [
        Cell(one.place // 24, one.place % 24, effect.multiple, effect.low, effect.high, effect.told)
        for one, effect in zip(asked, effects, strict=True)
        if one.question == "cell"
    ]
    return parts, week, sizes


def _not_asked(one: Contrast, count: int) -> str:
    if one.all < FEWEST_KIND:
        return f"only {one.all} posts of all accounts" if one.all else "no account has such posts"
    if one.question not in ("hour", "weekday", "cell") and one.own > NEARLY_ALL * count:
        return "nearly all posts are such"
    return ""


def _effect(one: Contrast, pooled: Pooled | None, width: float, told: bool, why: str) -> Effect:
    if pooled is None:
        return Effect(one.kind, None, None, None, one.own, one.all, False, why)
    return Effect(
        one.kind,
        exp(pooled.value),
        exp(pooled.value - width * pooled.deviation),
        exp(pooled.value + width * pooled.deviation),
        one.own,
        one.all,
        told,
        why,
    )


def _own_kinds(design: Design, mine: Mask, question: str) -> list[int]:
    for one in design.questions:
        if one.name == question:
            return np.bincount(one.kind[mine], minlength=len(one.kinds)).tolist()
    return []


def _sentence(
    title: str, effects: list[Effect], name: str, own: list[int], kinds: tuple[str, ...]
) -> str:
    """Say why a question has no answer; empty where it has one."""
    if any(effect.told for effect in effects):
        return ""
    all_of = [kind for kind, count in zip(kinds, own, strict=True) if count == sum(own) > 0]
    if all_of and all(effect.multiple is None for effect in effects):
        return (
            f"{title}: in the data every post of {name} has {all_of[0]}, and too few of other accounts differ:"
            " what it does can't be told."
        )
    if all_of:
        return (
            f"{title}: in the data every post of {name} has {all_of[0]}; in other accounts' posts the"
            " difference can't be told from chance."
        )
    return f"{title}: the differences can't be told from chance."


def untold(answer: Answer) -> Answer:
    """Return an answer without what may not be told."""
    return replace(answer, effects=tuple(effect for effect in answer.effects if effect.told))
