"""What runs on each node, and the numbers the controller would report of it."""

from __future__ import annotations

import datetime as dt

import pytest

from workloads.daemonsets.placement.verdicts import coverage
from workloads.daemonsets.running.presence import (
    counters,
    current_hash,
    node_of,
    owned,
    presence_by_node,
    reported_counters,
)

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
AGENT = {"metadata": {"name": "agent", "uid": "u1"}, "spec": {"template": {"spec": {}}}}
TAINT = {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}}
OWNER = {"ownerReferences": [{"uid": "u1", "controller": True}]}


def node(name: str, **more):
    return {"metadata": {"name": name}, **more}


def ago(seconds: int) -> str:
    return (NOW - dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def pod(
    on: str,
    *,
    name: str = "",
    ready: bool = True,
    revision: str = "new",
    since: int = 60,
    made: int | None = None,
    **status,
):
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ago(since)}
    metadata = {"name": name or f"agent-{on}", "labels": {"controller-revision-hash": revision}, **OWNER}
    if made is not None:
        metadata["creationTimestamp"] = ago(made)
    return {
        "metadata": metadata,
        "spec": {"nodeName": on},
        "status": {"phase": "Running", "conditions": [condition], **status},
    }


def waiting(why: str, restarts: int = 0) -> list:
    return [{"name": "main", "restartCount": restarts, "state": {"waiting": {"reason": why}}}]


def seen(pods, nodes, daemonset=AGENT):
    return presence_by_node(daemonset, pods, coverage(daemonset["spec"]["template"], nodes), "new", NOW)


@pytest.mark.parametrize(
    ("pods", "more", "expected"),
    [
        ([pod("n")], {}, "running"),
        ([pod("n", revision="old")], {}, "updating"),
        ([pod("n", ready=False)], {}, "failing"),
        ([pod("n", ready=False, made=30)], {}, "starting"),
        ([], {}, "missing"),
        ([pod("n")], TAINT, "misscheduled"),
        ([], TAINT, "excluded"),
    ],
)
def test_a_node_is_in_one_of_seven_states(pods, more, expected):
    assert seen(pods, [node("n", **more)])["n"].presence == expected


def test_a_failing_pod_says_why_in_the_words_of_the_kubelet():
    broken = pod("n", ready=False, containerStatuses=waiting("CrashLoopBackOff", 6))
    there = seen([broken], [node("n")])["n"]
    assert there.template % there.params == "Container main: CrashLoopBackOff, restarted 6 times"


def unscheduled(message: str) -> list:
    return [{"type": "PodScheduled", "status": "False", "message": message}]


@pytest.mark.parametrize(
    ("made", "more", "expected"),
    [
        pytest.param(599, {}, "starting", id="not ready yet"),
        pytest.param(600, {}, "failing", id="for ten minutes"),
        pytest.param(5, {"containerStatuses": waiting("ContainerCreating")}, "starting", id="being made"),
        pytest.param(5, {"containerStatuses": waiting("PodInitializing")}, "starting", id="after others"),
        pytest.param(
            5,
            {"containerStatuses": [*waiting("ContainerCreating"), *waiting("ErrImagePull")]},
            "failing",
            id="one of two has trouble",
        ),
        pytest.param(5, {"containerStatuses": waiting("PodInitializing", 1)}, "failing", id="restarted"),
        pytest.param(
            5,
            {"initContainerStatuses": [{"name": "i", "state": {"terminated": {"reason": "Error"}}}]},
            "failing",
            id="stopped",
        ),
        pytest.param(5, {"phase": "Failed", "reason": "Evicted"}, "failing", id="failed"),
        pytest.param(5, {"conditions": unscheduled("Insufficient cpu")}, "failing", id="not scheduled"),
    ],
)
def test_a_young_pod_without_trouble_is_starting(made, more, expected):
    there = seen([pod("n", ready=False, made=made, **more)], [node("n")])["n"]
    assert (there.presence, there.ready, there.available) == (expected, False, False)
    assert counters({"n": there}, ["n"])["numberUnavailable"] == 1


