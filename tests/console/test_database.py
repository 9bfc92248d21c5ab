"""The database is gone, damaged, locked or full: a page says so, what was typed stays, and others go on."""

from __future__ import annotations

import subprocess
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

from console import database
from console.errors import BadInput
from console.projects.models import Project
from tests.console.running import ROOT, Browser, environment, running

DEMO = "/clusters/offline/projects/demo/"
FROM_HERE = {"Origin": "http://testserver"}


def soup(page):
    return BeautifulSoup(page, "html.parser")


# A console whose database is destroyed while it runs ------------------------------------------------


@pytest.fixture(scope="module")
def destroyed(tmp_path_factory):
    """A console with a signed-in browser, and then without a database."""
    folder = tmp_path_factory.mktemp("destroyed")
    with running(folder) as console:
        console.folder = folder
        console.browser = Browser()
        console.browser.sign_in(console.link)
        console.browser.get(console.address + DEMO + "daemonsets/")
        for file in folder.glob("console.sqlite3*"):
            file.write_bytes(b"x" * 100_000)
        yield console


def ask(console, path, data=None, **headers):
    """(status, headers, page)"""
    request = Request(console.address + path, data=data and urlencode(data).encode(), headers=headers)
    try:
        with console.browser.opener.open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read().decode()


@pytest.mark.parametrize("path", ["/", DEMO + "daemonsets/", "/drafts/", "/sign-in/some-token/"])
def test_every_page_says_that_the_database_is_gone(destroyed, path):
    before = len(destroyed.said)
    status, _headers, page = ask(destroyed, path)
    assert status == 503
    assert soup(page).find("section", attrs={"data-error": "database"})
    assert ask(destroyed, "/healthz")[0] == 200  # and so the lines of the request are there
    assert len([line for line in destroyed.said[before:] if "not a database" in line]) <= 1


def test_what_was_typed_is_on_the_page(destroyed):
    token = next(cookie.value for cookie in destroyed.browser.cookies if "csrf" in cookie.name)
    typed = {"csrfmiddlewaretoken": token, "text": "kind: DaemonSet\nmetadata: {name: typed}\n"}
    status, _headers, page = ask(destroyed, DEMO + "import/", typed, Origin=destroyed.address)
    assert status == 503
    form = soup(page).find("form", class_="acts")
    assert form["action"] == DEMO + "import/"
    assert form.find("input", attrs={"name": "text"})["value"] == typed["text"]


def test_health_needs_no_database_and_no_session(destroyed):
    status, headers, page = ask(destroyed, "/healthz")
    assert (status, page, headers["Set-Cookie"]) == (200, "ok\n", None)
    status, headers, page = ask(destroyed, "/readyz")
    assert (status, headers["Set-Cookie"]) == (503, None)
    assert headers["Content-Type"] == "text/plain"
    assert ask(destroyed, "/sign-in/")[0] == 503  # may be signed in


@pytest.mark.parametrize("command", [["user", "list"], ["link"], ["export", "demo"], ["user", "add", "wei"]])
def test_commands_say_it_in_a_line(destroyed, command):
    done = subprocess.run(
        [sys.executable, "-m", "console", *command, "--data", str(destroyed.folder)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("[database]\n")
    assert str(destroyed.folder / "console.sqlite3") in done.stderr


def test_the_log_has_no_traceback(destroyed):
    assert "Traceback" not in "".join(destroyed.said)


# Full, or locked ------------------------------------------------------------------------------------


@pytest.fixture
def full(signed_in, demo):
    """SQLite has no page left: as on a full disk."""
    Project.objects.create(name="second")
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield signed_in
        cursor.execute("PRAGMA max_page_count = 4294967294")


@pytest.mark.django_db(transaction=True)
def test_on_a_full_disk_pages_are_read_and_what_is_typed_is_kept(full):
    for project in ("demo", "second", "demo"):
        assert full.get(f"/clusters/offline/projects/{project}/daemonsets/").status_code == 200
    typed = "# mine\n" * 20_000
    refused = full.post(DEMO + "import/", {"text": typed}, headers=FROM_HERE)
    assert refused.status_code == 507
    page = soup(refused.content)
    assert page.find("section", attrs={"data-error": "disk-full"})
    assert page.find("form", class_="acts").find("input", attrs={"name": "text"})["value"] == typed
    assert full.get(DEMO + "daemonsets/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_session_that_cannot_be_saved_costs_nobody_the_answer(signed_in, demo):
    session = signed_in.session
    session["seen"] = 0  # it is time to prolong it
    session.save()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
        assert signed_in.get(DEMO + "daemonsets/").status_code == 200
        cursor.execute("PRAGMA query_only = 0")
    assert signed_in.session["seen"] == 0


@pytest.mark.django_db(transaction=True)
def test_reading_another_project_writes_nothing(signed_in, demo):
    Project.objects.create(name="second")
    signed_in.get(DEMO + "daemonsets/")  # prolongs the session
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
        assert signed_in.get("/clusters/offline/projects/second/daemonsets/").status_code == 200
        assert signed_in.get("/").url == "/clusters/offline/projects/second/daemonsets/"
        cursor.execute("PRAGMA query_only = 0")


# What is a failure of the database -----------------------------------------------------------------


def raised(cause):
    with pytest.raises(OperationalError) as error:
        raise OperationalError(str(cause)) from cause
    return error.value


class DiskFull(Exception):
    """As psycopg has it."""

    sqlstate = "53100"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("database is locked"), "database"),
        (DatabaseError("database disk image is malformed"), "database"),
        (InterfaceError("connection already closed"), "database"),
        (raised(DiskFull()), "disk-full"),
        (OSError(28, "No space left on device"), "disk-full"),
        (IntegrityError("UNIQUE constraint failed"), None),
        (OSError(2, "No such file"), None),
        (ZeroDivisionError(), None),
        (None, None),
    ],
)
def test_what_counts_as_one(error, code):
    shown = database.failure(error)
    assert (shown and shown.code) == code


def test_the_log_gets_the_first_line_only():
    said = 'connection to server at "10.0.0.1" failed: Connection refused\n\tIs the server running?'
    assert "\n" not in database.in_a_line(OperationalError(said))
    assert database.in_a_line(OperationalError()) == "OperationalError"


# Which database -------------------------------------------------------------------------------------


def test_sqlite_in_the_data_folder_unless_named(tmp_path):
    assert database.configuration("", tmp_path / "a.sqlite3")["NAME"] == str(tmp_path / "a.sqlite3")
    named = database.configuration("sqlite:////srv/b.sqlite3", tmp_path / "a.sqlite3")
    assert named["NAME"] == "/srv/b.sqlite3"
    assert named["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize("url", ["nonsense", "mysql://me:hunter2@db/console", "foo://me:hunter2@db/x"])
def test_other_databases_are_refused_without_their_password(tmp_path, url):
    with pytest.raises(BadInput) as refused:
        database.configuration(url, tmp_path / "a.sqlite3")
    assert refused.value.code == "bad-database-url"
    assert "hunter2" not in refused.value.message + refused.value.way_out


def test_a_missing_driver_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput) as refused:
        database.configuration("postgres://me:hunter2@db/console", tmp_path / "a.sqlite3")
    assert refused.value.code == "no-database-driver"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    found = database.configuration("postgres://me:hunter2@db/console?sslmode=require", tmp_path / "a")
    assert found["OPTIONS"] == {"connect_timeout": database.CONNECT_SECONDS, "sslmode": "require"}
