"""Pages of a cluster that does not answer: what was typed is kept, and nobody waits twice for the same."""

from __future__ import annotations

import pytest

from tests.stores import faulty_server as faults
from tests.stores.texts import daemonset_text
from tests.views.pages import soup
from workloads.stores.cluster import transport
from workloads.wizard import drafts

pytestmark = pytest.mark.django_db


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
    assert "The cluster did not answer in time." in page.text
    form = fields_of(page) | {"version": "1", "op": "go:yaml"}
    kept = signed_in.post(f"/drafts/{draft.id}/{slug}/", form, follow=True)
    assert kept.status_code == 200
    assert kept.redirect_chain
    assert len(asked) == 1
