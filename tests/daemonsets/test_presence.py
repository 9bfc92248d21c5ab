"""What runs on each node, and the numbers the controller would report of it."""

from __future__ import annotations

import datetime as dt

import pytest

from workloads.daemonsets.placement import coverage
from workloads.daemonsets.presence import counters, current_hash, node_of, owned, presence, reported

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
AGENT = {"metadata": {"name": "agent", "uid": "u1"}, "spec": {"template": {"spec": {}}}}
TAINT = {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}}
OWNER = {"ownerReferences": [{"uid": "u1", "controller": True}]}


def node(name: str, **more):
    return {"metadata": {"name": name}, **more}


def pod(on: str, *, name: str = "", ready: bool = True, revision: str = "new", since: int = 60, **status):
    when = (NOW - dt.timedelta(seconds=since)).isoformat().replace("+00:00", "Z")
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": when}
    metadata = {"name": name or f"agent-{on}", "labels": {"controller-revision-hash": revision}, **OWNER}
    return {
        "metadata": metadata,
        "spec": {"nodeName": on},
        "status": {"phase": "Running", "conditions": [condition], **status},
    }


def waiting(why: str, restarts: int = 0) -> list:
    return [{"name": "main", "restartCount": restarts, "state": {"waiting": {"reason": why}}}]


def seen(pods, nodes, daemonset=AGENT):
    return presence(daemonset, pods, coverage(daemonset["spec"]["template"], nodes), "new", NOW)


@pytest.mark.parametrize(
    ("pods", "more", "expected"),
    [
        ([pod("n")], {}, "running"),
        ([pod("n", revision="old")], {}, "updating"),
        ([pod("n", ready=False)], {}, "failing"),
        ([], {}, "missing"),
        ([pod("n")], TAINT, "misscheduled"),
        ([], TAINT, "excluded"),
    ],
)
def test_a_node_is_in_one_of_six_states(pods, more, expected):
    assert seen(pods, [node("n", **more)])["n"].presence == expected


def test_a_failing_pod_says_why_in_the_words_of_the_kubelet():
    broken = pod("n", ready=False, containerStatuses=waiting("CrashLoopBackOff", 6))
    there = seen([broken], [node("n")])["n"]
    assert there.template % there.params == "Container main: CrashLoopBackOff, restarted 6 times"


def test_a_pod_that_is_not_bound_belongs_to_the_node_it_is_made_for():
    pin = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": pin}}
    assert node_of({"spec": {"affinity": {"nodeAffinity": required}}}) == "n"
    assert node_of({"spec": {}}) == ""


def test_during_a_surge_the_older_pod_stands_for_its_node():
    old, new = pod("n", name="old", revision="old"), pod("n", name="new")
    old["metadata"]["creationTimestamp"] = "2026-01-01T10:00:00Z"
    new["metadata"]["creationTimestamp"] = "2026-01-01T11:00:00Z"
    assert seen([new, old], [node("n")])["n"].pod == "old"


def test_the_counters_count_nodes_that_should_run():
    slow = {**AGENT, "spec": {**AGENT["spec"], "minReadySeconds": 30}}
    nodes = [node(name) for name in ("a", "b", "c", "d")] + [node("gpu", **TAINT)]
    pods = [pod("a"), pod("b", since=5), pod("c", ready=False, revision="old"), pod("gpu")]
    found = seen(pods, nodes, slow)
    assert counters(found, ["a", "b", "c", "d"]) == {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 3,
        "numberReady": 2,
        "numberAvailable": 1,
        "updatedNumberScheduled": 2,
        "numberMisscheduled": 1,
        "numberUnavailable": 3,
    }
    assert reported({"status": {"numberReady": 2}})["numberReady"] == 2
    assert reported({})["desiredNumberScheduled"] == 0


def test_only_pods_that_the_daemonset_controls_count():
    stranger = {"metadata": {"name": "x", "ownerReferences": [{"uid": "u2", "controller": True}]}}
    assert owned([stranger, pod("n")], AGENT) == [pod("n")]
    assert owned([{"metadata": {}}], {"metadata": {}}) == []


def test_the_newest_revision_is_the_current_one():
    def revision(number: int, label: str):
        return {"metadata": {"labels": {"controller-revision-hash": label}, **OWNER}, "revision": number}

    assert current_hash([revision(2, "b"), revision(10, "a")], AGENT) == "a"
    assert current_hash([], AGENT) == ""
