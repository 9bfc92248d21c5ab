"""Browser tests: the real ASGI application on a real port, Debian's Chromium, a database file of its own.

Without Chromium they are skipped with one line that says how to get it; with CI set that is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

# Playwright's event loop runs in the test's thread; the ORM refuses to work beside one unless told so.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parent
# Responses that are refused on purpose.
HARMLESS = ("Failed to load resource",)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="no Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    arguments = ["--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@pytest.fixture(scope="session")
def server(django_db_setup):
    """The real ASGI application, running, on `listener`."""
    import uvicorn
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    from console.asgi import application

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            ASGIStaticFilesHandler(application),
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    server.listener = listener
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server
    server.should_exit = True
    thread.join(5)
    listener.close()


@pytest.fixture
def console(transactional_db, server):
    """The address of a running console on an empty database."""
    yield f"http://127.0.0.1:{server.listener.getsockname()[1]}"
    # What a page has sent last must not meet the database of the next test.
    end = time.monotonic() + 10
    while server.server_state.tasks and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture
def person(transactional_db, django_user_model):
    return django_user_model.objects.create_superuser("admin")


@pytest.fixture
def signed_in_page(console, page, context, person, settings):
    """A page of a signed-in administrator; an error, a refused script or a failed request fails the test."""
    from django.test import Client

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": console}])
    page.base = console
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type == "error" and not message.text.startswith(HARMLESS)
            else None
        ),
    )
    yield page
    assert faults == []
