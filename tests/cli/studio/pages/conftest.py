"""The pages in a browser: one store, one server and one Chromium for all tests."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from embedstore.cli.studio.app import create_app
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    expect,
    sync_playwright,
)
from shown_store import Shown

import embedstore

# Heads compute in processes that start with the first question.
expect.set_options(timeout=30_000)

SIZES = {"wide": (1440, 900), "narrow": (360, 740)}


@pytest.fixture(scope="session")
def shown(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The sample store, served on a free port."""
    folder = tmp_path_factory.mktemp("studio")
    path = folder / "tea.store"
    shutil.copytree(sample_store, path)
    _add_topics_and_map(path)
    server = uvicorn.Server(
        uvicorn.Config(create_app([path]), host="127.0.0.1", port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Shown(f"http://127.0.0.1:{port}/s/tea", path, sample_store.parent / "sample")
    server.should_exit = True
    thread.join(timeout=10)


def _add_topics_and_map(path: Path) -> None:
    """Make each company a topic, and put the posts on a grid: what they are is no matter here."""
    store = embedstore.open(path, "rw")
    store.sql(
        "INSERT INTO topics SELECT row_number() OVER (ORDER BY company), NULL, 0, company, false,"
        " [company], count(*) FROM posts WHERE company IS NOT NULL GROUP BY company"
    )
    store.sql(
        "INSERT INTO post_topics SELECT post_id, topic_id, 1, text_content_id FROM posts"
        " JOIN topics ON name = company WHERE text_content_id IS NOT NULL"
    )
    store.sql(
        "INSERT INTO spaces (space, position, encoder, texts, images, text_field, settings,"
        " fingerprint, joint, dim) VALUES"
        " ('map', 9, 'umap', false, false, 'text', '{}', 'map', 'map', 2)"
    )
    store.sql(
        "INSERT INTO vectors SELECT 'map', content_id,"
        " [content_id % 20 + 0.5, content_id // 20 + 0.5]::FLOAT[]"
        " FROM contents WHERE kind = 'text'"
    )


def _chromium() -> str | None:
    """The system's Chromium; None for the one that Playwright has installed itself."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        except Error as error:
            told = "no Chromium can be started: `apt-get install chromium`, or"
            told += f" `playwright install chromium` ({error.message.splitlines()[0]})"
            if os.environ.get("CI"):
                pytest.fail(told)
            pytest.skip(told)
        yield started
        started.close()


@dataclass
class Watched:
    """A page whose complaints are kept.

    Attributes
    ----------
    page : Page
        The page.
    complaints : list of str
        Errors of the console, of scripts, and answers that are no success.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Keep what goes wrong from now on."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")


@pytest.fixture(params=SIZES)
def sized(request: pytest.FixtureRequest) -> str:
    """Each size of window in turn."""
    return str(request.param)


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh window: of a size where the test asks for one, wide otherwise."""
    name = request.getfixturevalue("sized") if "sized" in request.fixturenames else "wide"
    width, height = SIZES[name]
    made = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if name == "narrow" else "light",
    )
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may not complain: neither its console, nor a script, nor the server."""
    watched = Watched(context.new_page())
    watched.watch()
    yield watched.page
    assert watched.complaints == []
