"""One person is let in by a one-time link, and nobody else."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.accounts import links, people
from console.accounts.models import SignInLink
from console.audit.models import Entry
from console.errors import AlreadyExists, BadInput, Conflict, Forbidden, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(db):
    return links.new_token(links.administrator())


def test_the_first_start_makes_one_administrator_without_a_password(db):
    person = links.administrator()
    assert person.get_username() == "admin"
    assert not person.has_usable_password()
    assert links.administrator() == person


def test_opening_the_link_does_not_use_it_up_the_button_does(client, token):
    address = f"/sign-in/{token}/"
    for _ in range(3):  # a mail program, a chat program, the person
        assert client.get(address).status_code == 200
    signed_in = client.post(address)
    assert signed_in.status_code == 303
    assert "_auth_user_id" in client.session
    assert Client().get(address).status_code == 403
    assert Client().post(address).status_code == 403


def test_the_token_itself_is_not_in_the_database(token):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_signinlink")
        assert token not in str(cursor.fetchall())


@pytest.mark.parametrize("how", ["wrong", "expired", "replaced", "removed"])
def test_other_links_are_refused_with_the_way_to_a_new_one(client, token, how):
    if how == "wrong":
        token = "x" * 43
    elif how == "expired":
        SignInLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    elif how == "replaced":
        links.new_token(links.administrator())
    else:
        people.add("second")
        people.remove("admin")
    for response in (client.get(f"/sign-in/{token}/"), client.post(f"/sign-in/{token}/")):
        assert response.status_code == 403
        page = BeautifulSoup(response.content, "html.parser")
        assert page.find(attrs={"data-error": "sign-in-link"})
        assert "daemonset-console link" in page.main.text
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_comes_in():
    token = links.new_token(links.administrator())
    outcomes = []

    def knock():
        try:
            links.use(token)
            outcomes.append("in")
        except Forbidden:
            outcomes.append("out")
        finally:
            connection.close()

    knocking = [threading.Thread(target=knock) for _ in range(10)]
    for thread in knocking:
        thread.start()
    for thread in knocking:
        thread.join()
    assert sorted(outcomes) == ["in", *["out"] * 9]


def test_a_link_is_used_up_only_with_the_session_that_it_opens(client, token):
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME TO away")
        assert client.post(f"/sign-in/{token}/").status_code == 503
        cursor.execute("ALTER TABLE away RENAME TO django_session")
    assert client.post(f"/sign-in/{token}/").status_code == 303


def test_one_comes_back_to_the_page_one_asked_for(client, token, settings):
    asked = client.get("/?page=2")
    sign_in = client.get(asked.url)
    assert BeautifulSoup(sign_in.content, "html.parser").pre.text == settings.LINK_COMMAND
    assert client.post(f"/sign-in/{token}/").url == "/?page=2"


def test_both_pages_name_the_command_that_prints_a_link(client, db, settings):
    settings.LINK_COMMAND = ".venv/bin/daemonset-console link --data DIR"
    page = BeautifulSoup(client.get("/sign-in/").content, "html.parser")
    assert page.pre.text == settings.LINK_COMMAND
    assert settings.LINK_COMMAND in client.get("/sign-in/used-up/").content.decode()


def test_the_page_asked_for_may_have_any_characters(client, token):
    client.get("/sign-in/", {"next": "/projects/?q=日志"})
    [kept] = [cookie for name, cookie in client.cookies.items() if name == "next"]
    assert kept.output().isascii()
    assert client.post(f"/sign-in/{token}/").url == "/projects/?q=%E6%97%A5%E5%BF%97"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "foo",
        "-1",
        "{",
        "a b",
        "no-such:name",
        "\ud7ff",
        "///",
        "home",
        "http://[::1",
    ],
)
def test_nobody_is_sent_to_another_site(client, token, elsewhere):
    client.get("/sign-in/", {"next": elsewhere})
    assert client.post(f"/sign-in/{token}/").url == "/"
    chosen = client.post("/theme/", {"theme": "dark", "next": elsewhere})
    assert chosen.url == "/"


def test_signing_in_and_out_is_recorded(client, token):
    client.post(f"/sign-in/{token}/")
    client.post("/sign-out/")
    assert list(Entry.objects.order_by("id").values_list("who", "verb")) == [
        ("admin", "sign-in"),
        ("admin", "sign-out"),
    ]
    assert client.get("/").url.startswith("/sign-in/")


def test_signing_out_takes_a_form(signed_in):
    assert signed_in.get("/sign-out/").status_code == 405
    assert "_auth_user_id" in signed_in.session


def test_the_session_ends_when_idle_and_its_cookie_is_not_for_scripts(client, token, settings):
    cookie = client.post(f"/sign-in/{token}/").cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 12 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    session = client.session
    assert settings.SESSION_COOKIE_NAME not in client.get("/sign-out/").cookies
    session["seen"] -= 3600
    session.save()
    assert settings.SESSION_COOKIE_NAME in client.get("/sign-out/").cookies  # at work: prolonged


def test_people_come_and_go(db):
    links.administrator()
    people.add("wei")
    with pytest.raises(AlreadyExists):
        people.add("wei")
    with pytest.raises(BadInput):
        people.add("no spaces, please")
    people.remove("wei")
    with pytest.raises(NotFound):
        people.find("wei")
    people.add("wei")
    people.remove("admin")
    with pytest.raises(Conflict):
        people.remove("wei")


def test_who_was_removed_is_out_at_once(client, admin):
    people.add("wei")
    client.force_login(people.find("wei"))
    assert client.get("/sign-out/").status_code == 405
    people.remove("wei")
    assert client.get("/").url.startswith("/sign-in/")
