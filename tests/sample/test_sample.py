"""The made-up corpus: what is planted is there, and nothing else is."""

import csv
import datetime as dt
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from embedstore.errors import InputError
from embedstore.reading import read_posts
from embedstore.reading.media_field import parse_media
from embedstore.sample import Sample, write_sample
from embedstore.sample.calendars import TOPICS
from embedstore.sample.rows import COLUMNS, Ledger, make_rows

POSTS = 700


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return write_sample(tmp_path_factory.mktemp("sample") / "demo", posts=POSTS, seed=3)


@pytest.fixture(scope="module")
def truth(sample) -> dict:
    return json.loads(sample.truth.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(sample) -> list[list[str]]:
    with sample.posts.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture(scope="module")
def posts(rows, truth) -> dict[int, dict[str, str]]:
    """The good rows by id: the first of its id that has every column."""
    wanted = set(truth["per_post"]["id"])
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        if len(row) == len(COLUMNS) and row[0] and int(row[0]) in wanted:
            found.setdefault(int(row[0]), dict(zip(COLUMNS, row, strict=True)))
    return found


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path):
    first = write_sample(tmp_path / "a", posts=60, seed=5)
    again = write_sample(tmp_path / "b", posts=60, seed=5)
    other = write_sample(tmp_path / "c", posts=60, seed=6)
    assert files_of(first.directory) == files_of(again.directory)
    assert first.posts.read_bytes() != other.posts.read_bytes()


def test_the_columns_are_the_challenges_and_two_counts_more(sample, posts, truth):
    header = sample.posts.read_text(encoding="utf-8").split("\n", 1)[0]
    assert header == "id,date,likes,content,username,media,inferred company,replies,retweets"
    accounts = truth["effects"]["accounts"]
    for post in posts.values():
        assert dt.datetime(2018, 1, 1) <= dt.datetime.fromisoformat(post["date"])
        assert dt.datetime.fromisoformat(post["date"]) < dt.datetime(2023, 1, 1)
        assert post["likes"] == "" or int(post["likes"]) >= 0
        assert int(post["replies"]) >= 0
        assert int(post["retweets"]) >= 0
        assert post["content"] or post["media"]
        assert accounts[post["username"]]["company"] == post["inferred company"]


def test_the_posts_asked_for_are_there_and_counted(sample, rows, posts, truth):
    counts = truth["counts"]
    assert len(posts) == counts["posts"] == sample.post_count == POSTS
    assert len(rows) == counts["rows"] == sample.row_count
    extra = sum(counts["broken"].values()) + counts["repeated_rows"]
    assert counts["rows"] == POSTS + extra
    assert sum(post["likes"] == "" for post in posts.values()) == counts["without_likes"] > 0
    assert sum(post["content"] == "" for post in posts.values()) == counts["without_text"] > 0


def test_broken_rows_of_every_class_are_rejected_or_lose_the_field_that_is_broken(sample, truth):
    broken = truth["counts"]["broken"]
    assert set(broken) == {
        "no_id", "unreadable_date", "negative_likes", "likes_not_a_number", "column_count",
        "neither_text_nor_media", "key_conflict",
    }  # fmt: skip
    rejected: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    used = empty = 0
    for batch in read_posts(sample.posts):
        used += batch.posts.num_rows
        empty += sum(
            text is None and media is None
            for text, media in zip(
                batch.posts["text"].to_pylist(), batch.posts["media_raw"].to_pylist(), strict=True
            )
        )
        rejected.update(
            reason.reason.split(":")[0].lstrip("0123456789 ") for reason in batch.rejected
        )
        lost.update(problem.field for problem in batch.problems)
    assert rejected["no id"] == broken["no_id"]
    assert sum(rejected.values()) == broken["no_id"] + broken["column_count"]
    # A field that can't be read costs that field; -1 is how platforms write a hidden count.
    assert lost["created_at"] == broken["unreadable_date"]
    assert 0 < lost["likes"] <= broken["negative_likes"] + broken["likes_not_a_number"]
    # A row of a key alone may update a post, and a key conflict is read well: the store, which
    # knows the posts, rejects both.
    assert empty == broken["neither_text_nor_media"]
    fields = ("unreadable_date", "negative_likes", "likes_not_a_number")
    assert used == (
        POSTS
        + truth["counts"]["repeated_rows"]
        + broken["key_conflict"]
        + broken["neither_text_nor_media"]
        + sum(broken[name] for name in fields)
    )


