"""The switches of the frame, language and theme, come back to the page they stand on."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.stores.texts import daemonset_text
from tests.views.pages import soup, words
from workloads.drafts import store as drafts
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import daemonset

PROJECT = "/clusters/offline/projects/demo"
DRAFT = ("basics", "pods", "volumes", "labels", "nodes", "review", "yaml")


@pytest.fixture
def draft(admin, demo):
    first_start(admin)
    store = store_for("offline", admin)
    store.apply(daemonset_text("agent"), project="demo", base="")
    return drafts.create(admin, "offline", "demo", origin=store.get(daemonset("demo", "agent")))


def returns(response) -> set[str]:
    """Where the switches of a page lead back to."""
    bar = soup(response).find("header", class_="bar")
    return {field["value"] for field in bar.find_all("input", {"name": "next"})}


@pytest.mark.parametrize("slug", DRAFT)
def test_the_language_is_switched_in_the_middle_of_a_draft(signed_in, draft, slug):
    address = f"/drafts/{draft.id}/{slug}/?doc=0"
    assert returns(signed_in.get(address)) == {address}
    form = soup(signed_in.get(address)).find("form", class_="lang")
    back = signed_in.post(form["action"], {"language": "zh-hans", "next": address})
    page = signed_in.get(back.url)
    assert (page.status_code, soup(page).html["lang"]) == (200, "zh-hans")


@pytest.mark.parametrize(
    "address",
    [
        f"{PROJECT}/daemonsets/?q=agent",
        f"{PROJECT}/daemonsets/agent/",
        f"{PROJECT}/daemonsets/agent/nodes/?by=none",
        f"{PROJECT}/resourcequotas/",
        f"{PROJECT}/deleted/",
        f"{PROJECT}/import/",
        f"{PROJECT}/matrix/?each=1",
        "/clusters/offline/nodes/?q=gpu",
        "/clusters/offline/nodes/sample-gpu-1/",
        "/projects/?q=demo",
        "/drafts/",
    ],
)
def test_every_switch_comes_back_to_its_page_with_its_query(signed_in, draft, address):
    assert returns(signed_in.get(address)) == {address}


def test_a_page_that_answers_a_form_leads_back_to_where_the_form_stood(signed_in, draft):
    address = reverse("draft-step", args=[draft.id, "nodes"]) + "?doc=0"
    wrong = {"version": "1", "op": "go:nowhere-at-all"}
    page = signed_in.post(address, wrong, headers={"Referer": f"http://testserver{address}"})
    assert page.status_code == 400
    assert returns(page) == {address}
    back = signed_in.post("/theme/", {"theme": "dark", "next": next(iter(returns(page)))})
    assert signed_in.get(back.url).status_code == 200


def test_pages_of_the_whole_cluster_lead_back_to_the_project(signed_in, draft):
    signed_in.get(f"{PROJECT}/matrix/")
    page = signed_in.get("/clusters/offline/matrix/")
    side = soup(page).find("nav", class_="side")
    assert side.find("a", href=f"{PROJECT}/daemonsets/")
    assert side.find("a", attrs={"aria-current": "page"})["href"] == f"{PROJECT}/matrix/"
    assert soup(page).main.find("a", href=f"{PROJECT}/matrix/")
    assert "demo" in words(page)
