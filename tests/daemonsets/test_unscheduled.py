"""What of a message of the scheduler is about the node of a pod."""

from __future__ import annotations

import pytest

from workloads.daemonsets.running.unscheduled import own_node_reasons


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(
            "0/60 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 47 "
            "node(s) didn't match Pod's node affinity, 12 node(s) didn't match node selector.",
            "didn't have free ports for the requested pod ports",
            id="1.20",
        ),
        pytest.param(
            "0/3 nodes are available: 1 node(s) had taint {role: gpu, or so}, that the pod didn't tolerate, "
            "2 node(s) didn't match Pod's node affinity.",
            "had taint {role: gpu, or so}, that the pod didn't tolerate",
            id="1.20, a taint with commas",
        ),
        pytest.param(
            "0/60 nodes are available: 1 node(s) had untolerated taint {role: gpu}, 59 node(s) didn't match "
            "Pod's node affinity/selector. preemption: 0/60 nodes are available: 60 Preemption is not "
            "helpful for scheduling.",
            "had untolerated taint {role: gpu}",
            id="1.24",
        ),
        pytest.param(
            "0/12 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 2 "
            "node(s) had taint {role: }, that the pod didn't tolerate, 9 node(s) "
            "didn't match Pod's node affinity.",
            "didn't have free ports for the requested pod ports",
            id="taints of others",
        ),
        pytest.param(
            "0/60 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. preemption: 0/60 nodes are "
            "available: 1 No preemption victims found for incoming pod.",
            "Insufficient cpu, Insufficient memory",
            id="several of one node",
        ),
        pytest.param(
            "0/60 nodes are available: 1 Too many pods, 59 node(s) didn't satisfy plugin(s) [NodeAffinity]. "
            "preemption: not eligible due to preemptionPolicy=Never.",
            "Too many pods",
            id="1.26",
        ),
        pytest.param(
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes "
            "are available: 1 No preemption victims found for incoming pod.",
            "Insufficient cpu",
            id="1.34, the only node",
        ),
        pytest.param(
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) "
            "didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes "
            "are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for "
            "scheduling.",
            "Insufficient cpu",
            id="1.34, taints without their names",
        ),
        pytest.param(
            "0/1 nodes are available: 1 Insufficient cpu. still not schedulable.",
            "Insufficient cpu",
            id="without preemption",
        ),
    ],
)
def test_only_what_is_not_about_affinity_is_about_the_node(message, said):
    assert own_node_reasons(message) == said


@pytest.mark.parametrize(
    "message",
    [
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
        "no nodes available to schedule pods",
        "0/3 nodes are available:",
        "",
    ],
)
def test_a_message_without_such_a_reason_stays_whole(message):
    assert own_node_reasons(message) == message
