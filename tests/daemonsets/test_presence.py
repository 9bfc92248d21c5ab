"""What runs on each node, and the numbers the controller would report of it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.builders import daemonset, node, pod, timestamp
from tests.daemonsets.coded import code_of, coded
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
AGENT = daemonset(uid="u1")
GPU = "gpu:NoSchedule"


def ago(seconds: int) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


def agent_on(
    node_name: str,
    *,
    name: str = "",
    ready: bool = True,
    revision: str = "new",
    since: int = 60,
    made: int | None = None,
    **status,
):
    """since: when the condition Ready changed last; made: when the pod was created; both in seconds ago."""
    return pod(
        name,
        node=node_name,
        owner=AGENT,
        revision=revision,
        ready=ready,
        ready_since=ago(since),
        created=None if made is None else ago(made),
        status=status,
    )


def waiting(why: str, restarts: int = 0) -> list:
    return [{"name": "main", "restartCount": restarts, "state": {"waiting": {"reason": why}}}]


def found_on(pods, nodes, of=AGENT):
    return presence_by_node(of, pods, coverage(of["spec"]["template"], nodes), "new", NOW)


@pytest.mark.parametrize(
    ("pods", "taints", "expected"),
    [
        ([agent_on("n")], [], "running"),
        ([agent_on("n", revision="old")], [], "updating"),
        ([agent_on("n", ready=False)], [], "failing"),
        ([agent_on("n", ready=False, made=30)], [], "starting"),
        ([], [], "missing"),
        ([agent_on("n")], [GPU], "misscheduled"),
        ([], [GPU], "excluded"),
    ],
)
def test_a_node_is_in_one_of_seven_states(pods, taints, expected):
    assert found_on(pods, [node("n", taints=taints)])["n"].presence == expected


def test_a_failing_pod_says_why_in_the_words_of_the_kubelet():
    broken = agent_on("n", ready=False, containerStatuses=waiting("CrashLoopBackOff", 6))
    there = found_on([broken], [node("n")])["n"]
    params = {"container": "main", "why": "CrashLoopBackOff"}
    assert coded(there.say) == ("container-restarted", {**params, "times": 6})
    assert coded(there.say_without_restarts) == ("container", params)


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
    there = found_on([agent_on("n", ready=False, made=made, **more)], [node("n")])["n"]
    assert (there.presence, there.ready, there.available) == (expected, False, False)
    assert counters({"n": there}, ["n"])["numberUnavailable"] == 1


def test_a_container_that_is_long_in_making_is_named():
    slow = agent_on("n", ready=False, made=900, containerStatuses=waiting("ContainerCreating"))
    there = found_on([slow], [node("n")])["n"]
    assert coded(there.say) == ("container", {"container": "main", "why": "ContainerCreating"})
    assert there.say_without_restarts == there.say


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
    ending = agent_on("n", ready=ready)
    ending["metadata"]["deletionTimestamp"] = timestamp(ago(-left))
    there = found_on([ending], [node("n")])["n"]
    assert (there.presence, there.ready) == (expected, ready)
    assert code_of(there.say) == ("being-deleted" if expected == "updating" else "not-ready")


WHOLE = "0/9 nodes are available: 1 Insufficient cpu, 8 node(s) didn't match Pod's node affinity."


def test_of_what_the_scheduler_says_the_part_about_the_node_is_shown():
    there = found_on([agent_on("n", ready=False, conditions=unscheduled(WHOLE))], [node("n")])["n"]
    assert coded(there.say) == ("not-scheduled", {"why": "Insufficient cpu"})
    assert there.scheduler_message == WHOLE
    short = found_on([agent_on("n", ready=False, conditions=unscheduled("Insufficient cpu"))], [node("n")])[
        "n"
    ]
    assert (short.say, short.scheduler_message) == (there.say, "")


def test_a_pod_that_waits_for_an_excluded_node_counts_as_misscheduled_but_does_not_run():
    """updateDaemonSetStatus counts the pods that are made for a node, bound or not."""
    there = found_on([agent_on("n", ready=False, conditions=unscheduled(WHOLE))], [node("n", taints=[GPU])])[
        "n"
    ]
    assert coded(there.say) == ("misscheduled-waiting", {"why": "Insufficient cpu"})
    assert counters({"n": there}, [])["numberMisscheduled"] == 1


def test_a_pod_that_is_not_bound_belongs_to_the_node_it_is_made_for():
    assert node_of(pod("p", node="n", bound=False)) == "n"
    assert node_of(pod("p")) == ""


def test_during_a_surge_the_older_pod_stands_for_its_node():
    old = agent_on("n", name="old", revision="old", made=7200)
    new = agent_on("n", name="new", made=3600)
    assert found_on([new, old], [node("n")])["n"].pod == "old"


def test_the_counters_count_nodes_that_should_run():
    slow = daemonset(uid="u1", min_ready=30)
    nodes = [node(name) for name in ("a", "b", "c", "d")] + [node("gpu", taints=[GPU])]
    pods = [
        agent_on("a"),
        agent_on("b", since=5),
        agent_on("c", ready=False, revision="old"),
        agent_on("gpu"),
    ]
    found = found_on(pods, nodes, slow)
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
    slow = daemonset(uid="u1", min_ready=wait)
    there = found_on([agent_on("n", since=since)], [node("n")], slow)["n"]
    assert (there.presence, there.ready, there.available) == ("running", True, available)


@pytest.mark.parametrize("when", [None, "soon", "2026-01-01T11:00:00"])
def test_without_a_time_of_its_own_a_ready_pod_is_available_only_where_none_is_asked_for(when):
    odd = agent_on("n")
    odd["status"]["conditions"][0]["lastTransitionTime"] = when
    assert found_on([odd], [node("n")])["n"].available
    slow = daemonset(uid="u1", min_ready=30)
    assert not found_on([odd], [node("n")], slow)["n"].available


def test_only_pods_that_the_daemonset_controls_count():
    stranger = pod("x", node="n", owner=daemonset("other", uid="u2"))
    assert owned([stranger, agent_on("n")], AGENT) == [agent_on("n")]
    assert owned([{"metadata": {}}], {"metadata": {}}) == []


def test_the_newest_revision_is_the_current_one():
    def revision(number: int, label: str):
        owner = [{"uid": "u1", "controller": True}]
        metadata = {"labels": {"controller-revision-hash": label}, "ownerReferences": owner}
        return {"metadata": metadata, "revision": number}

    assert current_hash([revision(2, "b"), revision(10, "a")], AGENT) == "a"
    assert current_hash([], AGENT) == ""


@pytest.mark.parametrize(
    ("pods", "taints", "code"),
    [
        ([agent_on("n")], [], ""),
        ([agent_on("n", revision="old")], [], "older-revision"),
        ([agent_on("n", ready=False)], [], "not-ready"),
        ([agent_on("n", ready=False, made=30)], [], "starting"),
        ([agent_on("n", ready=False, phase="Failed", reason="Evicted")], [], "pod-reason"),
        ([], [], "no-pod"),
        ([agent_on("n")], [GPU], "misscheduled"),
        ([], [GPU], ""),
    ],
)
def test_a_sentence_says_what_is_wrong(pods, taints, code):
    assert code_of(found_on(pods, [node("n", taints=taints)])["n"].say) == code