def test_a_key_conflict_is_an_earlier_id_with_another_account_or_time(rows, posts, truth):
    others = []
    for row in rows:
        if len(row) == len(COLUMNS) and row[0] and (post := posts.get(int(row[0]))):
            who_and_when = (post["username"], post["date"])
            others += [row] if (row[4], row[1]) != who_and_when else []
    assert len(others) == truth["counts"]["broken"]["key_conflict"]


def test_repeated_rows_are_there_twice_word_for_word(rows, truth):
    seen = Counter(tuple(row) for row in rows)
    twice = sorted(int(row[0]) for row, n in seen.items() for _ in range(n - 1))
    assert twice == sorted(truth["repeated_rows"])


def test_media_items_are_those_counted_and_have_pictures_or_dead_links(sample, posts, truth):
    kinds: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    for post in posts.values():
        items, problems = parse_media(post["media"])
        assert not problems
        for item in items:
            kinds[item.kind.capitalize()] += 1
            if item.url in truth["pictures"]:
                assert (sample.directory / item.url).is_file()
            elif item.url.startswith("http://"):
                assert item.url.split("/")[2].endswith(".invalid")
                dead["unreachable"] += 1
            else:
                assert item.url.startswith("images/")
                assert not (sample.directory / item.url).exists()
                dead["missing_file"] += 1
    assert kinds == truth["counts"]["media"]
    assert dead == truth["counts"]["dead_links"]
    assert min(dead.values()) > 0


def test_every_picture_can_be_decoded_and_is_used(sample, posts, truth):
    names = {f"images/{path.name}" for path in sample.images.iterdir()}
    assert names == set(truth["pictures"])
    assert len(names) == sample.picture_count
    media = "".join(post["media"] for post in posts.values())
    assert all(name in media for name in names)
    for name in names:
        with Image.open(sample.directory / name) as picture:
            assert picture.format == "JPEG"
            assert 240 <= min(picture.size) <= max(picture.size) <= 360


def test_warmth_shows_in_the_pixels_and_is_the_same_for_every_scene(sample, truth):
    red_over_blue, warmth = [], []
    for name, facts in truth["pictures"].items():
        with Image.open(sample.directory / name) as picture:
            mean = np.asarray(picture, dtype=float).mean(axis=(0, 1))
        red_over_blue.append(np.log(mean[0] / mean[2]))
        warmth.append(facts["warmth"])
    assert np.corrcoef(red_over_blue, warmth)[0, 1] > 0.6
    assert min(abs(np.asarray(warmth))) >= 0.4
    assert abs(np.mean(np.sign(warmth))) < 0.25


def test_texts_are_distinct_but_for_the_planted_repeats(posts, truth):
    texts = Counter(post["content"] for post in posts.values() if post["content"])
    repeats = sum(n - 1 for n in texts.values())
    assert repeats == len(truth["same_text"]) > 0
    for first, again in truth["same_text"]:
        assert posts[first]["content"] == posts[again]["content"]
        assert posts[first]["username"] == posts[again]["username"]
        assert posts[first]["date"] <= posts[again]["date"]


def test_texts_look_like_posts(posts):
    texts = [post["content"] for post in posts.values() if post["content"]]
    for text in texts:
        assert not set("{}[]|@") & set(text.replace("P@ssw0rd1", "")), text
        assert "  " not in text
        assert " ::" not in text
        assert len(text) <= 330
    assert 80 <= np.median([len(text) for text in texts]) <= 160
    for part in ("#", "?", "<mention>", "<hyperlink>", "\n"):
        assert 0.05 < np.mean([part in text for text in texts]) < 0.95


