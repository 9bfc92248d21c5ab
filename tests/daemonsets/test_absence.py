"""Why a pod is missing, by the events of the DaemonSet controller."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.builders import daemonset, event, node, pod, timestamp
from workloads.daemonsets.placement.verdicts import coverage
from workloads.daemonsets.running.absence import any_missing, by_involved_object, unobserved, with_causes
from workloads.daemonsets.running.presence import presence_by_node
from workloads.documents.paths import patch

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
AGENT = daemonset(uid="u1")
QUOTA = 'Error creating: pods "agent-x7bzk" is forbidden: exceeded quota: tight, requested: pods=1'
FAILED = "Found failed daemon pod p/agent-x7bzk on node a, will try to kill it"


def ago(minutes: float) -> dt.datetime:
    return NOW - dt.timedelta(minutes=minutes)


def refusal(message: str = QUOTA, minutes: float = 10, reason: str = "FailedCreate", **more):
    return event(message, when=ago(minutes), about=AGENT, reason=reason, **more)


def causes(events, *, of=AGENT, nodes=("a", "b"), changed=None):
    """Node → (code of the cause, words of the controller, age in minutes); None for no cause."""
    all_nodes = [each if isinstance(each, dict) else node(each) for each in nodes]
    on_node = presence_by_node(of, [], coverage({"spec": {}}, all_nodes), "", NOW)
    assert any_missing(on_node)
    found = {}
    for name, each in with_causes(on_node, of, all_nodes, events, changed).items():
        cause = each.cause
        minutes = int((NOW - cause.when).total_seconds() // 60) if cause and cause.when else None
        assert cause is None or cause.template % {"why": cause.why, "age": "long ago"}
        found[name] = (cause.code, cause.why, minutes) if cause else None
    return found


SHOWN = 'Error creating: pods "agent-…" is forbidden: exceeded quota: tight, requested: pods=1'
REPORTED = ("reported", SHOWN, 10)
NO_EVENT = ("no-event", "", None)
UNOBSERVED = ("unobserved", "", None)


def test_the_newest_refusal_is_why_no_node_has_a_pod():
    webhook = 'Error creating: admission webhook "x" denied the request: no'
    reports = [refusal(webhook, 3), refusal(minutes=10), refusal(minutes=5)]
    assert causes(reports) == dict.fromkeys(("a", "b"), ("reported", webhook, 3))
    assert causes([refusal(webhook, 30), refusal()])["a"] == REPORTED


@pytest.mark.parametrize(
    "message",
    [QUOTA, QUOTA.replace("x7bzk", "2qqqq"), f"(combined from similar events): {QUOTA}"],
)
def test_the_name_that_is_generated_for_every_try_makes_no_difference(message):
    assert causes([refusal(message)])["a"] == REPORTED


def test_other_names_that_start_alike_stay_and_long_ones_are_cut_as_the_server_cuts_them():
    message = (
        'Error creating: pods "agent-" is forbidden: serviceaccount "agent-proxy" not found, agent-x7bzk-y'
    )
    assert causes([refusal(message)])["a"] == ("reported", message, 10)
    refused = refusal(f'pods "{"a" * 58}x7bzk" is forbidden')
    shown = f'pods "{"a" * 58}…" is forbidden'
    assert causes([refused], of=daemonset("a" * 63, uid="u1"))["a"] == ("reported", shown, 10)


def test_a_failed_pod_is_why_only_on_its_node():
    found = causes([refusal(FAILED, 1, "FailedDaemonPod"), refusal()])
    failed = "Found failed daemon pod p/agent-… on node a, will try to kill it"
    assert found == {"a": ("reported", failed, 1), "b": REPORTED}


def test_what_was_said_before_the_last_change_or_before_the_node_joined_is_not_the_reason():
    assert causes([refusal()], changed=ago(9))["a"] == NO_EVENT
    assert causes([refusal()], changed=ago(11))["a"] == REPORTED
    assert causes([refusal()], changed=ago(10) + dt.timedelta(seconds=2))["a"] == REPORTED
    late = node("late", created=ago(5))
    assert causes([refusal()], nodes=("a", late)) == {"a": REPORTED, "late": NO_EVENT}


@pytest.mark.parametrize(
    "more",
    [
        {"series": {"lastObservedTime": "2026-01-01T11:49:59.123456Z"}, "lastTimestamp": None},
        {"eventTime": "2026-01-01T11:49:59.123456Z", "lastTimestamp": None},
        {"metadata": {"creationTimestamp": "2026-01-01T11:50:00Z"}, "lastTimestamp": "nonsense"},
    ],
)
def test_every_recorder_writes_the_time_elsewhere(more):
    assert causes([{**refusal(), **more}], changed=ago(11))["a"] == REPORTED


@pytest.mark.parametrize(
    "useless",
    [
        {},
        refusal(reason="SuccessfulCreate"),
        refusal(""),
        refusal("odd", reason="FailedDaemonPod"),
        {"message": 1},
    ],
)
def test_without_a_fitting_event_it_is_said_what_may_be(useless):
    assert causes([useless])["a"] == NO_EVENT
    changed = daemonset(uid="u1", generation=2, status={"observedGeneration": 1})
    assert causes([useless], of=changed)["a"] == UNOBSERVED
    assert causes(None, of=changed)["a"] == UNOBSERVED
    assert causes(None)["a"] is None
    deleted = patch(AGENT, [(("metadata", "deletionTimestamp"), timestamp(NOW))])
    assert causes([refusal()], of=deleted)["a"] == ("deleting", "", None)


def test_the_controller_is_behind_until_it_has_observed_the_generation():
    def of(observed):
        return unobserved(daemonset(generation=2, status={"observedGeneration": observed}))

    assert of(1).code == "unobserved"
    assert of(None).code == "unobserved"
    assert of(2) is None
    assert unobserved({}) is None


def test_a_node_with_a_pod_or_without_a_need_for_one_has_no_cause():
    nodes = [node("runs"), node("out", taints=["gpu:NoSchedule"])]
    running = pod("agent-1", node="runs", owner=AGENT)
    on_node = presence_by_node(AGENT, [running], coverage({"spec": {}}, nodes), "", NOW)
    assert not any_missing(on_node)
    assert with_causes(on_node, AGENT, nodes, [refusal()], None) == on_node


def test_events_are_told_apart_by_what_they_are_about():
    ours, other = refusal(involvedObject={"uid": "u1"}), refusal(involvedObject={"uid": "u2"})
    assert by_involved_object([ours, other, ours]) == {"u1": [ours, ours], "u2": [other]}
