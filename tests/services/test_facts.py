"""What is known of a project."""

from __future__ import annotations

from tests.services.planning import SECRET, put
from tests.stores.texts import config_map, daemonset_text
from workloads.services.facts import project_facts


def test_facts_of_a_project(store):
    put(store, daemonset_text(), config_map("settings"), SECRET)
    known = project_facts(store, "demo")
    assert known.configmaps == {"settings": {"key"}}
    assert known.secrets == {"token": {"password"}}
    assert "default" in known.service_accounts
    assert [value["metadata"]["name"] for value in known.daemonsets] == ["agent"]
    assert "hunter2" not in repr(known)


def test_facts_of_a_project_that_is_not_there_are_not_known(store):
    known = project_facts(store, "gone")
    assert known.configmaps is None
    assert known.daemonsets is None