def test_posts_with_media_end_with_the_link_that_stands_for_it(posts):
    for post in posts.values():
        if post["media"] and post["content"]:
            assert post["content"].endswith("<hyperlink>")


def test_a_campaign_is_one_text_of_several_accounts_but_for_a_few_words(posts, truth):
    assert truth["campaigns"]
    for group in truth["campaigns"]:
        members = [posts[i] for i in group]
        assert len({post["username"] for post in members}) == len(members) >= 3
        assert len({post["inferred company"] for post in members}) == 1
        words = [post["content"].removesuffix(" <hyperlink>").split() for post in members]
        assert len({" ".join(text) for text in words}) > 1
        for other in words[1:]:
            here, there = Counter(words[0]), Counter(other)
            assert sum((here - there).values()) <= 5


def test_views_follow_the_likes(posts):
    pairs = [
        (np.log1p(int(post["likes"])), np.log1p(item.views))
        for post in posts.values()
        for item in parse_media(post["media"])[0]
        if item.views is not None and post["likes"]
    ]
    assert len(pairs) > 50
    assert np.corrcoef(np.asarray(pairs).T)[0, 1] > 0.9


@pytest.fixture(scope="module")
def many() -> tuple[list[list[str]], Ledger, dict]:
    """Posts enough to estimate effects from, without their pictures."""
    from embedstore.sample.posts import World
    from embedstore.sample.truth import truth_of

    world, ledger = World(11, pictures_per_scene=6), Ledger()
    rows = list(make_rows(world, 20_000, 11, ledger, lambda _: None))
    return rows, ledger, truth_of(world, ledger, [], 20_000, 11)


def known_posts(many) -> tuple[np.ndarray, list[list[str]], dict[str, np.ndarray]]:
    """The posts with likes: log1p of them, their rows, and the columns of the truth."""
    rows, _, truth = many
    place = {post_id: i for i, post_id in enumerate(truth["per_post"]["id"])}
    seen: set[int] = set()
    kept, order = [], []
    for row in rows:
        i = place.get(int(row[0] or -1))
        if i is not None and i not in seen:
            seen.add(i)
            if row[2]:
                kept.append(row)
                order.append(i)
    columns = {name: np.asarray(values)[order] for name, values in truth["per_post"].items()}
    return np.log1p([float(row[2]) for row in kept]), kept, columns


def test_the_expected_likes_are_right_on_average_at_every_level(many):
    likes, _, columns = known_posts(many)
    expected = columns["expected_log1p"]
    assert abs(np.mean(likes - expected)) < 0.02
    for low, high in ((-9, 0.5), (0.5, 2), (2, 4), (4, 6), (6, 20)):
        band = (columns["latent"] >= low) & (columns["latent"] < high)
        assert band.sum() > 200
        assert abs(np.mean(likes[band] - expected[band])) < 0.06
    explained = 1 - np.var(likes - expected) / np.var(likes)
    assert 0.85 < explained < 0.98


def test_likes_have_zeros_and_a_heavy_tail(many):
    likes, _, _ = known_posts(many)
    assert 0.02 < np.mean(likes == 0) < 0.25
    assert 15 < np.expm1(np.median(likes)) < 200
    assert np.expm1(likes.max()) > 20_000


