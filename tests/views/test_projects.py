"""The switcher: clusters and their projects."""

from __future__ import annotations

import pytest

from console.projects.models import Project
from tests.stores.texts import config_map, daemonset_text
from tests.views.pages import follow, soup, toasts
from workloads.drafts import store as drafts
from workloads.stores import store_for


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


@pytest.fixture
def dead_cluster(settings, tmp_path):
    """A kubeconfig whose one server refuses connections."""
    path = tmp_path / "kubeconfig"
    path.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: dead\n"
        "contexts: [{name: dead, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9'}}]\n"
        "users: [{name: u, user: {token: not-shown}}]\n"
    )
    settings.KUBECONFIG = str(path)


def names(page):
    return [name.text for name in soup(page).select(".projects .name")]


def test_projects_are_listed_with_what_is_in_them(signed_in, store, admin):
    store.create_project("other", alias="其他", description="for tests")
    store.apply(daemonset_text(), project="other", base="")
    drafts.create(admin, "offline", "demo", daemonset_text())
    page = signed_in.get("/projects/")
    assert names(page) == ["demo", "other"]
    page = soup(page)
    assert [row["data-count"] for row in page.select(".projects [data-count]")] == ["0", "1"]
    assert [alias.text for alias in page.select("[data-alias]")] == ["其他"]
    assert page.select("[data-description]")[1].get_text(strip=True) == "for tests"
    assert page.select_one('a[href="/drafts/"][data-count]')["data-count"] == "1"
    assert page.select_one("[data-total]")["data-total"] == "2"


@pytest.mark.parametrize(("q", "found"), [("oth", ["other"]), ("其", ["other"]), ("nothing", [])])
def test_search_by_name_or_alias(signed_in, store, q, found):
    store.create_project("other", alias="其他")
    page = signed_in.get("/projects/", {"q": q})
    assert names(page) == found
    assert bool(soup(page).select('[data-empty="no-match"]')) == (not found)


def test_without_projects_one_is_invited_to_create_the_first(signed_in, db):
    [empty] = soup(signed_in.get("/projects/")).select('[data-empty="projects"]')
    assert empty.a["href"] == "/clusters/offline/new-project/"


def test_the_last_location_is_marked_and_home_leads_to_it(signed_in, store):
    store.create_project("other")
    signed_in.get("/clusters/offline/projects/other/daemonsets/")
    assert soup(signed_in.get("/projects/")).select_one('[aria-current="true"] .name').text == "other"
    assert signed_in.get("/")["Location"] == "/clusters/offline/projects/other/daemonsets/"


def test_a_cluster_that_does_not_answer_delays_and_breaks_nothing(signed_in, store, dead_cluster):
    page = signed_in.get("/projects/")
    assert names(page) == ["demo"]
    lazy = soup(page).select_one("#cluster-dead")
    assert lazy["hx-trigger"] == "load"
    fragment = signed_in.get(lazy["hx-get"], HTTP_HX_REQUEST="true")
    assert fragment.status_code == 200
    assert b"<html" not in fragment.content
    [note] = soup(fragment).select("[data-error]")
    assert note["data-error"] == "unreachable"
    assert note.b.text.strip()
    assert note.a["href"] == "/clusters/dead/projects/"
    # Without JavaScript: the link in its place.
    whole = signed_in.get(lazy.select_one("a.link")["href"])
    assert b"<html" in whole.content
    assert "not-shown" not in whole.content.decode()


def test_a_cluster_there_is_not_is_not_found(signed_in, db):
    assert signed_in.get("/clusters/nowhere/projects/").status_code == 404
    assert signed_in.get("/clusters/nowhere/new-project/").status_code == 404


def test_the_cursor_is_in_the_name_of_a_new_project(signed_in, db):
    assert soup(signed_in.get("/clusters/offline/new-project/")).select_one("[autofocus]")["name"] == "name"


def test_a_project_is_created_and_entered(signed_in, db):
    fields = {"name": "fresh", "alias": "新", "description": "a <b>new</b> one"}
    page = follow(signed_in, signed_in.post("/clusters/offline/new-project/", fields))
    assert toasts(page) == ["project-created"]
    assert page.wsgi_request.path == "/clusters/offline/projects/fresh/daemonsets/"
    project = Project.objects.get()
    assert (project.name, project.alias, project.description) == ("fresh", "新", "a <b>new</b> one")


@pytest.mark.parametrize(
    ("name", "status"),
    [("", 422), ("No Spaces", 422), ("-x", 422), ("x" * 64, 422), ("demo", 409)],
)
def test_a_wrong_name_is_said_at_the_field_and_the_input_kept(signed_in, demo, name, status):
    response = signed_in.post("/clusters/offline/new-project/", {"name": name, "alias": "kept"})
    assert response.status_code == status
    page = soup(response)
    [field] = page.select('[aria-invalid="true"]')
    assert field["name"] == "name"
    [error] = page.select(".error")
    assert error.parent["id"] in field["aria-describedby"].split()
    assert 'value="kept"' in response.content.decode()
    assert Project.objects.count() == 1


def test_deleting_lists_what_goes_and_wants_the_name_typed(signed_in, store):
    store.apply(daemonset_text(), project="demo", base="")
    store.apply(config_map("settings"), project="demo", base="")
    address = "/clusters/offline/projects/demo/delete/"
    asked = soup(signed_in.get(address))
    assert [" ".join(line.text.split()) for line in asked.select(".names li")] == [
        "ConfigMap 1",
        "DaemonSet 1",
    ]
    wrong = signed_in.post(address, {"name": "dem"})
    assert wrong.status_code == 422
    assert soup(wrong).select_one('#name[aria-invalid="true"]')["value"] == "dem"
    assert soup(wrong).select("#name-wrong")
    assert Project.objects.exists()
    page = follow(signed_in, signed_in.post(address, {"name": "demo"}))
    assert toasts(page) == ["deleted"]
    assert not Project.objects.exists()
    assert signed_in.get(address).status_code == 404
    assert signed_in.get("/", follow=True).status_code == 200


def test_a_cluster_that_does_not_answer_costs_no_typing(signed_in, store, dead_cluster):
    response = signed_in.post("/clusters/dead/new-project/", {"name": "fresh", "alias": "kept"})
    assert response.status_code == 503
    page = soup(response)
    [problem] = page.select("main .note.bad[role=alert]")
    assert problem.get_text(strip=True)
    assert page.select('[aria-invalid="true"]') == []
    assert 'value="kept"' in response.content.decode()


def test_a_namespace_is_deleted_as_a_project_is(signed_in, store):
    response = signed_in.get("/clusters/offline/namespaces/demo/delete/")
    assert response["Location"] == "/clusters/offline/projects/demo/delete/"


def test_a_project_has_an_address_of_its_own(signed_in, demo):
    assert signed_in.get("/clusters/offline/projects/demo/")["Location"].endswith("/demo/daemonsets/")
