"""Restoring revisions."""

from __future__ import annotations

import pytest

from console.errors import Conflict, NotFound
from tests.services.planning import AGENT, put
from tests.stores.texts import daemonset_text
from workloads.services.restore import restore_revision


def test_restore_brings_back_a_revision_over_what_was_seen(store):
    put(store, daemonset_text())
    put(store, daemonset_text(image="nginx:2"))
    with pytest.raises(Conflict):
        restore_revision(store, AGENT, 1, base="1")
    restore_revision(store, AGENT, 1, base="2")
    assert "nginx:1" in store.get(AGENT).text
    assert "1" in store.history(AGENT)[0].why
    with pytest.raises(NotFound):
        restore_revision(store, AGENT, 99, base="3")


def test_restore_brings_back_what_was_deleted(store):
    put(store, daemonset_text())
    store.delete(AGENT)
    restore_revision(store, AGENT, 1, base="")
    assert store.get(AGENT).text == daemonset_text()
