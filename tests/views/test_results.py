"""What became of each object of a draft, where the cluster failed halfway; undoing what was created."""

from __future__ import annotations

import pytest

from console.audit.models import Entry
from tests import builders, kube_api
from tests.stores.texts import config_map, daemonset_text, namespace
from tests.views.pages import follow, hidden, soup
from workloads.drafts import store as drafts

pytestmark = pytest.mark.django_db
FAILED = kube_api.status(500, "etcdserver: request timed out")


@pytest.fixture
def server(tmp_path, settings):
    with kube_api.FakeServer(tmp_path) as server:
        server.api.namespaces = [{"metadata": {"name": "p"}}]
        server.api.nodes = [builders.node("n1")]
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server


@pytest.fixture
def result(server, signed_in, admin):
    """The page of results after storing a bundle of which the DaemonSets cannot be stored."""

    def stored(*texts):
        draft = drafts.create(admin, "faulty", "p", "---\n".join([*texts, daemonset_text()]))
        review = f"/drafts/{draft.pk}/review/"
        seen = hidden(signed_in.get(review), "seen")
        refused = "/daemonsets"
        server.fault = lambda handler: (
            FAILED(handler)
            if handler.command == "POST" and refused in handler.path
            else server.api.answer(handler)
        )
        page = follow(signed_in, signed_in.post(review, {"seen": seen, "op": "store"}))
        server.fault = None
        return page

    return stored


def outcomes(page):
    return {
        row.find("th").get_text(strip=True): (row["data-outcome"], row["data-code"])
        for row in soup(page).select("tbody tr")
    }


def way_back(page):
    links = soup(page).select("a[data-do=undo-created]")
    return links[0]["href"] if links else ""


def undone(client, page, **typed):
    return follow(client, client.post(way_back(page), typed))


def names(server, plural="configmaps"):
    return sorted(each["metadata"]["name"] for each in server.api.objects[plural])


def test_what_was_created_is_deleted_again_after_a_question(server, signed_in, result):
    page = result(config_map("one"), config_map("two"))
    assert names(server) == ["one", "two"]
    question = signed_in.get(way_back(page))
    assert soup(question).select_one("[data-doomed]")["data-doomed"] == "2"
    assert names(server) == ["one", "two"]
    after = undone(signed_in, page, why="Not like this")
    assert names(server) == []
    assert outcomes(after) == {
        "ConfigMap one": ("deleted", ""),
        "ConfigMap two": ("deleted", ""),
        "DaemonSet agent": ("", "cluster-failed"),
    }
    assert not way_back(after)
    recorded = Entry.objects.filter(verb="delete").values_list("kind", "name", "details__why")
    assert sorted(recorded) == [("ConfigMap", name, "Not like this") for name in ("one", "two")]
    review = soup(after).select_one('.acts a[href$="/review/"]')["href"]
    assert [part["data-intent"] for part in soup(signed_in.get(review)).select(".document")] == ["create"] * 3


def test_what_others_changed_or_created_again_stays(server, signed_in, result):
    page = result(config_map("changed"), config_map("again"), config_map("mine"))
    server.api.touch("configmaps", "p", "changed", "kubectl-label", by="another")
    [old] = [each for each in server.api.objects["configmaps"] if each["metadata"]["name"] == "again"]
    server.api.objects["configmaps"].remove(old)
    metadata = {key: old["metadata"][key] for key in ("name", "namespace") if key in old["metadata"]}
    server.api.add({"apiVersion": "v1", "kind": "ConfigMap", "data": old["data"], "metadata": metadata})
    after = undone(signed_in, page)
    assert names(server) == ["again", "changed"]
    found = outcomes(after)
    assert found["ConfigMap mine"] == ("deleted", "")
    assert found["ConfigMap changed"] == ("created", "stale")
    assert found["ConfigMap again"] == ("created", "recreated")


