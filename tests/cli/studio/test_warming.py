"""What searches need is loaded after the first page, or without one."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from embedstore.cli.studio import warming
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.warming import Warming
from fastapi.testclient import TestClient

PATIENCE_S = 60.0


class Counted:
    """Stores that count how often they were warmed."""

    times = 0

    def warm(self) -> None:
        self.times += 1


def warmed(
    monkeypatch: pytest.MonkeyPatch,
    say: Callable[[Warming], None] = lambda _: None,
    alone: float = PATIENCE_S,
    drawn: float = PATIENCE_S,
) -> tuple[bool, int]:
    """Say something to a warming that runs; returns whether it is done, and its stores' count."""
    monkeypatch.setattr(warming, "ALONE_S", alone)
    monkeypatch.setattr(warming, "DRAWN_S", drawn)
    stores = Counted()
    found = Warming(cast("Stores", stores))
    thread = threading.Thread(target=found.run)
    thread.start()
    say(found)
    thread.join(PATIENCE_S / 2)
    assert not thread.is_alive()
    return found.done, stores.times


def test_stores_are_warmed_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warmed(monkeypatch, alone=0.05) == (True, 1)


def test_stores_are_warmed_after_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warmed(monkeypatch, Warming.shown, drawn=0.05) == (True, 1)


def test_whoever_waits_until_all_is_loaded_waits_for_no_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert warmed(monkeypatch, Warming.hurry) == (True, 1)


def test_a_service_that_ends_loads_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warmed(monkeypatch, Warming.end) == (False, 0)


@pytest.mark.parametrize("path", ["/readyz", "/s/tea/find"])
def test_a_service_is_ready_after_a_page_and_for_a_probe(
    make_client: Callable[..., TestClient],
    sample_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setattr(warming, "ALONE_S", PATIENCE_S)
    done = threading.Event()
    warm = Stores.warm

    def told(stores: Stores) -> None:
        warm(stores)
        done.set()

    monkeypatch.setattr(Stores, "warm", told)
    client: Any = make_client(sample_store)
    assert not done.wait(0.3)
    client.get(path)
    assert done.wait(PATIENCE_S / 2)
    for _ in range(1000):
        if client.get("/readyz").status_code == 200:
            break
        time.sleep(0.01)
    else:
        pytest.fail("it is never ready")
