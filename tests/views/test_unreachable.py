"""Pages of a cluster that does not answer: what was typed is kept, and nobody waits twice for the same."""

from __future__ import annotations

import pytest

from console.audit.models import Entry
from tests import kube_api
from tests.stores.texts import daemonset_text
from tests.views.pages import soup
from workloads.drafts import store as drafts

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path, settings):
    """It has nothing but the project p."""
    with kube_api.FakeServer(tmp_path) as server:
        server.api.namespaces = [{"metadata": {"name": "p"}}]
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server


@pytest.fixture
def asked(tmp_path, settings):
    """What a server that hangs is asked."""
    settings.CLUSTER_AWAY_SECONDS, settings.CLUSTER_READ_SECONDS = 60, 0.2
    asked = []

    def hang(handler):
        asked.append(handler.path)
        kube_api.hang(handler)

    with kube_api.FakeServer(tmp_path) as server:
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


@pytest.mark.parametrize(
    ("fault", "only_writes", "status"),
    [
        pytest.param(kube_api.body(503, "<html>"), False, 503, id="nothing was stored"),
        pytest.param(kube_api.hang_up, True, 502, id="it is not known whether it was stored"),
    ],
)
def test_what_could_not_be_stored_is_stored_again_with_the_reason_that_was_typed(
    signed_in, admin, server, fault, only_writes, status
):
    draft = drafts.create(admin, "faulty", "p", daemonset_text("agent", namespace="p"))
    address = f"/drafts/{draft.id}/review/"
    form = fields_of(signed_in.get(address)) | {"op": "store", "why": "new <image>"}

    def break_off(handler):
        writes = handler.command == "POST" and "dryRun" not in handler.path
        (fault if writes or not only_writes else server.api.answer)(handler)

    server.fault = break_off
    page = signed_in.post(address, form)
    assert page.status_code == status
    assert len(soup(page).select("[role=alert]")) == 1
    form = fields_of(page)
    assert form["why"] == "new <image>"
    [button] = [b for b in soup(page).select("button[name=op]") if not b.has_attr("tabindex")][-1:]
    assert button["value"] == "store"
    server.fault = None
    stored = signed_in.post(address, form | {"op": button["value"]})
    assert stored.status_code == 303
    assert Entry.objects.get(verb="create").details["why"] == "new <image>"


def test_the_review_of_a_draft_says_that_the_cluster_did_not_respond(signed_in, admin, asked):
    """The cluster was never reached, so what it can do is unknown, too."""
    draft = drafts.create(admin, "faulty", "p", daemonset_text())
    page = signed_in.get(f"/drafts/{draft.id}/review/")
    assert page.status_code == 504
    assert [each["data-code"] for each in soup(page).select("main [role=alert]")] == ["cluster-timeout"]
    # The frame of the draft stands, with the ways to its steps.
    assert soup(page).select_one(f'main [href^="/drafts/{draft.id}/pods/"]')


BUSY = kube_api.body(429, '{"kind": "Status", "message": "slow down"}', "application/json", Retry_After="7")
FAULTS = [
    pytest.param(kube_api.status(401, "Unauthorized"), 502, "bad-credentials", None, id="credentials"),
    pytest.param(kube_api.status(500, "etcdserver: timed out"), 502, "cluster-failed", None, id="failed"),
    pytest.param(BUSY, 503, "cluster-busy", "7", id="busy"),
]
CLUSTER = "/clusters/faulty/"


@pytest.mark.parametrize(("fault", "status", "code", "retry_after"), FAULTS)
@pytest.mark.parametrize(
    "address",
    [
        "projects/p/daemonsets/",
        "projects/p/daemonsets/agent/",
        "projects/p/configmaps/",
        "projects/p/matrix/",
        "daemonsets/",
        "matrix/",
        "nodes/",
    ],
)
def test_every_page_says_what_the_cluster_said_in_its_frame(
    signed_in, server, address, fault, status, code, retry_after
):
    server.fault = fault
    page = signed_in.get(CLUSTER + address)
    assert page.status_code == status
    assert [each["data-error"] for each in soup(page).select("main [data-error]")] == [code]
    assert page.headers.get("Retry-After") == retry_after
    assert "faulty" in soup(page).select_one("nav.side .switch").text


def test_each_kind_of_failure_has_its_own_heading(signed_in, server):
    headings = set()
    for fault in (*(each.values[0] for each in FAULTS), kube_api.body(502, "<html>"), kube_api.hang_up):
        server.fault = fault
        headings.add(soup(signed_in.get(CLUSTER + "nodes/")).h1.text)
    assert len(headings) == 4  # the last two are both no answer of an API server


def test_the_list_of_projects_tells_rejected_credentials_from_missing_rights(signed_in, server):
    ways_out = {}
    for status in (401, 403):
        server.fault = kube_api.status(status, "no")
        page = soup(signed_in.get(CLUSTER + "projects/"))
        ways_out[page.select_one("main [data-error]")["data-error"]] = page.main.text
    assert set(ways_out) == {"bad-credentials", "forbidden"}
    assert "--namespace" in ways_out["forbidden"]
    assert "namespace" not in ways_out["bad-credentials"]
