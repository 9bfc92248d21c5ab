"""The help menu: guides, keys and version, without a network."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from console import __version__
from console.web.guide import PAGES
from tests.stores.texts import daemonset_text
from workloads.drafts import store as drafts

pytestmark = pytest.mark.django_db


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def test_the_menu_leads_to_the_guides_and_names_the_version(signed_in):
    menu = soup(signed_in.get("/projects/")).select_one("header #help")
    addresses = [link["href"] for link in menu.find_all("a")]
    assert addresses == ["/help/users/", "/help/users/#keys", "/help/operators/"]
    assert __version__ in menu.text
    assert {signed_in.get(urlsplit(address).path).status_code for address in addresses} == {200}


@pytest.mark.parametrize("page", ["basics", "yaml", "review"])
def test_the_version_is_that_of_the_console_on_the_pages_of_a_draft(signed_in, admin, demo, page):
    draft = drafts.create(admin, "offline", "demo", daemonset_text())
    menu = soup(signed_in.get(f"/drafts/{draft.pk}/{page}/")).select_one("header #help")
    assert menu.select_one("p").text.strip().endswith(f" {__version__}")


def test_help_is_for_people_who_are_signed_in(client):
    assert soup(client.get("/sign-in/")).select_one("#help") is None
    assert (
        client.get("/help/users/").status_code == client.get("/help/pictures/review.webp").status_code == 302
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_of_a_guide_is_at_hand(signed_in, page):
    guide = soup(signed_in.get(f"/help/{page}/")).select_one("article.guide")
    assert guide.find_all("table")
    ids = [heading["id"] for heading in guide.select("h1, h2, h3")]
    assert len(ids) == len(set(ids)) > 5
    for link in guide.find_all("a"):
        address = urlsplit(link["href"])
        if address.scheme:
            assert address.scheme == "https"
        elif address.path:
            other = soup(signed_in.get(address.path))
            assert not address.fragment or other.find(id=address.fragment)
        else:
            assert address.fragment in ids
    for picture in guide.find_all("img"):
        assert picture["alt"]
        assert signed_in.get(picture["src"])["Content-Type"] == "image/webp"


@pytest.mark.parametrize(
    "address", ["/help/architecture/", "/help/pictures/none.webp", "/help/pictures/..%2Fusers.md"]
)
def test_nothing_else_is_shown(signed_in, address):
    assert signed_in.get(address).status_code == 404
