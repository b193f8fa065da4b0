"""Each view's main task as a person does it, in a browser."""

import csv
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from screens import ALIKE, kept, likeness, small
from shown_store import Shown

import embedstore
import heads
from embedstore.maintenance.remove import remove

WORDS = "free coffee for early risers"
VIEWS = ("find", "map", "compose", "works", "label", "data", "sql")


def fits(page: Page) -> bool:
    """Whether nothing of a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.usefixtures("sized")
def test_every_view_fits_its_window_and_axe_finds_nothing_serious(page: Page, shown: Shown) -> None:
    axe = Axe()
    for view in VIEWS:
        page.goto(f"{shown.address}/{view}")
        expect(page.locator("h1")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        assert fits(page), view
        found = axe.run(page, options={"resultTypes": ["violations"]})
        serious = [
            (view, each["id"], [node["html"][:120] for node in each["nodes"]])
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []


def test_every_view_looks_as_it_did(page: Page, shown: Shown) -> None:
    # After a wanted change of looks: REDRAW_SCREENS=1 pytest tests/cli/studio/pages -k looks_as
    # Only in a wide window: in a narrow one, another font moves everything below it.
    alike = {}
    for view in VIEWS:
        page.goto(f"{shown.address}/{view}")
        page.wait_for_load_state("networkidle")
        seen = small(page.screenshot(animations="disabled"))
        alike[view] = likeness(seen, kept(view, seen))
    assert all(each >= ALIKE for each in alike.values()), alike


def test_a_view_that_is_laid_out_otherwise_is_told(page: Page, shown: Shown) -> None:
    for view in ("find", "sql"):
        page.goto(f"{shown.address}/{view}")
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelector('main').style.marginLeft = '20%'")
        seen = small(page.screenshot(animations="disabled"))
        assert likeness(seen, kept(view, seen)) < ALIKE, view


def test_posts_are_found_by_words_and_more_like_one_of_them(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find")
    page.get_by_label("What to look for").fill(WORDS)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page).to_have_url(re.compile("q=free"))
    first = page.locator("article.card").first
    expect(first).to_be_visible()
    told = [
        row["text"]
        for row in embedstore.open(shown.path).similar(text=WORDS, words=WORDS, k=1).to_pylist()
    ]
    expect(first.locator(".text")).to_contain_text(told[0].split("<")[0].strip()[:30])
    first.get_by_role("link", name=re.compile("More like this")).click()
    expect(page).to_have_url(re.compile("like="))
    expect(page.get_by_text("Like this post of")).to_be_visible()
    expect(page.locator("article.card").nth(1)).to_be_visible()


def test_filters_leave_their_posts_and_the_address_can_be_shared(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find")
    page.get_by_label("Account").fill("Wavelark")
    page.get_by_label("Likes from").fill("5")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("account=Wavelark&at_least=5"))
    shared = page.url
    names = set(page.locator(".card .account").all_inner_texts())
    assert names == {"Wavelark"}
    page.goto(shared)
    assert set(page.locator(".card .account").all_inner_texts()) == names
    page.get_by_text("The same as a command").click()
    code = page.locator("figure.code code").first.inner_text()
    assert "fold_username(username) = 'wavelark'" in code.replace("'\"'\"'", "'")


def test_the_sql_of_a_search_finds_the_same_posts(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find?q=coffee&account=Wavelark")
    texts = page.locator("article.card .who").count()
    page.get_by_text("The same as a command").click()
    query = page.locator("figure.code code").nth(1).inner_text()
    assert "mode := 'hybrid'" in query
    rows = embedstore.open(shown.path).sql(query)
    assert rows.num_rows >= texts > 0
    assert set(rows["username"].to_pylist()) == {"Wavelark"}


def test_a_download_has_the_posts_that_are_shown(page: Page, shown: Shown, tmp_path: Path) -> None:
    page.goto(f"{shown.address}/find?q=coffee&account=Wavelark")
    texts = page.locator(".card .account").count()
    with page.expect_download() as form:
        page.get_by_role("link", name="CSV").click()
    form.value.save_as(tmp_path / "posts.csv")
    with (tmp_path / "posts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == texts
    assert {row["username"] for row in rows} == {"Wavelark"}


def test_a_picture_dropped_into_compose_is_shown(page: Page, shown: Shown) -> None:
    picture = next(iter(sorted((shown.files / "images").glob("*.jpg"))))
    page.goto(f"{shown.address}/compose?account=Wavelark&draft=hello")
    page.locator("[data-drop] input[type=file]").set_input_files(picture)
    expect(page.get_by_alt_text("The picture that goes with each draft")).to_be_visible()
    assert "draft=hello" in page.url


def test_two_drafts_are_compared_while_one_types_and_explained(
    page: Page, shown: Shown, sized: str
) -> None:
    page.goto(f"{shown.address}/compose?account=Wavelark&at=2023-01-01T18:00")
    page.get_by_label("Draft 1", exact=True).fill("Free coffee for everyone who joins us today")
    page.get_by_label("Draft 2", exact=True).fill("We're hiring: a network engineer. <hyperlink>")
    expect(page.locator(".expected")).to_have_count(2)
    expect(page.locator(".says")).to_contain_text(re.compile("better than|can't be told apart"))
    expect(page.get_by_role("heading", name="Word by word")).to_be_visible()
    expect(page.locator(".hours li")).to_have_count(24)
    expect(page.locator(".why article.card").first).to_be_visible()
    assert fits(page), sized


def test_drafts_are_ranked_as_the_python_api_ranks_them(page: Page, shown: Shown) -> None:
    drafts = ["Free coffee for everyone who joins us today", "A quiet word"]
    values = {"account": "Wavelark", "at": "2023-01-01T18:00", "draft": drafts}
    answer = page.request.get(f"{shown.address}/compose.json?{urlencode(values, doseq=True)}")
    wanted = heads.rank_likes(
        shown.path, drafts, username="Wavelark", date=datetime(2023, 1, 1, 18)
    )
    for row, expected in zip(answer.json(), wanted.to_pylist(), strict=True):
        for name, value in expected.items():
            near = isinstance(value, float)
            # Texts are encoded by NumPy or by torch, in another process.
            assert row[name] == (pytest.approx(value, rel=0.02, abs=0.02) if near else value), name


def test_a_file_dropped_into_data_is_explained_and_not_stored(
    page: Page, shown: Shown, tmp_path: Path
) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("id,date,content,likes\n1,2021-03-04 10:00,good morning,many\n")
    before = embedstore.open(shown.path).sql("SELECT count(*) FROM posts").to_pylist()
    page.goto(f"{shown.address}/data")
    page.locator("input[type=file]").set_input_files(file)
    read = page.locator("[data-read]")
    expect(read).to_contain_text("CSV")
    expect(read.get_by_role("row", name=re.compile("^text content good morning"))).to_be_visible()
    expect(read).to_contain_text('"many" is not a whole number')
    assert embedstore.open(shown.path).sql("SELECT count(*) FROM posts").to_pylist() == before


def test_a_file_is_added_followed_and_its_posts_are_found(
    page: Page, shown: Shown, tmp_path: Path
) -> None:
    file = tmp_path / "march.csv"
    file.write_text("id,username,date,content\n1,new,2021-03-04 10:00,zanzibar blend is here\n")
    page.goto(f"{shown.address}/data")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Fetch the pictures").uncheck()
    page.get_by_role("button", name="Add these posts").click()
    followed = page.get_by_role("region", name="the posts of march.csv")
    expect(followed).to_contain_text("1 new, 0 updated, 0 rejected", timeout=60_000)
    page.get_by_role("link", name="Show the store as it is now").click()
    expect(page.get_by_role("row", name=re.compile("^march 1 "))).to_be_visible()
    _remove_source(shown.path, "march")


def test_a_build_is_cancelled_from_the_page(page: Page, shown: Shown, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = (f"{n},new,2021-03-04 10:00,word {n} and word {n * n}" for n in range(30_000))
    file.write_text("\n".join(["id,username,date,content", *rows]))
    page.goto(f"{shown.address}/data")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Add these posts").click()
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(page.get_by_role("heading", name="Cancelled: many.csv")).to_be_visible(timeout=60_000)
    _remove_source(shown.path, "many")


def _remove_source(path: Path, source: str) -> None:
    """Leave the store to other tests as it was."""
    if embedstore.open(path).sql("FROM posts WHERE source = ?", [source]).num_rows:
        remove(embedstore.open(path, "rw"), f"source = '{source}'")


def test_data_names_failures_remedies_and_runs_but_no_folder_of_the_server(
    page: Page, shown: Shown
) -> None:
    page.goto(f"{shown.address}/data")
    failures = page.get_by_role("region", name="Failures by reason")
    expect(failures).to_contain_text("--source NAME")
    assert str(shown.files) not in page.content()
    page.get_by_role("link", name=re.compile("Likes stack")).click()
    expect(page.get_by_role("heading", name=re.compile("Likes head"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("log_rmse"))).to_be_visible()


def test_a_query_runs_by_ctrl_enter_and_shows_rows_and_a_chart(
    page: Page, shown: Shown, sized: str
) -> None:
    page.goto(f"{shown.address}/sql")
    area = page.get_by_label("Query")
    area.fill("SELECT company, count(*) AS posts FROM posts GROUP BY 1 ORDER BY 2 DESC LIMIT 5")
    area.press("Control+Enter")
    expect(page.get_by_role("heading", name="5 rows")).to_be_visible()
    expect(page.locator(".bars svg")).to_have_count(5)
    expect(page.locator("tbody tr")).to_have_count(5)
    page.goto(f"{shown.address}/sql")
    page.get_by_text("Earlier queries").click()
    expect(page.locator("[data-history] a").first).to_contain_text("SELECT company")
    assert fits(page), sized


def test_a_query_that_is_wrong_or_writes_is_refused_in_a_sentence(page: Page, shown: Shown) -> None:
    for query, said in (("SELEC 1", "syntax"), ("DELETE FROM posts", "read-only")):
        page.goto(f"{shown.address}/sql?{urlencode({'q': query})}")
        expect(page.get_by_role("alert")).to_contain_text(re.compile(said, re.IGNORECASE))


def test_the_keyboard_alone_finds_compares_and_asks(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("coffee")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=coffee"))
    tab_to(page, "Compose")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Compose")).to_be_visible()
    tab_to(page, "What would you post?")
    page.keyboard.type("Free coffee today")
    tab_to(page, "And another way to say it")
    page.keyboard.type("Coffee is free today, for all")
    expect(page.locator(".expected")).to_have_count(2)
    expect(page.get_by_role("heading", name="Word by word")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of a name has the focus, and see that the focus shows."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found, outlined = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.placeholder || e.textContent.trim(), getComputedStyle(e).outlineStyle]; }"
        )
        assert outlined != "none", found
        if found == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_a_lasso_lists_the_posts_within_and_the_address_has_it(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/map?lasso=0,0,10,0,10,3,0,3")
    expect(page.locator("canvas[data-ready]")).to_be_visible()
    [row] = (
        embedstore.open(shown.path)
        .sql("SELECT count(*) AS posts FROM map WHERE x < 10 AND y < 3")
        .to_pylist()
    )
    expect(page.get_by_role("heading", name=f"{row['posts']} posts")).to_be_visible()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for x, y in ((box["width"] - 20, 20), (box["width"] - 20, 300), (20, 300)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
    page.mouse.up()
    expect(page).not_to_have_url(re.compile("lasso=0,0,10"))
    expect(page).to_have_url(re.compile("lasso="))
    expect(page.locator("[data-selected-place][aria-busy]")).to_have_count(0)
    drawn = page.get_by_role("heading", name=re.compile(r"^\d+ posts"))
    count = re.match(r"\d+", drawn.inner_text())
    page.goto(page.url)
    expect(drawn).to_contain_text(count[0] if count else "-")


def test_a_topic_is_chosen_without_drawing_and_filters_posts(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/map")
    first = page.locator("[data-topic-choice]").first
    name, size = (part.strip() for part in first.inner_text().rsplit("\n", 1))
    first.press("Enter")
    expect(page.get_by_role("heading", name=f"{size} posts")).to_be_visible()
    page.goto(f"{shown.address}/find")
    page.get_by_label("Topic").select_option(f"{name} ({size})")
    expect(page).to_have_url(re.compile("topic="))
    expect(page.locator("article.card")).to_have_count(min(24, int(size)))


def test_posts_are_labelled_by_keys_and_the_head_learns_from_them(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/label")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Label: kind")).to_be_visible()
    for key in "123123u3s":
        page.keyboard.press(key)
    learn = page.get_by_role("button", name="Learn from 6 answers")
    learn.click()
    expect(page.locator("[data-taught=promo]")).to_have_text("2")
    run = heads.list_runs(shown.path).to_pylist()[0]
    assert run["head"] == "label-kind"
    page.goto(f"{shown.address}/find")
    page.get_by_label("Label").select_option("kind: promo")
    expect(page).to_have_url(re.compile("label=kind"))
    expect(page.locator("article.card").first).to_be_visible()


def test_what_works_tells_the_effects_of_the_report(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/works?account=Wavelark")
    expect(page.get_by_role("heading", name="Wavelark", exact=True, level=2)).to_be_visible()
    [found] = page.request.get(f"{shown.address}/works.json?account=Wavelark").json()
    [subject] = found["subjects"]
    expect(page.locator(".summary")).to_contain_text(f"rests on {subject['posts']} posts")
    told = [one for part in subject["answers"] for one in part["effects"] if one["told"]]
    expect(page.locator(".forest:not(.latest) tbody tr")).to_have_count(len(told))
    answer = page.request.get(f"{shown.address}/works.html?account=Wavelark")
    assert "attachment" in answer.headers["content-disposition"]


def test_an_error_is_a_page_with_a_way_out(context: BrowserContext, shown: Shown) -> None:
    page = context.new_page()
    answer = page.goto(shown.address.replace("/s/tea", "/s/none/find"))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("no store is called")).to_be_visible()
    page.get_by_role("link", name="To the first page").click()
    expect(page).to_have_url(re.compile("/s/tea/find"))


def test_texts_of_users_stay_texts_in_every_view(page: Page, shown: Shown) -> None:
    evil = "<img src=x onerror=alert(1)>"
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    for view in ("find?q=", "find?account=", "works?account=", "compose?draft=", "sql?q="):
        page.goto(f"{shown.address}/{view}{quote(evil)}")
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x]").count() == 0


def test_a_picture_is_served_by_its_hash_and_nothing_else_is(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find")
    address = page.locator(".shot img").first.get_attribute("src")
    assert address is not None
    served = page.request.get(shown.address.rpartition("/s/")[0] + address.partition("?")[0])
    assert served.headers["content-type"].startswith("image/")
    assert served.headers["x-content-type-options"] == "nosniff"
    for name in ("..%2f..%2fstore.duckdb", "0" * 64, "store.duckdb"):
        assert page.request.get(f"{shown.address}/media/{name}").status == 404


def test_a_chosen_theme_stays(page: Page, shown: Shown) -> None:
    page.goto(f"{shown.address}/find")
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto(f"{shown.address}/data")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="Light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
