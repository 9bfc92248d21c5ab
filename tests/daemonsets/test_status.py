"""The status of a DaemonSet, by the numbers its controller reports."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.builders import daemonset
from workloads.daemonsets.manifest import summary
from workloads.daemonsets.running import status
from workloads.documents.paths import patch


def agent(observed=2, strategy="RollingUpdate", deleted=False, **numbers):
    status = {"observedGeneration": observed, **numbers}
    found = daemonset(generation=2, update={"type": strategy}, status=status)
    return patch(found, [(("metadata", "deletionTimestamp"), "2026-01-01T00:00:00Z")]) if deleted else found


def numbers(desired, current=None, ready=None, available=None, updated=None, misscheduled=0):
    def or_all(value):
        return desired if value is None else value

    return {
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": or_all(current),
        "numberReady": or_all(ready),
        "numberAvailable": or_all(available),
        "updatedNumberScheduled": or_all(updated),
        "numberMisscheduled": misscheduled,
    }


@pytest.mark.parametrize(
    ("value", "state", "tone", "code", "params"),
    [
        (agent(**numbers(4)), "running", "ok", "running", {}),
        (agent(observed=1, **numbers(4)), "unobserved", "busy", "unobserved", {}),
        (agent(observed=1, deleted=True, **numbers(4)), "deleting", "busy", "deleting", {}),
        (agent(**numbers(0)), "idle", "", "no-node", {}),
        (agent(**numbers(4, updated=1, available=0)), "updating", "busy", "updating", {"updated": 1}),
        (agent(strategy="OnDelete", **numbers(4, updated=1)), "outdated", "busy", "outdated", {"older": 3}),
        (
            agent(strategy="OnDelete", **numbers(4, updated=1, available=3)),
            "degraded",
            "bad",
            "unavailable",
            {"available": 3},
        ),
        (agent(**numbers(4, current=3)), "degraded", "bad", "missing", {"missing": 1}),
        (agent(**numbers(4, ready=3, available=3)), "degraded", "bad", "unavailable", {"available": 3}),
        (agent(**numbers(4, current=0, ready=0, updated=0)), "degraded", "bad", "missing", {"missing": 4}),
        (agent(**numbers(4, current=3, updated=1)), "updating", "busy", "updating", {"updated": 1}),
        ({"metadata": {"generation": 1}}, "unobserved", "busy", "no-report", {}),
        ({}, "idle", "", "no-node", {}),
        ({"status": "broken", "metadata": []}, "idle", "", "no-node", {}),
        (agent(**numbers(4) | {"numberReady": "4"}), "running", "ok", "running", {}),
    ],
)
def test_states(value, state, tone, code, params):
    found = status.of(value)
    assert (found.state, found.tone, found.code) == (state, tone, code)
    assert found.params == {**params, "desired": found.desired}
    assert "%(" not in found.text


@pytest.mark.parametrize(
    ("age", "observed", "tone", "code"),
    [
        (dt.timedelta(seconds=10), None, "busy", "no-report"),
        (dt.timedelta(minutes=5), None, "bad", "report-overdue"),
        (dt.timedelta(minutes=5), 1, "busy", "unobserved"),
        (dt.timedelta(minutes=-5), None, "busy", "no-report"),
    ],
)
def test_a_controller_that_never_reported_is_overdue_after_a_while(age, observed, tone, code):
    now = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    reported = {"observedGeneration": observed} if observed else {}
    value = daemonset(generation=2, status=reported)
    value = patch(value, [(("metadata", "creationTimestamp"), (now - age).isoformat())])
    found = status.of(value, now)
    assert (found.tone, found.code) == (tone, code)


def test_pods_where_none_should_run_are_counted_beside_the_state():
    found = status.of(agent(**numbers(4, misscheduled=2)))
    assert (found.state, found.misscheduled) == ("running", 2)


def test_a_summary_says_what_a_template_asks_for():
    found = summary.of(
        {
            "metadata": {"annotations": {summary.ALIAS: "别名", summary.DESCRIPTION: "what for"}},
            "spec": {
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
                "template": {
                    "spec": {
                        "initContainers": [{"name": "setup", "image": "b:1"}],
                        "containers": [
                            {
                                "name": "main",
                                "image": "a:1",
                                "volumeMounts": [{"name": "logs", "mountPath": "/logs", "readOnly": True}],
                            },
                            {"name": "side", "image": "b:1"},
                        ],
                        "nodeSelector": {"disk": "ssd"},
                        "tolerations": [
                            {"key": "k", "operator": "Exists", "effect": "NoExecute"},
                            {"key": "k", "value": "v"},
                        ],
                        "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}, {"name": "tmp"}],
                    }
                },
            },
        }
    )
    assert found.images == ["a:1", "b:1"]
    assert [container.name for container in found.containers if container.init] == ["setup"]
    assert [str(each) for each in found.tolerations] == ["k:NoExecute", "k=v"]
    assert found.volumes == [
        summary.Volume("logs", "hostPath", "/var/log", [("main", "/logs", True)]),
        summary.Volume("tmp", "emptyDir", "", []),
    ]
    assert found.strategy_figures == {"maxUnavailable": "10%"}
    assert not found.unselective
    assert not found.tolerates_everything
    assert (found.alias, found.description) == ("别名", "what for")


def test_tolerating_everything_is_told_from_tolerating_something():
    def tolerating(*tolerations):
        return summary.of({"spec": {"template": {"spec": {"tolerations": list(tolerations)}}}})

    assert tolerating({"operator": "Exists"}).tolerates_everything
    assert not tolerating({"operator": "Exists", "effect": "NoSchedule"}).tolerates_everything
