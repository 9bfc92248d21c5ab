"""Hypothetical nodes, and labels and taints as people type them."""

from __future__ import annotations

import pytest

from tests.builders import node
from tests.daemonsets.coded import coded
from workloads.daemonsets.manifest.nodes import node_name
from workloads.daemonsets.placement.hypothetical import (
    Unreadable,
    is_hypothetical,
    make_nodes,
    read_labels,
    read_taints,
    write_labels,
    write_taints,
)
from workloads.daemonsets.placement.verdicts import Taint


def test_what_is_written_is_read_back():
    labels = {"disk": "ssd", "node-role.kubernetes.io/worker": ""}
    assert read_labels(write_labels(labels)) == labels
    typed = node(taints=["gpu=yes:NoSchedule", "gpu:NoExecute"])
    assert read_taints(write_taints(typed)) == [
        Taint("gpu", "yes", "NoSchedule"),
        Taint("gpu", "", "NoExecute"),
    ]
    assert read_labels("\n  disk = ssd \n\n") == {"disk": "ssd"}


@pytest.mark.parametrize(
    ("read", "text", "line", "code", "params"),
    [
        (read_labels, "\na=1\nb=2\na=3", 4, "duplicate", {"what": "a", "first": 2}),
        (read_taints, "a=1:NoSchedule\na=2:NoSchedule", 2, "duplicate", {"what": "a:NoSchedule", "first": 1}),
        (read_taints, "a=1", 1, "taint-effect", {"line": "a=1"}),
        (read_taints, "a:Never", 1, "taint-effect", {"line": "a:Never"}),
        (read_labels, "a=1\n=2", 2, "label-key", None),
        (read_labels, "a=no good", 1, "label-value", None),
        (read_taints, "no good:NoSchedule", 1, "label-key", None),
        (read_taints, "a=no good:NoSchedule", 1, "label-value", None),
    ],
)
def test_a_line_that_cannot_be_read_is_named(read, text, line, code, params):
    with pytest.raises(Unreadable) as error:
        read(text)
    found, its_params = coded(error.value.say)
    assert (error.value.line, found) == (line, code)
    assert params is None or its_params == params


def test_they_are_named_in_order_around_existing_nodes_and_marked():
    made = make_nodes("gpu", 3, existing={"gpu-2"})
    assert [node_name(each) for each in made] == ["gpu-1", "gpu-3", "gpu-4"]
    assert all(map(is_hypothetical, made))
    assert not is_hypothetical(node())


def test_they_copy_a_node_and_what_is_asked_for_goes_first():
    model = node(
        labels={"zone": "a", "disk": "hdd", "kubernetes.io/hostname": "model"},
        taints=["gpu=old:NoSchedule", "spot:NoExecute"],
        allocatable={"cpu": "4"},
    )
    taints = [Taint("gpu", "new", "NoSchedule")]
    [made] = make_nodes("n", 1, like=model, labels={"disk": "ssd"}, taints=taints)
    assert made["metadata"]["labels"] == {"zone": "a", "disk": "ssd", "kubernetes.io/hostname": "n-1"}
    assert made["spec"]["taints"] == [
        {"key": "spot", "effect": "NoExecute"},
        {"key": "gpu", "value": "new", "effect": "NoSchedule"},
    ]
    assert made["status"] == {"allocatable": {"cpu": "4"}}
