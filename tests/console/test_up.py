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


def test_a_second_start_on_another_folder(console, tmp_path):
    with running(tmp_path, "--port", str(console.port)) as second:
        assert second.port != console.port
        assert f"Port {console.port} " in "".join(second.said)
        # Cookies do not know ports: signing in on one console must leave the other's session alone.
        console.browser.sign_in(second.link)
        response, _ = console.browser.get(console.address + "/projects/")
        assert "/sign-in/" not in response.url
        names = {cookie.name for cookie in console.browser.cookies}
        assert {f"daemonset-console-{console.port}", f"daemonset-console-{second.port}"} <= names


def test_a_second_start_on_the_same_folder_leads_to_the_first(console, folder):
    before = {name: (folder / name).stat().st_mtime_ns for name in ("secret-key", "static/.stamp", "address")}
    done = command("up", folder)
    assert done.returncode == 1
    assert f"process {console.process.pid}" in done.stderr
    Browser().sign_in(done.stdout.strip())
    assert before == {name: (folder / name).stat().st_mtime_ns for name in before}


def test_a_link_leads_to_the_console_while_it_runs(console, folder, tmp_path):
    Browser().sign_in(command("link", folder).stdout.strip())
    with running(tmp_path / "killed") as killed:
        killed.process.kill()
        killed.process.wait()
        done = command("link", tmp_path / "killed")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.endswith("[not-running]\n")
    with running(tmp_path / "killed") as again:
        assert command("link", tmp_path / "killed").stdout.startswith(again.address)


def command(name, folder):
    return subprocess.run(
        [sys.executable, "-m", "console", name, "--data", str(folder)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_requests_open_and_says_so(tmp_path, how):
    with running(tmp_path) as other:
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
