"""Effects beside the account's level: found where they are, and not where they are not."""

from math import exp

import numpy as np
import pytest
from made_reports import VIDEO, gathered_of, made_posts

from heads.reports.answers import answers
from heads.reports.data import Answer
from heads.reports.gather import Gathered


def _ask(gathered: Gathered, account: int = 0) -> dict[str, Answer]:
    regression = gathered.regression(gathered.posts.account)
    mine = regression.group == account
    parts, week, asked = answers(regression, gathered.design, mine, account, "user0")
    assert len(week) == 168
    assert asked == sum(one.multiple is not None for part in parts for one in part.effects)
    return {part.question: part for part in parts}


def test_what_a_video_brings_is_told_against_the_accounts_own_mix() -> None:
    gathered = gathered_of(made_posts())
    found = _ask(gathered)["media"]
    effects = {one.kind: one for one in found.effects}
    mine = gathered.posts.account[gathered.rows] == 0
    share = gathered.design.questions[0].kind[mine].astype(bool).mean()
    video, none = effects["a video"], effects["no picture"]
    assert video.told
    assert none.told
    assert video.low is not None
    assert video.high is not None
    assert video.low < exp(VIDEO * (1 - share)) < video.high
    assert none.low is not None
    assert none.high is not None
    assert none.low < exp(-VIDEO * share) < none.high
    assert found.sentence == ""


def test_where_likes_are_shuffled_nothing_is_told() -> None:
    told = 0
    for seed in range(4):
        found = _ask(gathered_of(made_posts(effect=0.0, seed=seed)))
        told += sum(one.told for part in found.values() for one in part.effects)
    assert told == 0


def test_a_question_that_no_post_can_answer_says_so() -> None:
    found = _ask(gathered_of(made_posts()))["link"]
    assert found.effects[0].multiple is None
    assert "every post of user0 has no link" in found.sentence
    assert "can't be told" in found.sentence


def test_an_account_without_videos_learns_of_them_from_others() -> None:
    posts = made_posts()
    videos = np.where(posts.account == 0, 0, posts.table["videos"].to_numpy())
    place = posts.table.column_names.index("videos")
    changed = type(posts)(posts.table.set_column(place, "videos", [videos]), posts.kpi)
    video = {one.kind: one for one in _ask(gathered_of(changed))["media"].effects}["a video"]
    assert video.own == 0
    assert video.multiple == pytest.approx(exp(VIDEO), rel=0.25)


def test_hours_are_left_out_where_only_days_are_known() -> None:
    posts = made_posts()
    days = posts.time.astype("datetime64[D]").astype("datetime64[us]")
    place = posts.table.column_names.index("created_at")
    changed = type(posts)(posts.table.set_column(place, "created_at", [days]), posts.kpi)
    gathered = gathered_of(changed)
    assert not gathered.design.timed.any()
    regression = gathered.regression(posts.account)
    parts, week, _ = answers(regression, gathered.design, regression.group == 0, 0, "user0")
    assert "hour" not in {part.question for part in parts}
    assert week == []
