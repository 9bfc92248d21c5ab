"""Deleting objects."""

from __future__ import annotations

from console.errors import Conflict
from tests.services.planning import AGENT, put
from tests.stores.texts import config_map, daemonset_text
from workloads.services.delete import delete_objects
from workloads.stores.protocol import Ref


def test_delete_spares_what_was_changed_since(store):
    put(store, daemonset_text(), config_map("a"))
    seen = {AGENT: store.get(AGENT).version, Ref("v1", "ConfigMap", "demo", "a"): "1"}
    put(store, daemonset_text(image="nginx:3"))
    results = delete_objects(store, seen)
    assert [(r.ref.name, r.outcome) for r in results] == [("agent", None), ("a", "deleted")]
    assert isinstance(results[0].error, Conflict)
    assert store.get(AGENT)
