"""On which nodes a DaemonSet would run, and which an edit gains and loses."""

from __future__ import annotations

from workloads.daemonsets.placement.reach import reach

NODES = [{"metadata": {"name": f"n{i}", "labels": {"disk": "ssd" if i < 2 else "hdd"}}} for i in range(5)]


def daemonset(**selector):
    return {"spec": {"template": {"spec": {"nodeSelector": selector}}}}


def test_an_edit_gains_and_loses_nodes_in_their_order():
    found = reach(daemonset(disk="ssd"), daemonset(disk="hdd"), NODES)
    assert (found.runs, len(found.coverage)) == (3, 5)
    assert (found.gained, found.lost) == (("n2", "n3", "n4"), ("n0", "n1"))


def test_a_new_one_gains_and_loses_nothing():
    found = reach(None, daemonset(disk="ssd"), NODES)
    assert (found.runs, found.gained, found.lost) == (2, (), ())
