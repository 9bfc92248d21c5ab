"""What DaemonSets take of the nodes, offline."""

from __future__ import annotations

import pytest

from tests.services.planning import put
from tests.stores.texts import daemonset_text, node
from workloads.services.occupancy import read_occupancy


@pytest.mark.parametrize(("most", "partly"), [(4, ""), (3, "many-daemonsets")])
def test_of_too_many_nothing_is_calculated(store, most, partly):
    put(store, node("n1"), node("n2"), daemonset_text("a"), daemonset_text("b"))
    found = read_occupancy(store, store.nodes(), store.capabilities(), most_placed=most)
    assert found.partly == partly
    assert found.room.requested("n1").get("pods", 0) == (0 if partly else 2)