def test_least_squares_find_the_planted_effects(many):
    likes, rows, columns = known_posts(many)
    truth = many[2]["effects"]
    dates = [dt.datetime.fromisoformat(row[1]) for row in rows]
    years = np.asarray([(date - dt.datetime(2018, 1, 1)).total_seconds() for date in dates])
    years /= 365.25 * 86_400
    accounts = truth["accounts"]
    weekday, hour = np.asarray(truth["weekday"]), np.asarray(truth["hour"])
    known = weekday[[date.weekday() for date in dates]] + hour[[date.hour for date in dates]]
    for i, (row, date) in enumerate(zip(rows, dates, strict=True)):
        account, season = accounts[row[4]], truth["season"][row[6]]
        position = years[i] * 365.25 / truth["account_days_per_step"]
        known[i] += account["base"]
        known[i] += np.interp(position, np.arange(len(account["walk"])), account["walk"])
        share = date.timetuple().tm_yday / 365.25 - (season["peak_month"] - 0.5) / 12
        known[i] += season["amplitude"] * np.cos(2 * np.pi * share)
    texts = [row[3] for row in rows]
    hashtags = np.asarray([text.count("#") for text in texts])
    kind = [row[5][1:6] + str(row[5].count("previewUrl") > 1) for row in rows]
    links = [
        text.count("<hyperlink>") - bool(row[5]) for text, row in zip(texts, rows, strict=True)
    ]
    form, media = truth["form"], truth["form"]["media"]
    wanted = {
        "question": (np.asarray(["?" in text for text in texts]), form["question"]),
        "few": ((hashtags > 0) & (hashtags < 3), form["hashtags"]["one or two"]),
        "tags": (hashtags > 2, form["hashtags"]["three or more"]),
        "link": (np.asarray(links) > 0, form["link"]),
        "none": (np.asarray([not row[5] for row in rows]), media["none"]),
        "photos": (np.asarray([k == "PhotoTrue" for k in kind]), media["photos"]),
        "video": (np.asarray([k.startswith("Video") for k in kind]), media["video"]),
        "gif": (np.asarray([k.startswith("Gif") for k in kind]), media["gif"]),
        "picture": (columns["picture"], 1.0),
    }
    for i, topic in enumerate(TOPICS):
        has = columns["topic"] == i
        wanted[topic] = (has, truth["topic"][topic]["start"])
        wanted[f"{topic} per year"] = (has * years, truth["topic"][topic]["per_year"])
    # Small accounts can't fall below 0 likes, which bends the line: leave them out.
    far = columns["latent"] > 2.5
    design = np.stack([np.asarray(column, float) for column, _ in wanted.values()], axis=1)[far]
    found, *_ = np.linalg.lstsq(design, (likes - known)[far], rcond=None)
    error = truth["noise"]["deviation"] * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    planted = np.asarray([value for _, value in wanted.values()])
    assert np.abs((found - planted) / error).max() < 4.5
    assert error.max() < 0.2


@pytest.mark.parametrize("count", [0, 49, 1_000_001])
def test_a_number_of_posts_out_of_range_is_refused(tmp_path, count):
    with pytest.raises(InputError, match="50 to 1,000,000"):
        write_sample(tmp_path / "demo", posts=count)
    assert not (tmp_path / "demo").exists()


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(InputError, match="seed -1 is negative"):
        write_sample(tmp_path / "demo", posts=50, seed=-1)


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="isn't empty and holds no earlier sample"):
        write_sample(tmp_path, posts=50)
    (tmp_path / "truth.json").write_text('{"made_by": "somebody else"}')
    with pytest.raises(InputError, match="holds no earlier sample"):
        write_sample(tmp_path, posts=50)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt", "truth.json"]


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(InputError, match="is a file: name a directory"):
        write_sample(tmp_path / "demo", posts=50)


def test_a_sample_is_written_over_an_earlier_one_and_other_files_stay(tmp_path):
    place = tmp_path / "demo"
    place.mkdir()
    write_sample(place, posts=60, seed=1)
    (place / "notes.txt").write_text("mine")
    (place / "images" / "mine.jpg").write_bytes(b"mine, too")
    write_sample(place, posts=60, seed=2)
    fresh = write_sample(tmp_path / "fresh", posts=60, seed=2)
    mine = {"notes.txt": b"mine", "images/mine.jpg": b"mine, too"}
    assert files_of(place) == files_of(fresh.directory) | mine
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "fresh"]


def test_a_sample_that_is_cut_short_leaves_the_earlier_one_whole(tmp_path):
    place = tmp_path / "demo"
    write_sample(place, posts=60, seed=1)
    before = files_of(place)

    def stop(message: str) -> None:
        raise KeyboardInterrupt(message)

    with pytest.raises(KeyboardInterrupt, match="wrote 60 of 60 posts"):
        write_sample(place, posts=60, seed=2, progress=stop)
    assert files_of(place) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