def test_what_existed_before_is_no_part_of_it(server, signed_in, result):
    server.api.add(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "p"}, "data": {}}
    )
    page = result(config_map("old"))
    assert outcomes(page)["ConfigMap old"][0] == "configured"
    assert not way_back(page)
    address = page.wsgi_request.path + "undo/"
    assert signed_in.post(address).status_code == 303
    assert names(server) == ["old"]


def test_a_project_stays_as_others_may_have_put_something_into_it(server, signed_in, result):
    page = result(namespace("new"), config_map("one"))
    question = signed_in.get(way_back(page))
    assert soup(question).select("[data-code=others-may-use-it]")
    after = undone(signed_in, page)
    assert outcomes(after)["Namespace new"][0] == "created"
    assert names(server) == []


def test_the_results_are_those_of_the_person_alone(signed_in, client, django_user_model, result):
    page = result(config_map("one"))
    client.force_login(django_user_model.objects.create_superuser("wei"))
    for answer in (client.get(way_back(page)), client.post(way_back(page))):
        assert answer.status_code == 404


# What is stored already is as good as stored


def stored_by_others(server, *values):
    """Another tab stores these while the first ConfigMap of this one is being created."""
    left = list(values)

    def answer(handler):
        if left and handler.command == "POST" and "dryRun" not in handler.path:
            for value in left:
                server.api.add(value)
            left.clear()
        server.api.answer(handler)

    return answer


def value_of(name, data):
    metadata = {"name": name, "namespace": "p"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": data}}


def test_what_another_tab_stored_of_the_same_bundle_prevents_nothing(server, signed_in, admin):
    text = "---\n".join([config_map("one"), config_map("two"), daemonset_text()])
    draft = drafts.create(admin, "faulty", "p", text)
    review = f"/drafts/{draft.pk}/review/"
    seen = hidden(signed_in.get(review), "seen")
    server.fault = stored_by_others(server, value_of("one", "1"), value_of("two", "1"))
    after = follow(signed_in, signed_in.post(review, {"seen": seen, "op": "store"}))
    assert outcomes(after) == {
        "ConfigMap one": ("unchanged", ""),
        "ConfigMap two": ("unchanged", ""),
        "DaemonSet agent": ("created", ""),
    }


def test_what_others_made_different_is_never_overwritten(server, signed_in, admin):
    text = "---\n".join([config_map("one"), config_map("two"), daemonset_text()])
    draft = drafts.create(admin, "faulty", "p", text)
    review = f"/drafts/{draft.pk}/review/"
    seen = hidden(signed_in.get(review), "seen")
    server.fault = stored_by_others(server, value_of("one", "1"), value_of("two", "theirs"))
    refused = signed_in.post(review, {"seen": seen, "op": "store"})
    assert refused.status_code == 409
    assert [part["data-intent"] for part in soup(refused).select(".document")] == [
        "unchanged",
        "configure",
        "create",
    ]
    assert server.api.objects["configmaps"][1]["data"] == {"key": "theirs"}
    assert names(server, "daemonsets") == []


def test_an_object_that_was_created_although_the_answer_was_lost_is_no_conflict(server, signed_in, admin):
    draft = drafts.create(admin, "faulty", "p", daemonset_text())
    review = f"/drafts/{draft.pk}/review/"
    page = signed_in.get(review)

    def answer(handler):
        if handler.command == "POST" and "dryRun" not in handler.path:
            server.api.respond(handler)
            kube_api.hang_up(handler)
        else:
            server.api.answer(handler)

    server.fault = answer
    lost = signed_in.post(review, {"seen": hidden(page, "seen"), "op": "store"})
    assert lost.status_code == 502
    assert [part["data-intent"] for part in soup(lost).select(".document")] == ["unchanged"]
    assert not soup(lost).select("[data-code=put-back]")
    server.fault = None
    again = signed_in.post(review, {"seen": hidden(lost, "seen"), "op": "store"})
    assert (again.status_code, names(server, "daemonsets")) == (303, ["agent"])
