"""What is said before something is changed: it is being deleted, or a tool undoes the change."""

from __future__ import annotations

import pytest

from tests import builders, kube_api
from tests.stores.texts import config_map, daemonset_text
from tests.views.pages import soup
from tests.wizard.html_forms import submitted
from workloads.drafts import store as drafts
from workloads.services import edit
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

pytestmark = pytest.mark.django_db
PROJECT = "/clusters/faulty/projects/p"
HELM = {"meta.helm.sh/release-name": "shop"}
GONE = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/cleanup"]}


@pytest.fixture
def api(tmp_path, settings):
    with kube_api.FakeServer(tmp_path) as server:
        server.api.namespaces = [{"metadata": {"name": "p"}}]
        server.api.nodes = [builders.node("n1")]
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server.api


def a_daemonset(api, **metadata):
    value = builders.daemonset("agent", namespace="p")
    return api.add({**value, "metadata": {**value["metadata"], **metadata}})


def delete_project(api):
    [project] = api.namespaces
    project["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    project["spec"] = {"finalizers": ["kubernetes"]}
    left = {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 instances"}
    project["status"] = {"phase": "Terminating", "conditions": [left]}


def cautions(page):
    return {note["data-code"]: note.get_text(" ") for note in soup(page).select("main .note.warn[data-code]")}


def edited(admin):
    draft, _new = edit.draft_of(admin, "faulty", store_for("faulty", admin).get(daemonset("p", "agent")))
    return draft


@pytest.mark.parametrize(
    ("metadata", "code", "said"),
    [
        ({"annotations": HELM}, "managed-by-helm", "shop"),
        (GONE, "being-deleted", "example.com/cleanup"),
        (
            {"managedFields": [{"manager": "kustomize-controller", "fieldsV1": {"f:spec": {}}}]},
            "managed-by-flux",
            "Flux",
        ),
    ],
)
def test_it_is_said_on_the_page_in_the_wizard_in_yaml_mode_and_in_the_review(
    signed_in, admin, api, metadata, code, said
):
    a_daemonset(api, **metadata)
    for tab in ("", "nodes/", "yaml/"):
        assert said in cautions(signed_in.get(f"{PROJECT}/daemonsets/agent/{tab}"))[code]
    draft = edited(admin)
    for step in ("basics", "pods", "nodes", "yaml"):
        assert said in cautions(signed_in.get(f"/drafts/{draft.id}/{step}/"))[code]
    drafts.save(draft, draft.text.replace("nginx:1", "nginx:2"), version=draft.version)
    review = soup(signed_in.get(f"/drafts/{draft.id}/review/"))
    [note] = review.select(f".document [data-code={code}]")
    assert said in note.get_text()
    assert review.select_one(".review-foot button.go:not([disabled])")


def test_nothing_is_said_of_the_others(signed_in, admin, api):
    a_daemonset(api)
    assert not cautions(signed_in.get(f"{PROJECT}/daemonsets/agent/"))
    assert not cautions(signed_in.get(f"/drafts/{edited(admin).id}/basics/"))


def test_nobody_undoes_what_is_stored_offline(signed_in, admin, demo):
    store = store_for("offline", admin)
    store.apply(
        daemonset_text(more='annotations: {meta.helm.sh/release-name: "shop"}'), project="demo", base=None
    )
    assert not cautions(signed_in.get("/clusters/offline/projects/demo/daemonsets/agent/"))


def test_a_project_that_is_being_deleted_is_listed_with_the_reason(signed_in, api):
    delete_project(api)
    page = signed_in.get("/clusters/faulty/projects/")
    assert soup(page).select_one("ul.projects li [data-code=project-deleting]")
    listing = signed_in.get(f"{PROJECT}/daemonsets/")
    assert listing.status_code == 200
    assert "pods. has 1 instances" in cautions(listing)["project-deleting"]
    assert "project-deleting" in cautions(signed_in.get(f"{PROJECT}/configmaps/"))


def test_nothing_new_is_offered_in_a_project_that_is_being_deleted(signed_in, api):
    ways = 'form[action*="/drafts/new/"], a[href$="/import/"]'
    lists = [f"{PROJECT}/{kind}/" for kind in ("daemonsets", "configmaps", "services")]
    assert all(soup(signed_in.get(page)).select(ways) for page in lists)
    delete_project(api)
    assert [soup(signed_in.get(page)).select(ways) for page in lists] == [[], [], []]
    found_nothing = signed_in.get(lists[0], headers={"HX-Request": "true", "HX-Target": "table"})
    assert not soup(found_nothing).select(ways)


def test_a_project_that_is_being_deleted_is_not_created_again(signed_in, api):
    delete_project(api)
    page = signed_in.post("/clusters/faulty/new-project/", {"name": "p"})
    assert page.status_code == 409
    assert soup(page).select("form .error")
    with pytest.raises(Exception, match="deleted") as raised:
        store_for("faulty", page.wsgi_request.user).create_project("p")
    assert raised.value.code == "project-deleting"


def test_nothing_new_is_stored_in_a_project_that_is_being_deleted(signed_in, admin, api):
    delete_project(api)
    draft = drafts.create(admin, "faulty", "p", config_map("new"))
    assert "project-deleting" in cautions(signed_in.get(f"/drafts/{draft.id}/yaml/"))
    review = soup(signed_in.get(f"/drafts/{draft.id}/review/"))
    assert review.select("[data-code=project-deleting][data-severity=error]")
    assert not review.select(".review-foot button.go:not([disabled])")
    assert not [request for request in api.requests if request.method == "PATCH"]


def test_what_exists_in_it_can_still_be_changed(signed_in, admin, api):
    a_daemonset(api)
    delete_project(api)
    draft = edited(admin)
    drafts.save(draft, draft.text.replace("nginx:1", "nginx:2"), version=draft.version)
    review = signed_in.get(f"/drafts/{draft.id}/review/")
    assert soup(review).select("[data-code=project-deleting]")
    form = submitted(review.text, "review") | {"op": "store"}
    assert signed_in.post(f"/drafts/{draft.id}/review/", form).status_code == 303


def test_a_draft_does_not_offer_to_move_there(signed_in, admin, api):
    api.namespaces = [*api.namespaces, {"metadata": {"name": "other"}}]
    draft = drafts.create(admin, "faulty", "other", daemonset_text())
    delete_project_p = next(each for each in api.namespaces if each["metadata"]["name"] == "p")
    delete_project_p["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    page = soup(signed_in.get(f"/drafts/{draft.id}/basics/"))
    offered = {option["value"] for option in page.select("select[name=project] option")}
    assert "other" in offered
    assert "p" not in offered
