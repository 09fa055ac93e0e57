"""The product as it runs: uvicorn and its event stream on the test database, a real browser."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from crm.accounts.models import Membership
from tests.browser.world import Worker, World, make_world
from tests.fixtures.browser import launch_browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser and commits."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all of them: nothing else runs in their process."""
    with launch_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """uvicorn with the real application, in a thread; it lives as long as the run."""
    # A style sheet may be edited while the tests run.
    settings.WHITENOISE_AUTOREFRESH = True
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        "config.asgi:application", lifespan="off", log_level="warning", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield url
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The shop, and the worker that delivers its events."""
    made = make_world()
    worker = Worker(made.company.pk)
    worker.start()
    yield made
    worker.stop()
    assert worker.failed == []


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, server_url: str, world: World) -> Iterator[Open]:
    """`open_page(role, "orders/")`: a page of the shop in a window of the member's own.

    An error in a page's console or script fails the test; with `lossy=True` requests may get lost.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    closing: list[bool] = []

    def complain(text: str) -> None:
        # What a window was still asking for is cut off as it closes.
        if closing and text.startswith("htmx:"):
            return
        # A refused request (4xx) that the page shows in place is no fault of the page.
        if "the server responded with a status of 4" not in text and "Status Error" not in text:
            complaints.append(text)

    def open_one(role: str | None, path: str = "", **options: Any) -> Page:
        lossy = options.pop("lossy", False)
        context = browser.new_context(
            viewport=options.pop("viewport", DESK), locale="en-US", base_url=server_url, **options
        )
        contexts.append(context)

        def hear(said: str) -> None:
            if not (lossy and ("net::ERR_" in said or said.startswith("htmx:"))):
                complain(said)

        if role is not None:
            session = _session(world.people[role])
            context.add_cookies([{"name": "kram_session", "value": session, "url": server_url}])
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda m: hear(m.text) if m.type == "error" else None)
        page.goto(f"/{world.company.slug}/{path}" if role is not None else path or "/")
        return page

    yield open_one
    closing.append(True)
    for context in contexts:
        context.close()
    assert complaints == []


def _session(member: Membership) -> str:
    client = Client()
    client.force_login(member.user)
    return client.cookies["kram_session"].value
