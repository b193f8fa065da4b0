"""Draws docs/images/studio-*.webp anew: the studio's pages on the demo's store.

Needs `make demo`, Chromium and a font with emoji (Debian: chromium fonts-noto-color-emoji).

    .venv/bin/python docs/screens.py [VIEW...]
"""

import io
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from embedstore.cli.studio.app import create_app
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import heads
from embedstore.topics.find import find_topics
from embedstore.topics.map import update_map

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
STORE = ROOT / "scratch" / "demo" / "posts.store"
WIDTH, HEIGHT = 1440, 1000

DRAFTS = (
    "Who's cutting onions? Viktor wrote a whole novel at table six. We just got the first copy.",
    "Free coffee for early risers. Doors open at six.",
)
QUERY = (
    "SELECT date_trunc('quarter', created_at) AS quarter, count(*) AS posts,\n"
    "  round(median(likes)) AS likes\n"
    "FROM posts WHERE created_at IS NOT NULL GROUP BY quarter ORDER BY quarter"
)
CLASSES = {
    "promo": "a discount, a sale, an offer to buy",
    "news": "news of the company, results, a launch",
    "community": "thanks, people, helping others",
}

VIEWS: dict[str, tuple[str, dict[str, object], str]] = {
    "find": ("find", {"q": "a cup of coffee", "among": "images"}, "article.card"),
    "map": ("map", {}, "canvas[data-ready]"),
    "compose": (
        "compose",
        {"account": "Kettlewick", "at": "2023-01-01T18:00", "draft": DRAFTS},
        ".hours",
    ),
    "works": ("works", {"account": "Kettlewick"}, ".forest"),
    "label": ("label", {"name": "kind"}, "[data-class]"),
    "data": ("data", {}, ".stats"),
    "sql": ("sql", {"q": QUERY}, ".plane"),
}
"""Name → view, values of its address, and what is there when it is ready."""


@contextmanager
def served(store: Path) -> Iterator[str]:
    """Serve a store; yields the address of its pages."""
    app = create_app([store])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/s/{store.name.removesuffix('.store')}"
    server.should_exit = True
    thread.join()


def draw(page: Page, address: str, name: str) -> None:
    """Draw one view."""
    view, values, ready = VIEWS[name]
    page.goto(f"{address}/{view}?{urlencode(values, doseq=True)}")
    page.locator(ready).first.wait_for(timeout=120_000)
    page.wait_for_load_state("networkidle")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(IMAGES / f"studio-{name}.webp", quality=80, method=6)


def main() -> None:
    """Draw all views on a copy of the demo's store, with topics, a map and a label."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / STORE.name
        shutil.copytree(STORE, store)
        find_topics(store)
        update_map(store)
        heads.fit_label(store, "kind", describe=CLASSES)
        heads.label_posts(store, "kind")
        if "likes" not in heads.list_runs(store)["head"].to_pylist():
            heads.fit_likes(store)
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            for name in sys.argv[1:] or VIEWS:
                draw(page, address, name)
            browser.close()


if __name__ == "__main__":
    main()
