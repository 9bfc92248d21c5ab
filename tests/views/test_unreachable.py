"""Pages of a cluster that does not answer: what was typed is kept, and nobody waits twice for the same."""

from __future__ import annotations

import json

import pytest

from console.audit.models import Entry
from tests.stores import faulty_server as faults
from tests.stores.texts import daemonset_text
from tests.views.pages import soup
from workloads.drafts import store as drafts
from workloads.stores.cluster import transport

pytestmark = pytest.mark.django_db


def answering(handler):
    """A server that has nothing but the project p, and takes everything."""
    value = {"major": "1", "minor": "33", "gitVersion": "v1.33.0", "metadata": {}, "items": []}
    if handler.command == "PATCH":
        value = {**json.loads(handler.body), "kind": "DaemonSet"}
    elif handler.path.partition("?")[0].endswith("/agent"):
        missing = {"name": "agent", "kind": "daemonsets"}
        return faults.status(404, "not found", reason="NotFound", details=missing)(handler)
    elif handler.path.startswith("/api/v1/namespaces?"):
        value["items"] = [{"metadata": {"name": "p"}}]
    return faults.body(200, json.dumps(value), "application/json")(handler)


@pytest.fixture
def server(tmp_path, settings):
    with faults.FaultyServer(tmp_path) as server:
        server.fault = answering
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server


@pytest.fixture
def asked(tmp_path, settings, monkeypatch):
    """What a server that hangs is asked."""
    monkeypatch.setattr(transport, "AWAY_SECONDS", 60)
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    asked = []

    def hang(handler):
        asked.append(handler.path)
        faults.hang(handler)

    with faults.FaultyServer(tmp_path) as server:
        server.fault = hang
        settings.KUBECONFIG = str(server.kubeconfig)
        yield asked


def fields_of(page):
    return {field["name"]: field.get("value", "") for field in soup(page).select("main input[name]")}


@pytest.mark.parametrize("slug", ["basics", "pods", "volumes", "labels", "nodes"])
def test_to_keep_a_draft_and_go_on_asks_a_server_that_hangs_once(signed_in, admin, asked, slug):
    draft = drafts.create(admin, "faulty", "p", daemonset_text())
    page = signed_in.get(f"/drafts/{draft.id}/{slug}/")
    assert page.status_code == 200
    assert len(asked) == 1
    form = fields_of(page) | {"version": "1", "op": "go:yaml"}
    kept = signed_in.post(f"/drafts/{draft.id}/{slug}/", form, follow=True)
    assert kept.status_code == 200
    assert kept.redirect_chain
    assert len(asked) == 1


def for_good(handler):
    if "dryRun" in handler.path or handler.command != "PATCH":
        return answering(handler)
    return faults.hang_up(handler)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        pytest.param(faults.body(503, "<html>"), 503, id="nothing was stored"),
        pytest.param(for_good, 502, id="it is not known whether it was stored"),
    ],
)
def test_what_could_not_be_stored_is_stored_again_with_the_reason_that_was_typed(
    signed_in, admin, server, fault, status
):
    draft = drafts.create(admin, "faulty", "p", daemonset_text("agent", namespace="p"))
    address = f"/drafts/{draft.id}/review/"
    form = fields_of(signed_in.get(address)) | {"op": "store", "why": "new <image>"}
    server.fault = fault
    page = signed_in.post(address, form)
    assert page.status_code == status
    assert len(soup(page).select("[role=alert]")) == 1
    form = fields_of(page)
    assert form["why"] == "new <image>"
    [button] = [b for b in soup(page).select("button[name=op]") if not b.has_attr("tabindex")][-1:]
    assert button["value"] == "store"
    server.fault = answering
    stored = signed_in.post(address, form | {"op": button["value"]})
    assert stored.status_code == 303
    assert Entry.objects.get(verb="create").details["why"] == "new <image>"
