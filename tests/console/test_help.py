"""The help menu: guides, keys and version, without a network."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote, urlsplit

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


def guide(client, page, language="en"):
    return soup(client.get(f"/help/{page}/", headers={"accept-language": language})).select_one(
        "article.guide"
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_of_a_guide_is_at_hand(signed_in, page, language):
    shown = guide(signed_in, page, language)
    assert shown.find_all("table")
    ids = [heading["id"] for heading in shown.select("h1, h2, h3")]
    assert len(ids) == len(set(ids)) > 5
    for link in shown.find_all("a"):
        address = urlsplit(link["href"])
        if address.scheme:
            assert address.scheme == "https"
        elif address.path:
            other = guide(signed_in, address.path.split("/")[2], language)
            assert not address.fragment or other.find(id=unquote(address.fragment))
        else:
            assert unquote(address.fragment) in ids
    for picture in shown.find_all("img"):
        assert picture["alt"]
        assert signed_in.get(picture["src"])["Content-Type"] == "image/webp"


def test_the_users_guide_is_whole_in_chinese(signed_in):
    """Section by section it has the same paragraphs, items, rows, pictures, buttons and code."""

    def outline(language):
        shown = guide(signed_in, "users", language)
        assert shown["lang"] == language
        sections: list[Counter[str]] = [Counter()]
        for each in shown.select("h2, p, li, tr, img, strong, pre"):
            if each.name == "h2":
                sections.append(Counter())
            sections[-1][each.get("src") or each.name] += 1
        return sections[1:]  # the table of contents has its own order of words

    assert outline("zh-hans") == outline("en")
    chinese = {"accept-language": "zh-hans"}
    menu = soup(signed_in.get("/projects/", headers=chinese)).select_one("header #help")
    keys = unquote(urlsplit(menu.find_all("a")[1]["href"]).fragment)
    assert guide(signed_in, "users", "zh-hans").find(id=keys).find_next("code").text == "/"


@pytest.mark.parametrize(
    "address", ["/help/architecture/", "/help/pictures/none.webp", "/help/pictures/..%2Fusers.md"]
)
def test_nothing_else_is_shown(signed_in, address):
    assert signed_in.get(address).status_code == 404
