"""The switcher: clusters and their projects."""

from __future__ import annotations

import pytest

from console.projects.models import Project
from tests.stores.texts import config_map, daemonset_text
from tests.views.pages import follow, soup, words
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
    said = words(page)
    for expected in ("其他", "for tests", "1 DaemonSet", "0 DaemonSets", "1 draft", "2 projects"):
        assert expected in said


@pytest.mark.parametrize(("q", "found"), [("oth", ["other"]), ("其", ["other"]), ("nothing", [])])
def test_search_by_name_or_alias(signed_in, store, q, found):
    store.create_project("other", alias="其他")
    page = signed_in.get("/projects/", {"q": q})
    assert names(page) == found
    assert ("No project matches" in words(page)) == (not found)


def test_without_projects_one_is_invited_to_create_the_first(signed_in, db):
    assert "No projects yet" in words(signed_in.get("/projects/"))


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
    assert soup(fragment).select_one(".note.bad").text.strip()
    assert soup(fragment).select_one(".note.bad a").text == "Try again"
    # Without JavaScript: the link in its place.
    whole = signed_in.get(lazy.select_one("a.link")["href"])
    assert b"<html" in whole.content
    assert "not-shown" not in whole.content.decode()


def test_a_cluster_there_is_not_is_not_found(signed_in, db):
    assert signed_in.get("/clusters/nowhere/projects/").status_code == 404
    assert signed_in.get("/clusters/nowhere/new-project/").status_code == 404


def test_a_project_is_created_and_entered(signed_in, db):
    fields = {"name": "fresh", "alias": "新", "description": "a <b>new</b> one"}
    page = follow(signed_in, signed_in.post("/clusters/offline/new-project/", fields))
    assert "Project fresh is there." in words(page)
    project = Project.objects.get()
    assert (project.name, project.alias, project.description) == ("fresh", "新", "a <b>new</b> one")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("", 422, "required"),
        ("No Spaces", 422, "lower case letters"),
        ("-x", 422, "lower case letters"),
        ("x" * 64, 422, "63"),
        ("demo", 409, "exists already"),
    ],
)
def test_a_wrong_name_is_said_at_the_field_and_the_input_kept(signed_in, demo, name, status, said):
    response = signed_in.post("/clusters/offline/new-project/", {"name": name, "alias": "kept"})
    assert response.status_code == status
    assert said in soup(response).select_one("#div_id_name").text
    assert 'value="kept"' in response.content.decode()
    assert Project.objects.count() == 1


def test_deleting_lists_what_goes_and_wants_the_name_typed(signed_in, store):
    store.apply(daemonset_text(), project="demo", base="")
    store.apply(config_map("settings"), project="demo", base="")
    address = "/clusters/offline/projects/demo/delete/"
    said = words(signed_in.get(address))
    assert "ConfigMap 1" in said
    assert "DaemonSet 1" in said
    wrong = signed_in.post(address, {"name": "dem"})
    assert wrong.status_code == 422
    assert 'value="dem"' in wrong.content.decode()
    assert Project.objects.exists()
    page = follow(signed_in, signed_in.post(address, {"name": "demo"}))
    assert "Project demo is deleted." in words(page)
    assert not Project.objects.exists()
    assert signed_in.get(address).status_code == 404
    assert signed_in.get("/", follow=True).status_code == 200


def test_a_cluster_that_does_not_answer_costs_no_typing(signed_in, store, dead_cluster):
    response = signed_in.post("/clusters/dead/new-project/", {"name": "fresh", "alias": "kept"})
    assert response.status_code == 503
    assert "cannot be reached" in words(response)
    assert 'value="kept"' in response.content.decode()


def test_a_namespace_is_deleted_as_a_project_is(signed_in, store):
    response = signed_in.get("/clusters/offline/namespaces/demo/delete/")
    assert response["Location"] == "/clusters/offline/projects/demo/delete/"


def test_a_project_has_an_address_of_its_own(signed_in, demo):
    assert signed_in.get("/clusters/offline/projects/demo/")["Location"].endswith("/demo/daemonsets/")
