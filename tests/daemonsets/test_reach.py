"""On which nodes a DaemonSet would run, and which an edit gains and loses."""

from __future__ import annotations

from tests.builders import daemonset, node, nodes
from workloads.daemonsets.placement.reach import reach

NODES = [*nodes(2, labels={"disk": "ssd"}), *(node(f"n{i}", labels={"disk": "hdd"}) for i in range(2, 5))]


SSD, HDD = (daemonset(nodeSelector={"disk": disk}) for disk in ("ssd", "hdd"))


def test_an_edit_gains_and_loses_nodes_in_their_order():
    found = reach(SSD, HDD, NODES)
    assert (found.runs, len(found.coverage)) == (3, 5)
    assert (found.gained, found.lost) == (("n2", "n3", "n4"), ("n0", "n1"))


def test_a_new_one_gains_and_loses_nothing():
    found = reach(None, SSD, NODES)
    assert (found.runs, found.gained, found.lost) == (2, (), ())
