"""One command on an empty machine: it starts, prints a link that lets in, stops when told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from bs4 import BeautifulSoup

from tests.console.running import ROOT, Browser, environment, running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("up") / "not" / "yet"


@pytest.fixture(scope="module")
def console(folder):
    """A console after its first start, and the browser of a person who opened the link it printed."""
    with running(folder, "--access-log", "--name", "console.example") as started:
        started.browser = Browser()
        started.welcome = started.browser.sign_in(started.link)
        yield started


def status_of(browser, address, **headers):
    try:
        response, _ = browser.get(address, **headers)
    except HTTPError as refused:
        refused.close()
        return refused.code
    return response.status


def test_from_nothing_to_the_sample_project(console):
    response, page = console.welcome
    assert response.status == 200
    assert "demo" in page
    assert "admin" in page
    assert status_of(Browser(), console.link) == 403


def test_nothing_in_the_state_folder_is_for_others(console, folder):
    there = [folder, *folder.iterdir()]
    assert len(there) > 4
    # Static files are everybody's; the folder round them is closed all the same.
    assert [path for path in there if path.stat().st_mode & 0o077 and path.name != "static"] == []


def test_static_files_travel_compressed_and_are_kept_for_good(console):
    address = BeautifulSoup(console.welcome[1], "html.parser").find("link", rel="stylesheet")["href"]
    asked = Request(console.address + address, headers={"Accept-Encoding": "gzip, br"})
    with console.browser.opener.open(asked) as response:
        pass
    assert response.headers["Content-Encoding"] == "br"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_second_start_beside_the_first(console, folder):
    before = {name: (folder / name).stat().st_mtime_ns for name in ("secret-key", "static/.stamp")}
    with running(folder, "--port", str(console.port)) as second:
        assert second.port != console.port
        assert f"Port {console.port} " in "".join(second.said)
        Browser().sign_in(second.link)
        # Cookies do not know ports: signing in on one console must leave the other's session alone.
        console.browser.sign_in(_link(folder))
        response, _ = console.browser.get(console.address + "/projects/")
        assert "/sign-in/" not in response.url
        names = {cookie.name for cookie in console.browser.cookies}
        assert {f"daemonset-console-{console.port}", f"daemonset-console-{second.port}"} <= names
    # Nothing was created again.
    assert before == {name: (folder / name).stat().st_mtime_ns for name in before}


def _link(folder):
    """For the console that was started last."""
    printed = subprocess.run(
        [sys.executable, "-m", "console", "link", "--data", str(folder)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert printed.returncode == 0, printed.stderr
    return printed.stdout.strip()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_requests_open_and_says_so(console, folder, how):
    with running(folder) as other:
        idle = socket.create_connection(("127.0.0.1", other.port))
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        sending = socket.create_connection(("127.0.0.1", other.port))
        sending.sendall(b"POST /theme/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ntheme=")
        said = other.stop(how)
        idle.close()
        sending.close()
    assert "Traceback" not in said
    assert "ERROR" not in said
    if how == signal.SIGINT:
        assert other.process.returncode == 0
        assert said.split("Ctrl-C", 1)[1].strip()


def test_the_access_log_holds_no_token_and_no_query(console):
    console.browser.get(console.address + "/sign-in/?next=/secret-thing/")
    token = console.link.rstrip("/").rsplit("/", 1)[1]
    log = "".join(console.said).split("Ctrl-C")[1]
    assert "GET /sign-in/…/" in log
    assert token not in log
    assert "secret-thing" not in log


def test_only_names_it_was_told_are_answered(console):
    assert status_of(console.browser, console.address + "/healthz", Host="console.example") == 200
    assert status_of(console.browser, console.address + "/sign-in/", Host="evil.example") == 400