def test_a_container_that_is_long_in_making_is_named():
    slow = pod("n", ready=False, made=900, containerStatuses=waiting("ContainerCreating"))
    there = seen([slow], [node("n")])["n"]
    assert there.template % there.params == "Container main: ContainerCreating"


@pytest.mark.parametrize(
    ("ready", "left", "expected"),
    [
        (False, 30, "updating"),
        (False, -1, "failing"),
        (True, 30, "updating"),
        (True, -1, "updating"),  # a finalizer holds it
    ],
)
def test_a_deleted_pod_has_its_grace_period_to_end(ready, left, expected):
    ending = pod("n", ready=ready)
    ending["metadata"]["deletionTimestamp"] = ago(-left)
    there = seen([ending], [node("n")])["n"]
    assert (there.presence, there.ready) == (expected, ready)


WHOLE = "0/9 nodes are available: 1 Insufficient cpu, 8 node(s) didn't match Pod's node affinity."


def test_of_what_the_scheduler_says_the_part_about_the_node_is_shown():
    there = seen([pod("n", ready=False, conditions=unscheduled(WHOLE))], [node("n")])["n"]
    assert there.template % there.params == "Not scheduled: Insufficient cpu"
    assert there.whole == WHOLE
    short = seen([pod("n", ready=False, conditions=unscheduled("Insufficient cpu"))], [node("n")])["n"]
    assert (short.template % short.params, short.whole) == ("Not scheduled: Insufficient cpu", "")


def test_a_pod_that_waits_for_an_excluded_node_counts_as_misscheduled_but_does_not_run():
    """updateDaemonSetStatus counts the pods that are made for a node, bound or not."""
    there = seen([pod("n", ready=False, conditions=unscheduled(WHOLE))], [node("n", **TAINT)])["n"]
    assert there.template % there.params == (
        "A pod waits for this node, and none should run here: Insufficient cpu"
    )
    assert counters({"n": there}, [])["numberMisscheduled"] == 1


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
    assert reported_counters({"status": {"numberReady": 2}})["numberReady"] == 2
    assert reported_counters({})["desiredNumberScheduled"] == 0


@pytest.mark.parametrize(
    ("wait", "since", "available"),
    [
        pytest.param(0, -5, True, id="a clock ahead of ours"),
        pytest.param(0, 0, True, id="just now"),
        pytest.param(30, 30, True, id="long enough"),
        pytest.param(30, 29, False, id="not yet"),
        pytest.param(30, -5, False, id="not yet, by a clock ahead of ours"),
    ],
)
def test_a_pod_is_available_once_it_was_ready_for_so_long(wait, since, available):
    daemonset = {**AGENT, "spec": {**AGENT["spec"], "minReadySeconds": wait}}
    there = seen([pod("n", since=since)], [node("n")], daemonset)["n"]
    assert (there.presence, there.ready, there.available) == ("running", True, available)


@pytest.mark.parametrize("when", [None, "soon", "2026-01-01T11:00:00"])
def test_without_a_time_of_its_own_a_ready_pod_is_available_only_where_none_is_asked_for(when):
    odd = pod("n")
    odd["status"]["conditions"][0]["lastTransitionTime"] = when
    assert seen([odd], [node("n")])["n"].available
    slow = {**AGENT, "spec": {**AGENT["spec"], "minReadySeconds": 30}}
    assert not seen([odd], [node("n")], slow)["n"].available


def test_only_pods_that_the_daemonset_controls_count():
    stranger = {"metadata": {"name": "x", "ownerReferences": [{"uid": "u2", "controller": True}]}}
    assert owned([stranger, pod("n")], AGENT) == [pod("n")]
    assert owned([{"metadata": {}}], {"metadata": {}}) == []


def test_the_newest_revision_is_the_current_one():
    def revision(number: int, label: str):
        return {"metadata": {"labels": {"controller-revision-hash": label}, **OWNER}, "revision": number}

    assert current_hash([revision(2, "b"), revision(10, "a")], AGENT) == "a"
    assert current_hash([], AGENT) == ""
