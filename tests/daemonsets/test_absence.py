"""Why a pod is missing, by the events of the DaemonSet controller."""

from __future__ import annotations

import datetime as dt

import pytest

from workloads.daemonsets.placement.verdicts import coverage
from workloads.daemonsets.running.absence import any_missing, by_involved_object, unobserved, with_causes
from workloads.daemonsets.running.presence import presence_by_node

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
AGENT = {"metadata": {"name": "agent", "uid": "u1"}, "spec": {"template": {"spec": {}}}}
QUOTA = 'Error creating: pods "agent-x7bzk" is forbidden: exceeded quota: tight, requested: pods=1'
FAILED = "Found failed daemon pod p/agent-x7bzk on node a, will try to kill it"


def ago(minutes: float) -> dt.datetime:
    return NOW - dt.timedelta(minutes=minutes)


def text(when: dt.datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


def event(message: str = QUOTA, minutes: float = 10, reason: str = "FailedCreate", **more):
    return {"reason": reason, "message": message, "lastTimestamp": text(ago(minutes)), **more}


def causes(events, *, daemonset=AGENT, nodes=("a", "b"), changed=None):
    """Node → the sentence about its missing pod, with the age in minutes."""
    there = [each if isinstance(each, dict) else {"metadata": {"name": each}} for each in nodes]
    on_node = presence_by_node(daemonset, [], coverage({"spec": {}}, there), "", NOW)
    assert any_missing(on_node)
    found = {}
    for name, each in with_causes(on_node, daemonset, there, events, changed).items():
        said = each.cause
        minutes = int((NOW - said.when).total_seconds() // 60) if said and said.when else ""
        found[name] = said.template % {"why": said.why, "age": minutes} if said else ""
    return found


def test_the_newest_refusal_is_why_no_node_has_a_pod():
    webhook = 'Error creating: admission webhook "x" denied the request: no'
    assert causes([event(webhook, 3), event(minutes=10), event(minutes=5)])["a"] == (
        f"The controller said (3): {webhook}"
    )
    assert causes([event(webhook, 30), event()])["a"].startswith("The controller said (10): Error creating")


@pytest.mark.parametrize(
    "message",
    [QUOTA, QUOTA.replace("x7bzk", "2qqqq"), f"(combined from similar events): {QUOTA}"],
)
def test_the_name_that_is_made_up_for_every_try_makes_no_difference(message):
    assert causes([event(message)])["a"] == (
        'The controller said (10): Error creating: pods "agent-…" is forbidden: exceeded quota: tight, '
        "requested: pods=1"
    )


def test_other_names_that_start_alike_stay_and_long_ones_are_cut_as_the_server_cuts_them():
    message = (
        'Error creating: pods "agent-" is forbidden: serviceaccount "agent-proxy" not found, agent-x7bzk-y'
    )
    assert message in causes([event(message)])["a"]
    long = {**AGENT, "metadata": {**AGENT["metadata"], "name": "a" * 63}}
    refused = event(f'pods "{"a" * 58}x7bzk" is forbidden')
    assert f'pods "{"a" * 58}…" is' in causes([refused], daemonset=long)["a"]


def test_a_failed_pod_is_why_only_on_its_node():
    found = causes([event(FAILED, 1, "FailedDaemonPod"), event()])
    assert found["a"].endswith("(1): Found failed daemon pod p/agent-… on node a, will try to kill it")
    assert "exceeded quota" in found["b"]


def test_what_was_said_before_the_last_change_or_before_the_node_joined_is_not_the_reason():
    assert "No event says why" in causes([event()], changed=ago(9))["a"]
    assert "exceeded quota" in causes([event()], changed=ago(11))["a"]
    assert "exceeded quota" in causes([event()], changed=ago(10) + dt.timedelta(seconds=2))["a"]
    late = {"metadata": {"name": "late", "creationTimestamp": text(ago(5))}}
    found = causes([event()], nodes=("a", late))
    assert "exceeded quota" in found["a"]
    assert "No event says why" in found["late"]


@pytest.mark.parametrize(
    "more",
    [
        {"series": {"lastObservedTime": "2026-01-01T11:50:00.123456Z"}, "lastTimestamp": None},
        {"eventTime": "2026-01-01T11:50:00.123456Z", "lastTimestamp": None},
        {"metadata": {"creationTimestamp": "2026-01-01T11:50:00Z"}, "lastTimestamp": "nonsense"},
    ],
)
def test_every_recorder_writes_the_time_elsewhere(more):
    assert "exceeded quota" in causes([{**event(), **more}], changed=ago(11))["a"]


@pytest.mark.parametrize(
    "useless",
    [{}, event(reason="SuccessfulCreate"), event(""), event("odd", reason="FailedDaemonPod"), {"message": 1}],
)
def test_without_a_fitting_event_it_is_said_what_may_be(useless):
    waits = "The controller has not dealt with the latest change of the DaemonSet yet"
    assert causes([useless])["a"].startswith("No event says why: the controller has not got to it yet")
    changed = {
        **AGENT,
        "metadata": {**AGENT["metadata"], "generation": 2},
        "status": {"observedGeneration": 1},
    }
    assert causes([useless], daemonset=changed)["a"].startswith(waits)
    assert causes(None, daemonset=changed)["a"].startswith(waits)
    assert causes(None)["a"] == ""
    deleted = {**AGENT, "metadata": {**AGENT["metadata"], "deletionTimestamp": text(NOW)}}
    assert causes([event()], daemonset=deleted)["a"].startswith("The DaemonSet is being deleted")


def test_the_controller_is_behind_until_it_has_observed_the_generation():
    def of(generation, observed):
        return unobserved(
            {"metadata": {"generation": generation}, "status": {"observedGeneration": observed}}
        )

    assert of(2, 1)
    assert of(2, None)
    assert of(2, 2) is None
    assert unobserved({}) is None


def test_a_node_with_a_pod_or_without_a_need_for_one_has_no_cause():
    nodes = [
        {"metadata": {"name": "runs"}},
        {"metadata": {"name": "out"}, "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}},
    ]
    pod = {"metadata": {"name": "agent-1"}, "spec": {"nodeName": "runs"}}
    on_node = presence_by_node(AGENT, [pod], coverage({"spec": {}}, nodes), "", NOW)
    assert not any_missing(on_node)
    assert with_causes(on_node, AGENT, nodes, [event()], None) == on_node


def test_events_are_told_apart_by_what_they_are_about():
    ours, other = event(involvedObject={"uid": "u1"}), event(involvedObject={"uid": "u2"})
    assert by_involved_object([ours, other, ours]) == {"u1": [ours, ours], "u2": [other]}
