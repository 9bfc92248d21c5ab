"""Carrying out a plan on the offline store."""

from __future__ import annotations

from console.audit.models import Entry
from tests.services.planning import AGENT, plan, put
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads.models import StoredManifest
from workloads.services.apply import apply_plan
from workloads.stores.protocol import Ref


def test_documents_are_stored_in_the_order_of_need_and_as_written(store):
    first = daemonset_text("agent", namespace="other")
    second = "# about the map\n" + config_map("settings")
    results = put(store, first, second, namespace("other"))
    assert [str(result.ref) for result in results] == [
        "Namespace other",
        "ConfigMap demo/settings",
        "DaemonSet other/agent",
    ]
    assert store.get(Ref("v1", "ConfigMap", "demo", "settings")).text == second


def test_the_only_document_keeps_all_that_stands_around_it(store):
    text = "# at the top\n---\n" + daemonset_text() + "# at the end\n"
    put(store, text)
    assert store.get(AGENT).text == text


def test_offline_all_is_stored_or_nothing(store):
    found = plan(store, config_map("a"), daemonset_text())
    put(store, daemonset_text(image="nginx:3"))  # after the plan was made
    results = apply_plan(store, found)
    assert [(r.ref.name, r.outcome, bool(r.error)) for r in results] == [
        ("a", None, False),
        ("agent", None, True),
    ]
    assert not StoredManifest.objects.filter(name="a").exists()
    assert not Entry.objects.filter(name="a").exists()


def test_the_reason_is_kept_in_the_history(store):
    apply_plan(store, plan(store, daemonset_text()), why="because")
    assert [revision.why for revision in store.history(AGENT)] == ["because"]
